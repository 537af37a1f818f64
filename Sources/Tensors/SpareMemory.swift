import Synchronization

/// Large blocks that tensors have let go of and the next of the same size (to 64 kB) take over: memory fresh from the system
/// costs several times what computing its values does. At most eight blocks and an eighth of the memory limit wait, they
/// count as used when memory is asked for, and they are given back before anything is refused.
enum SpareMemory {
    private static let smallest = 1 << 20, most = 8

    private struct Blocks {
        var list: [(pointer: UnsafeMutableRawPointer, size: Int)] = []
    }
    private static let blocks = Mutex(Blocks())
    private static let waiting = Atomic<Int>(0)

    static var bytes: Int { waiting.load(ordering: .relaxed) }

    /// What is allocated for so many bytes.
    static func size(_ bytes: Int) -> Int {
        let grain = bytes < smallest ? 64 : 1 << 16
        return (bytes + grain - 1) / grain * grain
    }

    /// A block of the same size, the latest of several.
    static func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard bytes >= smallest, waiting.load(ordering: .relaxed) > 0 else { return nil }
        return blocks.withLock { blocks in
            guard let i = blocks.list.lastIndex(where: { $0.size == size(bytes) }) else { return nil }
            let block = blocks.list.remove(at: i)
            waiting.subtract(block.size, ordering: .relaxed)
            return block.pointer
        }
    }

    /// Whether the block is kept; if not, it is the caller's to free. The oldest make room.
    static func give(_ pointer: UnsafeMutableRawPointer, _ bytes: Int) -> Bool {
        let size = size(bytes), room = Storage.limit / 8
        guard bytes >= smallest, size <= room else { return false }
        blocks.withLock { blocks in
            while blocks.list.count >= most || waiting.load(ordering: .relaxed) + size > room { drop(&blocks) }
            blocks.list.append((pointer, size))
            waiting.add(size, ordering: .relaxed)
        }
        return true
    }

    /// Gives everything back to the system.
    static func clear() {
        if bytes > 0 { blocks.withLock { blocks in while !blocks.list.isEmpty { drop(&blocks) } } }
    }

    private static func drop(_ blocks: inout Blocks) {
        let block = blocks.list.removeFirst()
        waiting.subtract(block.size, ordering: .relaxed)
        block.pointer.deallocate()
    }
}
