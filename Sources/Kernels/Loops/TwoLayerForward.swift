// The fused forward kernel of conv, ReLU, conv with one channel in and out: a block of positions runs through every
// hidden channel with the window of x and the sums of y in registers, so the hidden map need not exist in memory.
// Invariant: y[p] adds its terms by block of hidden positions, then channel, then position, and the bias last; the blocks
// depend on length and taps only.
import CLanes
import KernelInterface

/// What stays the same from block to block.
struct TwoLayerForwardPass {
    var y: UnsafeMutablePointer<Lanes>, x: UnsafePointer<Lanes>
    var w1: UnsafePointer<Real>, b1: UnsafePointer<Real>, w2: UnsafePointer<Real>, b2: Real
    var hidden: UnsafeMutablePointer<Lanes>?
    /// taps - 1 sums that the next block goes on with, a halo of 2 taps, a copy of a window, a zero.
    var carry: UnsafeMutablePointer<Lanes>, halo: UnsafeMutablePointer<Lanes>, copy: UnsafeMutablePointer<Lanes>, zero: UnsafeMutablePointer<Lanes>
    /// An entry of 16 lanes for each channel, for 3 taps only.
    var transformed: UnsafeMutablePointer<Lanes>
    var channels: Int, length: Int, padLeft1: Int, padLeft2: Int
    var circular: Bool
}

/// Hidden positions start ..< start + width. Sum i of the block belongs to y[start + i - (taps - 1) + padLeft2].
@_transparent
func twoLayerForwardBlock(_ f: TwoLayerForwardPass, _ start: Int, width: Int, taps: Int, edge: Bool) {
    var x = registers16(), sums = registers16()
    var h = registers8()
    let left = start - f.padLeft1
    var window = f.x + left
    if edge {
        twoLayerGather(f.copy, f.x, f.zero, left, width + taps - 1, f.length, f.circular)
        window = UnsafePointer(f.copy)
    }
    for i in 0..<width + taps - 1 { x[i] = window[i] }
    for i in 0..<taps - 1 { sums[i] = f.carry[i] }
    var w1 = f.w1, w2 = f.w2, b1 = f.b1
    var store = f.hidden.map { $0 + start }
    for _ in 0..<f.channels {
        for j in 0..<width { h[j] = lanes_splat(b1[0]) }
        for t in 0..<taps {
            for j in 0..<width { h[j] = lanes_fma(x[j + t], lanes_splat(w1[t]), h[j]) }
        }
        for j in 0..<width { h[j] = lanes_relu(h[j]) }
        if let s = store {
            for j in 0..<width { s[j] = h[j] }
            store = s + f.length
        }
        for t in 0..<taps {
            for j in 0..<width { sums[j + taps - 1 - t] = lanes_fma(h[j], lanes_splat(w2[t]), sums[j + taps - 1 - t]) }
        }
        w1 += taps
        w2 += taps
        b1 += 1
    }
    for i in 0..<taps - 1 { f.carry[i] = sums[i + width] }
    let first = start - (taps - 1) + f.padLeft2
    if !edge {
        for i in 0..<width { f.y[first + i] = lanes_add(sums[i], lanes_splat(f.b2)) }
    } else {
        for i in 0..<width { f.copy[i] = sums[i] }
        twoLayerScatter(f.y, f.halo, f.copy, first, width, f.length, taps, f.b2)
    }
}

@_transparent
func twoLayerForwardFused(_ f: TwoLayerForwardPass, width: Int, taps: Int) {
    lanes_align_stack()
    f.zero.pointee = lanes_splat(0)
    for i in 0..<taps - 1 { f.carry[i] = lanes_splat(0) }
    var start = 0
    while start < f.length {
        // Blocks that see the edge are apart, so that the inner ones have no branch to mispredict.
        while start >= taps - 1 && start + width + taps - 1 <= f.length {
            twoLayerForwardBlock(f, start, width: width, taps: taps, edge: false)
            start += width
        }
        if start + width <= f.length {
            twoLayerForwardBlock(f, start, width: width, taps: taps, edge: true)
            start += width
        } else {
            twoLayerForwardBlock(f, start, width: 1, taps: taps, edge: true)
            start += 1
        }
    }
    twoLayerScatter(f.y, f.halo, f.carry, f.length - (taps - 1) + f.padLeft2, taps - 1, f.length, taps, f.b2)
    if f.circular { twoLayerFold(f.y, f.halo, taps - 1 - f.padLeft2, f.padLeft2, f.length, taps) }
}

func twoLayerForward5(_ f: TwoLayerForwardPass) { twoLayerForwardFused(f, width: 8, taps: 5) }
func twoLayerForward7(_ f: TwoLayerForwardPass) { twoLayerForwardFused(f, width: 8, taps: 7) }
func twoLayerForward9(_ f: TwoLayerForwardPass) { twoLayerForwardFused(f, width: 4, taps: 9) }
