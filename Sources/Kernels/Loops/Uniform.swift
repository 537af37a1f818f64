// Uniform values on [0, 1). Float32: the upper 24 bits of a word. Double: the upper 53 bits of two words, the first the
// heavier, so a counter gives two values and a row has the words of 2 * elements.
import CLanes
import KernelInterface

#if OCHE_DOUBLE
func uniformPacked(_ packed: Out, _ elements: Int, _ firstRow: Int, _ position: In) {
    let packed = packed.assumingMemoryBound(to: Double.self)
    let position = position.assumingMemoryBound(to: RandomPosition.self).pointee
    let pairs = (elements + 1) / 2
    for q in 0..<pairs {
        if isStopped(at: q) { return }
        let first = UInt32(truncatingIfNeeded: firstRow &* pairs &+ q)
        let w = philox(first, UInt32(truncatingIfNeeded: pairs), position)
        for l in 0..<16 {
            packed[32 * q + l] = uniform(words_get(w.w0, Int32(l)), words_get(w.w1, Int32(l)))
            if 2 * q + 1 < elements { packed[32 * q + 16 + l] = uniform(words_get(w.w2, Int32(l)), words_get(w.w3, Int32(l))) }
        }
    }
}

func uniformRows(_ y: Out, _ rows: Int, _ elements: Int, _ position: In) {
    let y = y.assumingMemoryBound(to: Double.self)
    let position = position.assumingMemoryBound(to: RandomPosition.self).pointee
    let pairs = (elements + 1) / 2, counters = max(rows, 0) * pairs
    var c = 0
    while c < counters {
        let w = philox(UInt32(truncatingIfNeeded: c), 1, position)
        for l in 0..<min(16, counters - c) {
            let r = (c + l) / pairs, e = 2 * ((c + l) - r * pairs)
            y[r * elements + e] = uniform(words_get(w.w0, Int32(l)), words_get(w.w1, Int32(l)))
            if e + 1 < elements { y[r * elements + e + 1] = uniform(words_get(w.w2, Int32(l)), words_get(w.w3, Int32(l))) }
        }
        c += 16
        if isStopped(at: c) { return }
    }
}

@inline(__always)
private func uniform(_ high: UInt32, _ low: UInt32) -> Double { Double((UInt64(high) << 32 | UInt64(low)) >> 11) * 0x1p-53 }
#else
func uniformPacked(_ packed: Out, _ elements: Int, _ firstRow: Int, _ position: In) {
    drawPacked(packed, elements, firstRow, position) { uniformDraws($0) }
}

func uniformRows(_ y: Out, _ rows: Int, _ elements: Int, _ position: In) {
    drawRows(y, rows, elements, position) { uniformDraws($0) }
}

@inline(__always)
private func uniformDraws(_ w: RandomWords) -> Draws {
    (v0: uniform(w.w0), v1: uniform(w.w1), v2: uniform(w.w2), v3: uniform(w.w3))
}

@inline(__always)
private func uniform(_ w: lanes_u32_t) -> Lanes {
    lanes_mul(lanes_from_integers(bits_from_words(words_right(w, 8))), lanes_splat(0x1p-24))
}
#endif
