// Cross-correlation of one channel with a symmetric kernel: two taps cost an addition and one fused multiply-add.
// Invariant: an output starts from its bias and adds from the middle outwards, wherever it stands in the signal.
import CLanes
import KernelInterface

func convolveSymmetric(_ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ w: UnsafeRawPointer, _ bias: UnsafeRawPointer?, _ g: ConvolutionGeometry) {
    let reach = g.taps >> 1, span = g.taps - 1
    let middle = w.assumingMemoryBound(to: Real.self) + reach
    let bias = lanes_splat(bias.map { $0.assumingMemoryBound(to: Real.self)[0] } ?? 0)
    let x = x.assumingMemoryBound(to: Lanes.self), y = y.assumingMemoryBound(to: Lanes.self)
    /// Positions from ..< to through a padded copy of what they see.
    func padded(_ from: Int, _ to: Int) {
        if from >= to { return }
        let copy = convolutionRoom(x, to - from + span)
        convolutionPatch(copy, x, 1, 1, g.inLength, g.mode, firstRow: 0, rowStep: 1, rows: 1, first: from - g.padLeft, width: to - from + span)
        symmetricRow(UnsafePointer(copy), middle, bias, y + from, to - from, reach)
    }
    // A short signal is copied whole; of a long one the inside is read in place.
    let begin = max(0, (g.padLeft + 7) & ~7), end = begin + max(0, min(g.inLength - span + g.padLeft, g.outLength) - begin) & ~7
    if end - begin < 64 { return padded(0, g.outLength) }
    padded(0, begin)
    var p = begin
    while p < end && (p == begin || !isStopped()) {
        symmetricRow(x + p - g.padLeft, middle, bias, y + p, min(4096, end - p), reach)
        p += 4096
    }
    padded(end, g.outLength)
}

/// `count` positions; x points to what the first tap of the first of them reads.
@inline(never)
func symmetricRow(_ x: UnsafePointer<Lanes>, _ w: UnsafePointer<Real>, _ bias: Lanes, _ y: UnsafeMutablePointer<Lanes>, _ count: Int, _ reach: Int) {
    var p = 0
    if count >= 8 {
        while p < count {
            // A last block may reach back over finished positions, which it computes again to the same bits.
            p = min(p, count - 8)
            symmetricBlock(x + p + reach, w, bias, y + p, reach, width: 8, chunk: 4)
            p += 8
        }
    } else {
        while p < count {
            symmetricBlock(x + p + reach, w, bias, y + p, reach, width: 1, chunk: 1)
            p += 1
        }
    }
}

/// `width` positions; `x` and `w` point to the middle. A window on either side stays in registers for `chunk` pairs of taps.
@_transparent
func symmetricBlock(
    _ x: UnsafePointer<Lanes>, _ w: UnsafePointer<Real>, _ bias: Lanes, _ y: UnsafeMutablePointer<Lanes>, _ reach: Int, width: Int, chunk: Int
) {
    var sums = registers8()
    for j in 0..<width { sums[j] = lanes_fma(x[j], lanes_splat(w[0]), bias) }
    var d = 1
    while d + chunk <= reach + 1 {
        let left = x - d, right = x + d
        for u in 0..<chunk {
            let weight = lanes_splat(w[d + u])
            for j in 0..<width { sums[j] = lanes_fma(lanes_add(left[j - u], right[j + u]), weight, sums[j]) }
        }
        d += chunk
    }
    while d <= reach {
        let weight = lanes_splat(w[d])
        for j in 0..<width { sums[j] = lanes_fma(lanes_add(x[j - d], x[j + d]), weight, sums[j]) }
        d += 1
    }
    for j in 0..<width { y[j] = sums[j] }
}
