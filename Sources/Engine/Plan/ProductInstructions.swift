import KernelInterface
import Kernels

/// Matrix products: one kernel call per matrix of a batch, or per row of packed samples.
final class MatrixProductInstruction: Instruction {
    struct Call {
        var c: Int, a: Int, b: Int
    }
    let c: Address, a: Address, b: Address
    let cRow: Int, aRow: Int, aColumn: Int, bRow: Int
    let m: Int, n: Int, k: Int
    /// Element offsets of every product.
    let calls: [Call]
    let kernels: UnsafePointer<KernelTable>
    let elementSize: Int

    /// {.., m, k} x {.., k, n}: y row-major, columns of b contiguous.
    init(batchedOver y: Operand, a: Operand, b: Operand, dtype: DType) {
        let rank = y.rank
        (c, self.a, self.b, kernels, elementSize) = (y.address, a.address, b.address, Kernels.table(dtype), dtype.size)
        (n, k) = (y.shape[rank - 1], a.shape[a.rank - 1])
        (cRow, aRow, aColumn, bRow) = (y.strides[rank - 2], a.strides[a.rank - 2], a.strides[a.rank - 1], b.strides[b.rank - 2])
        var leading = Array(y.shape.dropLast(2)), rows = y.shape[rank - 2]
        let (aLeading, bLeading) = (a.expanded(to: leading + a.shape.suffix(2)), b.expanded(to: leading + b.shape.suffix(2)))
        // A batch that meets one matrix is one tall product.
        while let size = leading.last {
            let axis = leading.count - 1
            guard size == 1 || bLeading.strides[axis] == 0 && y.strides[axis] == rows * cRow && aLeading.strides[axis] == rows * aRow else { break }
            rows *= size
            leading.removeLast()
        }
        m = rows
        calls = (0..<leading.elements).map { flat in
            var (rest, call) = (flat, Call(c: 0, a: 0, b: 0))
            for axis in leading.indices.reversed() {
                let i = rest % leading[axis]
                rest /= leading[axis]
                call.c += i * y.strides[axis]
                call.a += i * aLeading.strides[axis]
                call.b += i * bLeading.strides[axis]
            }
            return call
        }
    }

    /// x {.., k} with a sample axis, times one matrix {k, n}: for every other index, y[j][lanes] = sum over k of matrix[k][j] x[k][lanes].
    init(packedRows y: Operand, x: Operand, matrix: Operand, sampleAxis: Int, dtype: DType) {
        (c, a, b, kernels, elementSize) = (y.address, matrix.address, x.address, Kernels.table(dtype), dtype.size)
        (m, n, k) = (y.shape[y.rank - 1], lanes, matrix.shape[0])
        (cRow, aRow, aColumn, bRow) = (y.strides[y.rank - 1], matrix.strides[1], matrix.strides[0], x.strides[x.rank - 1])
        var list = [Call(c: 0, a: 0, b: 0)]
        for axis in 0..<(x.rank - 1) where axis != sampleAxis {
            list = list.flatMap { call in (0..<x.shape[axis]).map { Call(c: call.c + $0 * y.strides[axis], a: 0, b: call.b + $0 * x.strides[axis]) } }
        }
        calls = list
    }

    /// One matrix {m, k} times x {sample, k, n}.
    init(packedColumns y: Operand, matrix: Operand, x: Operand, dtype: DType) {
        (c, a, b, kernels, elementSize) = (y.address, matrix.address, x.address, Kernels.table(dtype), dtype.size)
        (m, n, k) = (matrix.shape[0], x.shape[2] * lanes, matrix.shape[1])
        (cRow, aRow, aColumn, bRow) = (n, matrix.strides[0], matrix.strides[1], n)
        calls = [Call(c: 0, a: 0, b: 0)]
    }

    override func forEachBuffer(_ body: (Int) -> Void) {
        body(c.buffer)
        body(a.buffer)
        body(b.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let (c, a, b) = (memory.pointee.pointer(c), memory.pointee.pointer(a), memory.pointee.pointer(b))
        for call in calls {
            if Interruption.isRequested { return }
            kernels.pointee.matmul(c + call.c * elementSize, cRow, a + call.a * elementSize, aRow, aColumn, b + call.b * elementSize, bRow, m, n, k, 0)
        }
    }
}

/// One row times one column: sums of 16 lanes, for a single chain over k would wait for every product.
final class InnerProductInstruction: Instruction {
    let y: Address, a: Address, b: Address
    let count: Int
    let kernels: UnsafePointer<KernelTable>
    let elementSize: Int
    init(y: Operand, a: Operand, b: Operand, dtype: DType) {
        (self.y, self.a, self.b, count) = (y.address, a.address, b.address, a.shape.elements)
        (kernels, elementSize) = (Kernels.table(dtype), dtype.size)
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(y.buffer)
        body(a.buffer)
        body(b.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee, whole = count / lanes, left = count % lanes, block = lanes * elementSize
        withUnsafeTemporaryAllocation(byteCount: 3 * block, alignment: 64) { room in
            // The sums of the lanes, and what is left of a and b filled up with zeros.
            let sums = room.baseAddress!, restA = sums + block, restB = restA + block
            sums.initializeMemory(as: UInt8.self, repeating: 0, count: 3 * block)
            kernels.pointee.dotLanes(sums, m.pointer(a), m.pointer(b), whole, lanes)
            if left > 0 {
                restA.copyMemory(from: m.pointer(a) + whole * block, byteCount: left * elementSize)
                restB.copyMemory(from: m.pointer(b) + whole * block, byteCount: left * elementSize)
                kernels.pointee.dotLanes(sums, restA, restB, 1, left)
            }
            kernels.pointee.sumLanes(m.pointer(y), sums, 1, 1, 0)
        }
    }
}

/// partial[i][j][lane] += a[i][lane] * b[j][lane]: a matrix product summed over samples.
final class OuterProductInstruction: Instruction {
    let partial: Address, a: Address, b: Address
    let m: Int, n: Int
    let kernels: UnsafePointer<KernelTable>
    init(partial: Address, a: Operand, b: Operand, m: Int, n: Int, dtype: DType) {
        (self.partial, self.a, self.b, self.m, self.n, kernels) = (partial, a.address, b.address, m, n, Kernels.table(dtype))
    }
    override func forEachBuffer(_ body: (Int) -> Void) {
        body(partial.buffer)
        body(a.buffer)
        body(b.buffer)
    }
    override func run(_ memory: UnsafePointer<Memory>) {
        let p = memory.pointee
        kernels.pointee.outerLanes(p.pointer(partial), p.pointer(a), p.pointer(b), m, n, p.lanes)
    }
}

/// A convolution or one of its adjoints: on the packed block at hand, or (outside a block region) on all samples, packing
/// and unpacking 16 at a time.
final class ConvolutionInstruction: Instruction {
    enum Form { case forward, transposed, weightGradient }
    let form: Form
    let y: Address, x: Address, w: Address
    let bias: Address?
    let geometry: ConvolutionGeometry
    /// Samples to go through outside a block region.
    let samples: Int?
    let scratch: Address?
    let kernels: UnsafePointer<KernelTable>
    let elementSize: Int

    /// For the weight gradient outside a region, `w` is gy and y the row-major weights.
    init(_ form: Form, y: Operand, x: Operand, w: Operand, bias: Operand?, geometry: ConvolutionGeometry, dtype: DType, samples: Int?, scratch lowering: Lowering) {
        (self.form, self.y, self.x, self.w, self.bias) = (form, y.address, x.address, w.address, bias?.address)
        (self.geometry, self.samples, kernels, elementSize) = (geometry, samples, Kernels.table(dtype), dtype.size)
        let weights = form == .weightGradient ? geometry.weightCount : 0
        scratch = samples == nil ? nil : lowering.scratch(bytes: (geometry.inCount + geometry.outCount + weights) * lanes * dtype.size)
    }

    /// The per-lane weight gradient of the block at hand.
    init(weightGradient partial: Address, x: Operand, gy: Operand, geometry: ConvolutionGeometry, dtype: DType) {
        form = .weightGradient
        (y, self.x, w, bias) = (partial, x.address, gy.address, nil)
        (self.geometry, samples, scratch, kernels, elementSize) = (geometry, nil, nil, Kernels.table(dtype), dtype.size)
    }

    override func forEachBuffer(_ body: (Int) -> Void) {
        body(y.buffer)
        body(x.buffer)
        body(w.buffer)
        if let bias { body(bias.buffer) }
        if let scratch { body(scratch.buffer) }
    }

    override func run(_ memory: UnsafePointer<Memory>) {
        let m = memory.pointee
        withUnsafePointer(to: geometry) { geometry in
            if samples == nil {
                block(m.pointer(y), m.pointer(x), m.pointer(w), bias.map { UnsafeRawPointer(m.pointer($0)) }, geometry, m.lanes)
            } else {
                allSamples(m, geometry)
            }
        }
    }

    @inline(__always)
    private func block(_ y: UnsafeMutableRawPointer, _ x: UnsafeMutableRawPointer, _ w: UnsafeMutableRawPointer, _ bias: UnsafeRawPointer?,
                       _ geometry: UnsafePointer<ConvolutionGeometry>, _ lanes: Int) {
        switch form {
        case .forward: kernels.pointee.convolve(y, x, w, bias, geometry)
        case .transposed: kernels.pointee.convolveTransposed(y, x, w, geometry)
        case .weightGradient: kernels.pointee.convolveWeightGradient(y, x, w, geometry, lanes)
        }
    }

    private func allSamples(_ m: Memory, _ geometry: UnsafePointer<ConvolutionGeometry>) {
        let g = geometry.pointee
        let (x, y, w) = (m.pointer(x), m.pointer(y), m.pointer(w))
        let packedX = m.pointer(scratch!), packedY = packedX + g.inCount * lanes * elementSize
        let sums = packedY + g.outCount * lanes * elementSize
        if form == .weightGradient { kernels.pointee.fill(sums, 0, g.weightCount * lanes) }
        for first in stride(from: 0, to: samples!, by: lanes) where !Interruption.isRequested {
            let n = min(lanes, samples! - first)
            let (xBlock, yBlock) = (x + first * g.inCount * elementSize, y + first * g.outCount * elementSize)
            switch form {
            case .forward:
                kernels.pointee.pack(packedX, xBlock, g.inCount, 1, g.inCount, n)
                kernels.pointee.convolve(packedY, packedX, w, bias.map { UnsafeRawPointer(m.pointer($0)) }, geometry)
                kernels.pointee.unpack(yBlock, g.outCount, 1, packedY, g.outCount, n)
            case .transposed:
                kernels.pointee.pack(packedY, x + first * g.outCount * elementSize, g.outCount, 1, g.outCount, n)
                kernels.pointee.convolveTransposed(packedX, packedY, w, geometry)
                kernels.pointee.unpack(y + first * g.inCount * elementSize, g.inCount, 1, packedX, g.inCount, n)
            case .weightGradient:
                kernels.pointee.pack(packedX, xBlock, g.inCount, 1, g.inCount, n)
                kernels.pointee.pack(packedY, w + first * g.outCount * elementSize, g.outCount, 1, g.outCount, n)
                kernels.pointee.convolveWeightGradient(sums, packedX, packedY, geometry, n)
            }
        }
        if form == .weightGradient { kernels.pointee.sumLanes(y, sums, g.weightCount, 1, 0) }
    }
}
