import Synchronization

/// Large blocks that tensors and replays have let go of and the next of the same size (to 64 kB) take over: memory fresh
/// from the system costs several times what computing its values does. At most eight blocks and `room` bytes wait; whoever
/// keeps a memory limit counts them as used, and gives them back before refusing anything.
public enum SpareMemory {
    nonisolated(unsafe) public static var room = 1 << 28
    private static let smallest = 1 << 20, most = 8

    private struct Blocks {
        var list: [(pointer: UnsafeMutableRawPointer, size: Int)] = []
    }
    private static let blocks = Mutex(Blocks())
    private static let waiting = Atomic<Int>(0)

    public static var bytes: Int { waiting.load(ordering: .relaxed) }

    /// What is allocated for so many bytes.
    private static func size(_ bytes: Int) -> Int {
        let grain = bytes < smallest ? 64 : 1 << 16
        return (bytes + grain - 1) / grain * grain
    }

    /// Memory of 64-byte alignment, to be given to `deallocate` with the same number of bytes.
    public static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        take(bytes) ?? UnsafeMutableRawPointer.allocate(byteCount: size(bytes), alignment: 64)
    }
    public static func deallocate(_ pointer: UnsafeMutableRawPointer, _ bytes: Int) {
        if !give(pointer, bytes) { pointer.deallocate() }
    }

    /// A block of the same size, the latest of several.
    private static func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard bytes >= smallest, waiting.load(ordering: .relaxed) > 0 else { return nil }
        return blocks.withLock { blocks in
            guard let i = blocks.list.lastIndex(where: { $0.size == size(bytes) }) else { return nil }
            let block = blocks.list.remove(at: i)
            waiting.subtract(block.size, ordering: .relaxed)
            return block.pointer
        }
    }

    /// Whether the block is kept. The oldest make room.
    private static func give(_ pointer: UnsafeMutableRawPointer, _ bytes: Int) -> Bool {
        let size = size(bytes)
        guard bytes >= smallest, size <= room else { return false }
        blocks.withLock { blocks in
            while blocks.list.count >= most || waiting.load(ordering: .relaxed) + size > room { drop(&blocks) }
            blocks.list.append((pointer, size))
            waiting.add(size, ordering: .relaxed)
        }
        return true
    }

    /// Gives everything back to the system.
    public static func clear() {
        if bytes > 0 { blocks.withLock { blocks in while !blocks.list.isEmpty { drop(&blocks) } } }
    }

    private static func drop(_ blocks: inout Blocks) {
        let block = blocks.list.removeFirst()
        waiting.subtract(block.size, ordering: .relaxed)
        block.pointer.deallocate()
    }
}
