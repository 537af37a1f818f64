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
    var gw1: UnsafeMutablePointer<Lanes>?, gb1: UnsafeMutablePointer<Lanes>?, gw2: UnsafeMutablePointer<Lanes>?, lanes: Int32
    /// taps - 1 sums that the next block goes on with, a halo of 2 taps, a recomputed hidden block.
    var carry: UnsafeMutablePointer<Lanes>, halo: UnsafeMutablePointer<Lanes>, block: UnsafeMutablePointer<Lanes>
    /// The per-lane sums, for each channel w1's taps, w2's taps and b1, and the windows of x and gy.
    var sums: TwoLayerWeightSums
    var channels: Int, length: Int, padLeft1: Int, padLeft2: Int
    var circular: Bool
    /// For 3 taps only: the transformed taps of both layers, four to a channel.
    var u1: UnsafeMutablePointer<Real>, u2: UnsafeMutablePointer<Real>
}

/// Copies the window that starts at `start`, which at an edge reaches outside.
@_transparent
func twoLayerWindow(
    _ copy: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Lanes>, _ f: TwoLayerBackwardPass, _ start: Int, _ count: Int, edge: Bool
) {
    if edge {
        twoLayerGather(copy, x, f.sums.zeros, start, count, f.length, f.circular)
    } else {
        for i in 0..<count { copy[i] = x[start + i] }
    }
}

@_transparent
func twoLayerBackwardBlock(_ f: TwoLayerBackwardPass, _ start: Int, width: Int, taps: Int, edge: Bool, input: Bool, weights: Bool) {
    var gy = registers16(), sums = registers16()
    var h = registers8(), g = registers8()
    let count = width + taps - 1
    let left1 = start - f.padLeft1, left2 = start - (taps - 1) + f.padLeft2
    let x = f.sums.window, copy = x + count
    twoLayerWindow(x, f.x, f, left1, count, edge: edge)
    if edge { twoLayerWindow(copy, f.gy, f, left2, count, edge: true) }
    let windowGY = edge ? UnsafePointer(copy) : f.gy + left2
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
    var place = TwoLayerWeightPlace(f.sums)
    for _ in 0..<f.channels {
        for j in 0..<width { h[j] = hidden[j] }
        for j in 0..<width { g[j] = lanes_mul(gy[j + taps - 1], lanes_splat(w2[0])) }
        for t in 1..<taps - 1 {
            for j in 0..<width { g[j] = lanes_fma(gy[j + taps - 1 - t], lanes_splat(w2[t]), g[j]) }
        }
        for j in 0..<width { g[j] = lanes_where_positive(h[j], lanes_fma(gy[j], lanes_splat(w2[taps - 1]), g[j])) }
        if weights {
            let s = place.sums, old = start == 0 ? f.sums.zeros : s
            for t in 0..<taps {
                var a = old[taps + t]
                for j in 0..<width { a = lanes_fma(h[j], gy[j + taps - 1 - t], a) }
                s[taps + t] = a
            }
            for t in 0..<taps {
                var a = old[t]
                for j in 0..<width { a = lanes_fma(g[j], x[j + t], a) }
                s[t] = a
            }
            var a = old[2 * taps]
            for j in 0..<width { a = lanes_add(a, g[j]) }
            s[2 * taps] = a
            place.advance(f.sums)
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
        if !edge {
            for i in 0..<width { gx[left1 + i] = sums[i] }
        } else {
            for i in 0..<width { x[i] = sums[i] }
            twoLayerScatter(gx, f.halo, x, left1, width, f.length, taps, 0)
        }
    }
}

/// Adds the sums to the caller's gradients, in the lanes that hold samples.
@_transparent
func twoLayerAddSums(_ f: TwoLayerBackwardPass, taps: Int) {
    if f.lanes == 16 { twoLayerAddSums(f, taps: taps, all: true) } else { twoLayerAddSums(f, taps: taps, all: false) }
}

@_transparent
func twoLayerAddSums(_ f: TwoLayerBackwardPass, taps: Int, all: Bool) {
    var place = TwoLayerWeightPlace(f.sums), gw1 = f.gw1, gw2 = f.gw2, gb1 = f.gb1
    for _ in 0..<f.channels {
        let s = place.sums
        if let g = gw1 {
            if taps == 3 {
                let w = twoLayerWinogradTaps(s)
                g[0] = lanes_add(g[0], all ? w.0 : lanes_first(w.0, f.lanes))
                g[1] = lanes_add(g[1], all ? w.1 : lanes_first(w.1, f.lanes))
                g[2] = lanes_add(g[2], all ? w.2 : lanes_first(w.2, f.lanes))
            } else {
                for t in 0..<taps { g[t] = lanes_add(g[t], all ? s[t] : lanes_first(s[t], f.lanes)) }
            }
            gw1 = g + taps
        }
        if let g = gw2 {
            for t in 0..<taps { g[t] = lanes_add(g[t], all ? s[taps + t] : lanes_first(s[taps + t], f.lanes)) }
            gw2 = g + taps
        }
        if let g = gb1 {
            g[0] = lanes_add(g[0], all ? s[2 * taps] : lanes_first(s[2 * taps], f.lanes))
            gb1 = g + 1
        }
        place.advance(f.sums)
    }
}

@_transparent
func twoLayerBackwardFused(_ f: TwoLayerBackwardPass, width: Int, taps: Int, input: Bool, weights: Bool) {
    lanes_align_stack()
    if input { for i in 0..<taps - 1 { f.carry[i] = lanes_splat(0) } }
    var start = 0
    while start < f.length {
        // Blocks that see the edge are apart, so that the inner ones have no branch to mispredict.
        while start >= taps - 1 && start + width + taps - 1 <= f.length {
            twoLayerBackwardBlock(f, start, width: width, taps: taps, edge: false, input: input, weights: weights)
            start += width
        }
        if start + width <= f.length {
            twoLayerBackwardBlock(f, start, width: width, taps: taps, edge: true, input: input, weights: weights)
            start += width
        } else {
            twoLayerBackwardBlock(f, start, width: 1, taps: taps, edge: true, input: input, weights: weights)
            start += 1
        }
    }
    if weights { twoLayerAddSums(f, taps: taps) }
    if input, let gx = f.gx {
        twoLayerScatter(gx, f.halo, f.carry, f.length - f.padLeft1, taps - 1, f.length, taps, 0)
        if f.circular { twoLayerFold(gx, f.halo, f.padLeft1, taps - 1 - f.padLeft1, f.length, taps) }
    }
}

func twoLayerBackward5(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 5, input: true, weights: true) }
func twoLayerBackward7(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 7, input: true, weights: true) }
func twoLayerBackward9(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 9, input: true, weights: true) }
func twoLayerInput5(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 5, input: true, weights: false) }
func twoLayerInput7(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 7, input: true, weights: false) }
func twoLayerInput9(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 9, input: true, weights: false) }
func twoLayerWeights5(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 5, input: false, weights: true) }
func twoLayerWeights7(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 7, input: false, weights: true) }
func twoLayerWeights9(_ f: TwoLayerBackwardPass) { twoLayerBackwardFused(f, width: 4, taps: 9, input: false, weights: true) }

/// Entries of 16 lanes of scratch before the sums, and what the sums take.
@inline(__always)
func twoLayerBackwardScratch(_ g: TwoLayerGeometry) -> (Int, window: Int, each: Int) {
    let three = g.taps1 == 3
    return (3 * g.taps1 + 4 * g.hidden + g.hidden / 2 + 1, three ? 32 : 2 * g.taps1 + 6, three ? 8 : 2 * g.taps1 + 1)
}

@inline(never)
func twoLayerBackwardFused(_ pass: UnsafePointer<TwoLayerBackward>, _ geometry: UnsafePointer<TwoLayerGeometry>) {
    let b = pass.pointee, g = geometry.pointee
    let taps = g.taps1, scratch = b.scratch.assumingMemoryBound(to: Lanes.self)
    let (before, window, each) = twoLayerBackwardScratch(g)
    let sums = TwoLayerWeightSums(scratch + before, window: window, each: each)
    // The transformed taps stand beside the windows if they fit there, else behind the recomputed block.
    let u = UnsafeMutableRawPointer(g.hidden <= 16 ? sums.window + 24 : scratch + 3 * taps + 4 * g.hidden).assumingMemoryBound(to: Real.self)
    let f = TwoLayerBackwardPass(
        x: b.x.assumingMemoryBound(to: Lanes.self), gy: b.gy.assumingMemoryBound(to: Lanes.self),
        w1: b.w1.assumingMemoryBound(to: Real.self), b1: b.b1.assumingMemoryBound(to: Real.self),
        w2: b.w2.assumingMemoryBound(to: Real.self),
        hidden: b.hidden?.assumingMemoryBound(to: Lanes.self), gx: b.gx?.assumingMemoryBound(to: Lanes.self),
        gw1: b.gw1?.assumingMemoryBound(to: Lanes.self), gb1: b.gb1?.assumingMemoryBound(to: Lanes.self),
        gw2: b.gw2?.assumingMemoryBound(to: Lanes.self), lanes: Int32(b.lanes),
        carry: scratch, halo: scratch + taps, block: scratch + 3 * taps, sums: sums,
        channels: g.hidden, length: g.length, padLeft1: g.padLeft1, padLeft2: g.padLeft2,
        circular: twoLayerIsCircular(g),
        u1: u, u2: u + 4 * g.hidden)
    let weights = b.gw1 != nil || b.gb1 != nil || b.gw2 != nil
    switch (taps, b.gx != nil, weights) {
    case (3, true, true): twoLayerWinogradBackward(f)
    case (5, true, true): twoLayerBackward5(f)
    case (7, true, true): twoLayerBackward7(f)
    case (9, true, true): twoLayerBackward9(f)
    case (3, true, false): twoLayerWinogradInput(f)
    case (5, true, false): twoLayerInput5(f)
    case (7, true, false): twoLayerInput7(f)
    case (9, true, false): twoLayerInput9(f)
    case (3, false, true): twoLayerWinogradWeights(f)
    case (5, false, true): twoLayerWeights5(f)
    case (7, false, true): twoLayerWeights7(f)
    case (9, false, true): twoLayerWeights9(f)
    default: return
    }
}
