// How long sums are cut: blocks are added up one element after another, and the sums of blocks in pairs, pairs of pairs and so
// on, so that the error grows with the length of a block and the logarithm of their number.
// Invariant: which partial sums meet depends on the number of elements alone. Sums of one block have no tree at all.
import CLanes

/// Rows (or packed elements of each of four chains) of a block.
let blockRows = 64

/// Partial sums of `width` vectors that wait for one of the same size, the largest first. Whoever adds a block writes it at
/// `next` and calls `advance`.
struct PairwiseStack {
    let memory: UnsafeMutablePointer<Lanes>
    let width: Int
    private var waiting = 0
    private var blocks = 0

    /// Vectors of memory for so many blocks.
    static func room(width: Int, blocks: Int) -> Int {
        var levels = 2
        var left = blocks
        while left > 1 {
            left >>= 1
            levels += 1
        }
        return levels * width
    }

    init(_ memory: UnsafeMutablePointer<Lanes>, width: Int) {
        self.memory = memory
        self.width = width
    }

    var next: UnsafeMutablePointer<Lanes> { memory + waiting * width }

    /// The block at `next` is complete; or the sum in pairs of so many blocks, a power of two that divides the number
    /// before.
    @inline(__always)
    mutating func advance(blocks added: Int = 1) {
        waiting += 1
        blocks += added
        var whole = blocks / added
        while whole & 1 == 0 {
            merge()
            whole >>= 1
        }
    }

    /// The sum of everything; zeros when there was nothing.
    @inline(__always)
    mutating func finish() -> UnsafeMutablePointer<Lanes> {
        if waiting == 0 { for i in 0..<width { memory[i] = lanes_splat(0) } }
        while waiting > 1 { merge() }
        return memory
    }

    @inline(__always)
    private mutating func merge() {
        waiting -= 1
        let last = memory + waiting * width
        let before = last - width
        for i in 0..<width { before[i] = lanes_add(before[i], last[i]) }
    }
}
