import Datasets
import Engine
import Kernels
import Tensors

/// The rows of a split as packed blocks, batch after batch, cyclic and in order.
///
/// Where batches are whole blocks the split is packed once and a batch is a pointer; otherwise each batch is packed when
/// its turn comes.
final class BatchFeed {
    private let rows: Tensor
    private let elements: Int, count: Int, batch: Int
    private let packed: UnsafeMutableRawPointer, packedBytes: Int
    private let isWhole: Bool
    /// Bytes of the packed samples and of a row.
    let bytes: Int
    private let row: UnsafeMutablePointer<Float>

    /// {n, channels, length} in batches of `batch`.
    init(_ tensor: Tensor, batch: Int) throws {
        rows = try tensor.contiguous()
        (count, self.batch) = (tensor.shape[0], batch)
        elements = tensor.shape.dropFirst().reduce(1, *)
        isWhole = count % lanes == 0 && batch % lanes == 0
        // Wrapped round by one batch, so that every batch is contiguous.
        let blocks = isWhole ? (count + batch) / lanes : (batch + lanes - 1) / lanes
        packedBytes = max(64, blocks * elements * lanes * 4)
        // The next search takes it over: blocks of megabytes given back to the heap leave gaps there that no other fits in.
        packed = SpareMemory.allocate(packedBytes)
        bytes = (blocks + 1) * elements * lanes * 4
        row = UnsafeMutablePointer<Float>.allocate(capacity: max(1, elements * lanes))
        if isWhole { for block in 0..<blocks { pack(first: block * lanes, samples: lanes, to: block) } }
    }
    deinit {
        SpareMemory.deallocate(packed, packedBytes)
        row.deallocate()
    }

    private func pack(first: Int, samples: Int, to block: Int) {
        let source = rows.pointer.assumingMemoryBound(to: Float.self)
        for i in 0..<samples { (row + i * elements).update(from: source + ((first + i) % count) * elements, count: elements) }
        Kernels.float.pack(packed + block * elements * lanes * 4, row, elements, 1, elements, samples)
    }

    /// The packed batch of a step.
    func pointer(step: Int) -> UnsafeRawPointer {
        let start = (step * batch) % count
        if isWhole { return UnsafeRawPointer(packed + (start / lanes) * elements * lanes * 4) }
        for block in 0..<((batch + lanes - 1) / lanes) { pack(first: start + block * lanes, samples: min(lanes, batch - block * lanes), to: block) }
        return UnsafeRawPointer(packed)
    }
}
