// Cross-correlation of one channel with a symmetric kernel: two taps cost an addition and one fused multiply-add.
// Invariant: an output starts from its bias and adds from the middle outwards, wherever it stands in the signal.
import CLanes
import KernelInterface

func convolveSymmetric(_ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ w: UnsafeRawPointer, _ bias: UnsafeRawPointer?, _ geometry: UnsafePointer<ConvolutionGeometry>) {
    let g = geometry.pointee
    let reach = g.taps >> 1, span = g.taps - 1
    let middle = w.assumingMemoryBound(to: Real.self) + reach
    let bias = lanes_splat(bias.map { $0.assumingMemoryBound(to: Real.self)[0] } ?? 0)
    let x = x.assumingMemoryBound(to: Lanes.self), y = y.assumingMemoryBound(to: Lanes.self)
    /// Positions from ..< to through a padded copy of what they see.
    func padded(_ from: Int, _ to: Int) {
        if from >= to { return }
        let first = from - g.padLeft, width = to - from + span, copy = convolutionRoom(x, width)
        convolutionPatchRow(copy, x, g.inLength, g.mode, first: first, width: width)
        symmetricRow(UnsafePointer(copy), middle, bias, y + from, to - from, reach)
    }
    // A signal of which every part sees the outside is copied whole; of others the inside is read in place, and where the end
    // meets the beginning, both are read from one copy.
    let begin = max(0, (g.padLeft + 7) & ~7), end = begin + max(0, min(g.inLength - span + g.padLeft, g.outLength) - begin) & ~7
    if end - begin < 16 { return padded(0, g.outLength) }
    var meets = false
    switch g.mode { case .circular: meets = g.outLength == g.inLength; default: break }
    if meets {
        let last = g.outLength - end, width = last + begin + span, first = end - g.padLeft, copy = convolutionRoom(x + first, width)
        convolutionPatchRow(copy, x, g.inLength, g.mode, first: first, width: width)
        symmetricRow(UnsafePointer(copy), middle, bias, y + end, last, reach)
        symmetricRow(UnsafePointer(copy + last), middle, bias, y, begin, reach)
    } else {
        padded(0, begin)
        padded(end, g.outLength)
    }
    var p = begin
    while p < end && (p == begin || !isStopped()) {
        symmetricRow(x + p - g.padLeft, middle, bias, y + p, min(4096, end - p), reach)
        p += 4096
    }
}

/// `count` positions; x points to what the first tap of the first of them reads.
@inline(never)
func symmetricRow(_ x: UnsafePointer<Lanes>, _ w: UnsafePointer<Real>, _ bias: Lanes, _ y: UnsafeMutablePointer<Lanes>, _ count: Int, _ reach: Int) {
    if count >= 8 {
        switch reach & 3 {
        case 0: symmetricBlocks(x, w, bias, y, count, reach, rest: 0)
        case 1: symmetricBlocks(x, w, bias, y, count, reach, rest: 1)
        case 2: symmetricBlocks(x, w, bias, y, count, reach, rest: 2)
        default: symmetricBlocks(x, w, bias, y, count, reach, rest: 3)
        }
    } else {
        for p in 0..<max(count, 0) {
            var sum = lanes_fma(x[p + reach], lanes_splat(w[0]), bias)
            for d in 1..<max(reach + 1, 1) { sum = lanes_fma(lanes_add(x[p + reach - d], x[p + reach + d]), lanes_splat(w[d]), sum) }
            y[p] = sum
        }
    }
}

/// Eight positions at a time; a last block may reach back over finished positions, which it computes again to the same bits.
@_transparent
func symmetricBlocks(
    _ x: UnsafePointer<Lanes>, _ w: UnsafePointer<Real>, _ bias: Lanes, _ y: UnsafeMutablePointer<Lanes>, _ count: Int, _ reach: Int, rest: Int
) {
    var p = 0
    while p < count {
        p = min(p, count - 8)
        let x = x + p + reach, y = y + p
        var sums = registers8()
        for j in 0..<8 { sums[j] = lanes_fma(x[j], lanes_splat(w[0]), bias) }
        var d = 1
        while d + 4 <= reach + 1 {
            symmetricPairs(&sums, x, w, d, chunk: 4)
            d += 4
        }
        symmetricPairs(&sums, x, w, d, chunk: rest)
        for j in 0..<8 { y[j] = sums[j] }
        p += 8
    }
}

/// The pairs of taps d ..< d + chunk for eight positions, whose windows on either side stay in registers.
@_transparent
func symmetricPairs(_ sums: inout InlineArray<8, Lanes>, _ x: UnsafePointer<Lanes>, _ w: UnsafePointer<Real>, _ d: Int, chunk: Int) {
    let left = x - d, right = x + d
    for u in 0..<chunk {
        let weight = lanes_splat(w[d + u])
        for j in 0..<8 { sums[j] = lanes_fma(lanes_add(left[j - u], right[j + u]), weight, sums[j]) }
    }
}
