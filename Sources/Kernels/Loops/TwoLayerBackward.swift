// The fused backward kernel of conv, ReLU, conv with one channel in and out: a block of hidden positions runs through
// every channel with the windows of x and gy and the sums of gx in registers; weight sums are read and written once a block.
// Invariant: gx[p] adds by block of hidden positions, then channel, then position; a weight's sum adds by position.
import CLanes
import KernelInterface

/// What stays the same from block to block.
struct TwoLayerBackwardPass {
    var x: UnsafePointer<Lanes>, gy: UnsafePointer<Lanes>
    var w1: UnsafePointer<Real>, b1: UnsafePointer<Real>, w2: UnsafePointer<Real>
    var hidden: UnsafePointer<Lanes>?
    var gx: UnsafeMutablePointer<Lanes>?
    /// Per-lane sums that the kernel adds to in place.
    var gw1: UnsafeMutablePointer<Lanes>, gb1: UnsafeMutablePointer<Lanes>, gw2: UnsafeMutablePointer<Lanes>
    /// taps - 1 sums that the next block goes on with, a halo of 2 taps, copies of two windows, a recomputed hidden block, a zero.
    var carry: UnsafeMutablePointer<Lanes>, halo: UnsafeMutablePointer<Lanes>
    var copyX: UnsafeMutablePointer<Lanes>, copyGY: UnsafeMutablePointer<Lanes>, block: UnsafeMutablePointer<Lanes>
    var zero: UnsafeMutablePointer<Lanes>
    var channels: Int, length: Int, padLeft1: Int, padLeft2: Int
    var circular: Bool
}

@_transparent
func twoLayerBackwardBlock(_ f: TwoLayerBackwardPass, _ start: Int, width: Int, taps: Int, input: Bool, weights: Bool) {
    var x = InlineArray<16, Lanes>(repeating: lanes_splat(0)), gy = InlineArray<16, Lanes>(repeating: lanes_splat(0))
    var sums = InlineArray<16, Lanes>(repeating: lanes_splat(0))
    var h = InlineArray<8, Lanes>(repeating: lanes_splat(0)), g = InlineArray<8, Lanes>(repeating: lanes_splat(0))
    let count = width + taps - 1
    let left1 = start - f.padLeft1, left2 = start - (taps - 1) + f.padLeft2
    var windowX = f.x + left1, windowGY = f.gy + left2
    if left1 < 0 || left1 + count > f.length {
        twoLayerGather(f.copyX, f.x, f.zero, left1, count, f.length, f.circular)
        windowX = UnsafePointer(f.copyX)
    }
    if left2 < 0 || left2 + count > f.length {
        twoLayerGather(f.copyGY, f.gy, f.zero, left2, count, f.length, f.circular)
        windowGY = UnsafePointer(f.copyGY)
    }
    for i in 0..<count { x[i] = windowX[i] }
    var hidden = f.block, step = width
    var w1 = f.w1, w2 = f.w2, b1 = f.b1
    if let stored = f.hidden {
        hidden = UnsafeMutablePointer(mutating: stored) + start
        step = f.length
    } else {
        for c in 0..<f.channels {
            for j in 0..<width { h[j] = lanes_splat(b1[c]) }
            for t in 0..<taps {
                for j in 0..<width { h[j] = lanes_fma(x[j + t], lanes_splat(w1[c * taps + t]), h[j]) }
            }
            for j in 0..<width { hidden[c * width + j] = lanes_relu(h[j]) }
        }
    }
    for i in 0..<count { gy[i] = windowGY[i] }
    if input { for i in 0..<taps - 1 { sums[i] = f.carry[i] } }
    var gw1 = f.gw1, gw2 = f.gw2, gb1 = f.gb1
    for _ in 0..<f.channels {
        for j in 0..<width { h[j] = hidden[j] }
        for j in 0..<width { g[j] = lanes_mul(gy[j + taps - 1], lanes_splat(w2[0])) }
        for t in 1..<taps - 1 {
            for j in 0..<width { g[j] = lanes_fma(gy[j + taps - 1 - t], lanes_splat(w2[t]), g[j]) }
        }
        for j in 0..<width { g[j] = lanes_where_positive(h[j], lanes_fma(gy[j], lanes_splat(w2[taps - 1]), g[j])) }
        if weights {
            for t in 0..<taps {
                var a = gw2[t]
                for j in 0..<width { a = lanes_fma(h[j], gy[j + taps - 1 - t], a) }
                gw2[t] = a
            }
            for t in 0..<taps {
                var a = gw1[t]
                for j in 0..<width { a = lanes_fma(g[j], x[j + t], a) }
                gw1[t] = a
            }
            var a = gb1[0]
            for j in 0..<width { a = lanes_add(a, g[j]) }
            gb1[0] = a
            gw1 += taps
            gw2 += taps
            gb1 += 1
        }
        if input {
            for t in 0..<taps {
                for j in 0..<width { sums[j + t] = lanes_fma(g[j], lanes_splat(w1[t]), sums[j + t]) }
            }
        }
        hidden += step
        w1 += taps
        w2 += taps
        b1 += 1
    }
    if input, let gx = f.gx {
        for i in 0..<taps - 1 { f.carry[i] = sums[i + width] }
        if left1 >= 0 && left1 + width <= f.length {
            for i in 0..<width { gx[left1 + i] = sums[i] }
        } else {
            for i in 0..<width { f.copyX[i] = sums[i] }
            twoLayerScatter(gx, f.halo, f.copyX, left1, width, f.length, taps, 0)
        }
    }
}

@_transparent
func twoLayerBackwardFused(_ f: TwoLayerBackwardPass, width: Int, taps: Int, input: Bool, weights: Bool) {
    f.zero.pointee = lanes_splat(0)
    if input { for i in 0..<taps - 1 { f.carry[i] = lanes_splat(0) } }
    var start = 0
    while start + width <= f.length {
        twoLayerBackwardBlock(f, start, width: width, taps: taps, input: input, weights: weights)
        start += width
    }
    while start < f.length {
        twoLayerBackwardBlock(f, start, width: 1, taps: taps, input: input, weights: weights)
        start += 1
    }
    if input, let gx = f.gx {
        twoLayerScatter(gx, f.halo, f.carry, f.length - f.padLeft1, taps - 1, f.length, taps, 0)
        if f.circular { twoLayerFold(gx, f.halo, f.padLeft1, taps - 1 - f.padLeft1, f.length, taps) }
    }
}

func twoLayerBackward3(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 3, input: true, weights: true) }
func twoLayerBackward5(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 5, input: true, weights: true) }
func twoLayerBackward7(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 7, input: true, weights: true) }
func twoLayerBackward9(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 9, input: true, weights: true) }
func twoLayerInput3(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 3, input: true, weights: false) }
func twoLayerInput5(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 5, input: true, weights: false) }
func twoLayerInput7(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 7, input: true, weights: false) }
func twoLayerInput9(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 9, input: true, weights: false) }
func twoLayerWeights3(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 3, input: false, weights: true) }
func twoLayerWeights5(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 5, input: false, weights: true) }
func twoLayerWeights7(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 7, input: false, weights: true) }
func twoLayerWeights9(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 9, input: false, weights: true) }

/// The sums to add to: the caller's, or scratch when the caller wants none or only some lanes of them.
@inline(__always)
func twoLayerSums(
    _ gradient: UnsafeMutableRawPointer?, _ scratch: UnsafeMutablePointer<Lanes>, _ count: Int, _ lanes: Int
) -> UnsafeMutablePointer<Lanes> {
    if let gradient, lanes == 16 { return gradient.assumingMemoryBound(to: Lanes.self) }
    if let old = gradient?.assumingMemoryBound(to: Lanes.self) { for i in 0..<count { scratch[i] = old[i] } }
    return scratch
}

@inline(__always)
func twoLayerKeep(_ gradient: UnsafeMutableRawPointer?, _ scratch: UnsafeMutablePointer<Lanes>, _ count: Int, _ lanes: Int) {
    guard let gradient = gradient?.assumingMemoryBound(to: Lanes.self), lanes != 16 else { return }
    for i in 0..<count { gradient[i] = lanes_blend_first(scratch[i], gradient[i], Int32(lanes)) }
}

@inline(never)
func twoLayerBackwardFused(_ b: TwoLayerBackward, _ g: TwoLayerGeometry, _ circular: Bool) {
    let taps = g.taps1, scratch = b.scratch.assumingMemoryBound(to: Lanes.self)
    let sums = scratch + 8 * taps + 32
    let f = TwoLayerBackwardPass(
        x: b.x.assumingMemoryBound(to: Lanes.self), gy: b.gy.assumingMemoryBound(to: Lanes.self),
        w1: b.w1.assumingMemoryBound(to: Real.self), b1: b.b1.assumingMemoryBound(to: Real.self),
        w2: b.w2.assumingMemoryBound(to: Real.self),
        hidden: b.hidden?.assumingMemoryBound(to: Lanes.self), gx: b.gx?.assumingMemoryBound(to: Lanes.self),
        gw1: twoLayerSums(b.gw1, sums, g.hidden * taps, b.lanes),
        gb1: twoLayerSums(b.gb1, sums + g.hidden * 2 * taps, g.hidden, b.lanes),
        gw2: twoLayerSums(b.gw2, sums + g.hidden * taps, g.hidden * taps, b.lanes),
        carry: scratch, halo: scratch + taps, copyX: scratch + 3 * taps, copyGY: scratch + 5 * taps + 8,
        block: sums + g.hidden * (2 * taps + 1), zero: scratch + 8 * taps + 31,
        channels: g.hidden, length: g.length, padLeft1: g.padLeft1, padLeft2: g.padLeft2, circular: circular)
    let weights = b.gw1 != nil || b.gb1 != nil || b.gw2 != nil
    switch (taps, b.gx != nil, weights) {
    case (3, true, true): twoLayerBackward3(f)
    case (5, true, true): twoLayerBackward5(f)
    case (7, true, true): twoLayerBackward7(f)
    case (9, true, true): twoLayerBackward9(f)
    case (3, true, false): twoLayerInput3(f)
    case (5, true, false): twoLayerInput5(f)
    case (7, true, false): twoLayerInput7(f)
    case (9, true, false): twoLayerInput9(f)
    case (3, false, true): twoLayerWeights3(f)
    case (5, false, true): twoLayerWeights5(f)
    case (7, false, true): twoLayerWeights7(f)
    case (9, false, true): twoLayerWeights9(f)
    default: return
    }
    twoLayerKeep(b.gw1, sums, g.hidden * taps, b.lanes)
    twoLayerKeep(b.gw2, sums + g.hidden * taps, g.hidden * taps, b.lanes)
    twoLayerKeep(b.gb1, sums + g.hidden * 2 * taps, g.hidden, b.lanes)
}
