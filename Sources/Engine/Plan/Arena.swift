/// Plans where buffers with known lives lie in one block of memory: in order of first use, each in the smallest free gap
/// that holds it. Offsets are multiples of 64 bytes.
struct Arena {
    private(set) var bytes = 0
    private var free: [(offset: Int, bytes: Int)] = []
    private var active: [(last: Int, offset: Int, bytes: Int)] = []

    /// Offsets for (first, last, bytes), in the order given; the list need not be sorted.
    static func plan(_ lives: [(first: Int, last: Int, bytes: Int)]) throws -> (offsets: [Int], bytes: Int) {
        var arena = Arena()
        var offsets = [Int](repeating: 0, count: lives.count)
        for i in lives.indices.sorted(by: { (lives[$0].first, $0) < (lives[$1].first, $1) }) where lives[i].last >= 0 {
            try Interruption.check()
            offsets[i] = arena.place(lives[i].first, lives[i].last, lives[i].bytes)
        }
        return (offsets, arena.bytes)
    }

    private mutating func place(_ first: Int, _ last: Int, _ size: Int) -> Int {
        for i in active.indices.reversed() where active[i].last < first {
            release(active[i].offset, active[i].bytes)
            active.remove(at: i)
        }
        let size = max(64, (size + 63) / 64 * 64)
        var best: Int?
        for i in free.indices where free[i].bytes >= size && (best == nil || free[i].bytes < free[best!].bytes) { best = i }
        let offset: Int
        if let best {
            offset = free[best].offset
            if free[best].bytes == size { free.remove(at: best) } else { free[best] = (offset + size, free[best].bytes - size) }
        } else if let last = free.last, last.offset + last.bytes == bytes {
            // The gap at the end grows.
            offset = last.offset
            free.removeLast()
            bytes = offset + size
        } else {
            offset = bytes
            bytes += size
        }
        active.append((last, offset, size))
        return offset
    }

    private mutating func release(_ offset: Int, _ size: Int) {
        let at = free.firstIndex { $0.offset > offset } ?? free.count
        free.insert((offset, size), at: at)
        if at + 1 < free.count, free[at].offset + free[at].bytes == free[at + 1].offset {
            free[at].bytes += free[at + 1].bytes
            free.remove(at: at + 1)
        }
        if at > 0, free[at - 1].offset + free[at - 1].bytes == free[at].offset {
            free[at - 1].bytes += free[at].bytes
            free.remove(at: at)
        }
    }
}
