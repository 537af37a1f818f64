// The tangents of conv, ReLU, conv and of its gradient in x along a change of signals and weights: what the derivative of
// a gradient needs. The general form goes through the hidden map; with one channel in and out a block of positions runs
// through every channel and the map is never written, as in TwoLayerForward and TwoLayerBackward.
// Invariant: a sum adds by block of hidden positions, then channel, then position; the blocks depend on length and taps only.
import CLanes
import KernelInterface

/// What stays the same from block to block, for both tangents: signals at a and b come in (dx and nothing, or gy and dgy).
struct TwoLayerTangentPass {
    var out: UnsafeMutablePointer<Lanes>, x: UnsafePointer<Lanes>, a: UnsafePointer<Lanes>, b: UnsafePointer<Lanes>
    var w1: UnsafePointer<Real>, b1: UnsafePointer<Real>, w2: UnsafePointer<Real>
    var dw1: UnsafePointer<Real>, db1: UnsafePointer<Real>, dw2: UnsafePointer<Real>, bias: Real
    /// taps - 1 sums that the next block goes on with, a halo of 2 taps, windows, a zero.
    var carry: UnsafeMutablePointer<Lanes>, halo: UnsafeMutablePointer<Lanes>, copy: UnsafeMutablePointer<Lanes>, zero: UnsafeMutablePointer<Lanes>
    /// For 3 taps only: the transformed taps, four to a channel.
    var u1: UnsafeMutablePointer<Real>, u2: UnsafeMutablePointer<Real>, du1: UnsafeMutablePointer<Real>, du2: UnsafeMutablePointer<Real>
    var channels: Int, length: Int, padLeft1: Int, padLeft2: Int
    var circular: Bool
}

/// Entries of 16 lanes: carry, halo, windows, zero, a signal of zeros, transformed taps.
@inline(__always)
func twoLayerTangentScratch(_ g: TwoLayerGeometry) -> Int { 3 * g.taps1 + 64 + g.length + g.hidden + 1 }

@inline(__always)
func twoLayerTangentPass(
    _ g: TwoLayerGeometry, out: UnsafeMutableRawPointer, x: UnsafeRawPointer, a: UnsafeRawPointer?, b: UnsafeRawPointer?, w1: UnsafeRawPointer,
    b1: UnsafeRawPointer, w2: UnsafeRawPointer, dw1: UnsafeRawPointer, db1: UnsafeRawPointer, dw2: UnsafeRawPointer, bias: Real, scratch: UnsafeMutableRawPointer
) -> TwoLayerTangentPass {
    let carry = scratch.assumingMemoryBound(to: Lanes.self), copy = carry + 3 * g.taps1, zeros = copy + 63
    for i in 0..<g.length + 1 { zeros[i] = lanes_splat(0) }
    let u = UnsafeMutableRawPointer(zeros + g.length + 1).assumingMemoryBound(to: Real.self), n = 4 * g.hidden
    func lanes(_ p: UnsafeRawPointer?) -> UnsafePointer<Lanes> { p?.assumingMemoryBound(to: Lanes.self) ?? UnsafePointer(zeros) }
    return TwoLayerTangentPass(
        out: out.assumingMemoryBound(to: Lanes.self), x: lanes(x), a: lanes(a), b: lanes(b),
        w1: w1.assumingMemoryBound(to: Real.self), b1: b1.assumingMemoryBound(to: Real.self), w2: w2.assumingMemoryBound(to: Real.self),
        dw1: dw1.assumingMemoryBound(to: Real.self), db1: db1.assumingMemoryBound(to: Real.self), dw2: dw2.assumingMemoryBound(to: Real.self), bias: bias,
        carry: carry, halo: carry + g.taps1, copy: copy, zero: zeros, u1: u, u2: u + n, du1: u + 2 * n, du2: u + 3 * n,
        channels: g.hidden, length: g.length, padLeft1: g.padLeft1, padLeft2: g.padLeft2, circular: twoLayerIsCircular(g))
}

func twoLayerTangent(_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) {
    let g = geometry.assumingMemoryBound(to: TwoLayerGeometry.self).pointee
    let p = pointers.assumingMemoryBound(to: TwoLayerTangent.self).pointee
    if twoLayerFuses(g) {
        let f = twoLayerTangentPass(
            g, out: p.dy, x: p.x, a: p.dx, b: nil, w1: p.w1, b1: p.b1, w2: p.w2, dw1: p.dw1, db1: p.db1, dw2: p.dw2,
            bias: p.db2.assumingMemoryBound(to: Real.self).pointee, scratch: p.scratch)
        switch g.taps1 {
        case 3: return twoLayerTangent3(f)
        case 5: return twoLayerTangent5(f)
        case 7: return twoLayerTangent7(f)
        default: return twoLayerTangent9(f)
        }
    }
    var first = twoLayerConvolution(g, second: false), second = twoLayerConvolution(g, second: true)
    let count = g.hidden * g.length
    let h = p.scratch.assumingMemoryBound(to: Lanes.self), dh = h + count, more = dh + count
    convolve(h, p.x, p.w1, p.b1, &first)
    convolve(dh, p.x, p.dw1, p.db1, &first)
    if let dx = p.dx {
        convolve(more, dx, p.w1, nil, &first)
        for i in 0..<count { dh[i] = lanes_add(dh[i], more[i]) }
    }
    for i in 0..<count {
        dh[i] = lanes_where_positive(h[i], dh[i])
        h[i] = lanes_relu(h[i])
    }
    convolve(p.dy, h, p.dw2, p.db2, &second)
    convolve(more, dh, p.w2, nil, &second)
    let dy = p.dy.assumingMemoryBound(to: Lanes.self)
    for i in 0..<g.outChannels * g.length { dy[i] = lanes_add(dy[i], more[i]) }
}

/// Hidden positions start ..< start + width. Sum i of the block belongs to dy[start + i - (taps - 1) + padLeft2].
@_transparent
func twoLayerTangentBlock(_ f: TwoLayerTangentPass, _ start: Int, width: Int, taps: Int, edge: Bool) {
    var h = registers4(), dh = registers4(), sums = registers16()
    let left = start - f.padLeft1, count = width + taps - 1
    if edge {
        twoLayerGather(f.copy, f.x, f.zero, left, count, f.length, f.circular)
        twoLayerGather(f.copy + count, f.a, f.zero, left, count, f.length, f.circular)
    }
    let x = edge ? UnsafePointer(f.copy) : f.x + left, dx = edge ? UnsafePointer(f.copy + count) : f.a + left
    for i in 0..<taps - 1 { sums[i] = f.carry[i] }
    var w1 = f.w1, w2 = f.w2, b1 = f.b1, dw1 = f.dw1, dw2 = f.dw2, db1 = f.db1
    for _ in 0..<f.channels {
        for j in 0..<width {
            h[j] = lanes_splat(b1[0])
            dh[j] = lanes_splat(db1[0])
        }
        for t in 0..<taps {
            let w = lanes_splat(w1[t]), dw = lanes_splat(dw1[t])
            for j in 0..<width {
                h[j] = lanes_fma(x[j + t], w, h[j])
                dh[j] = lanes_fma(x[j + t], dw, dh[j])
            }
            for j in 0..<width { dh[j] = lanes_fma(dx[j + t], w, dh[j]) }
        }
        for j in 0..<width {
            dh[j] = lanes_where_positive(h[j], dh[j])
            h[j] = lanes_relu(h[j])
        }
        for t in 0..<taps {
            for j in 0..<width { sums[j + taps - 1 - t] = lanes_fma(dh[j], lanes_splat(w2[t]), sums[j + taps - 1 - t]) }
            for j in 0..<width { sums[j + taps - 1 - t] = lanes_fma(h[j], lanes_splat(dw2[t]), sums[j + taps - 1 - t]) }
        }
        w1 += taps
        w2 += taps
        b1 += 1
        dw1 += taps
        dw2 += taps
        db1 += 1
    }
    for i in 0..<taps - 1 { f.carry[i] = sums[i + width] }
    let first = start - (taps - 1) + f.padLeft2
    if !edge {
        for i in 0..<width { f.out[first + i] = lanes_add(sums[i], lanes_splat(f.bias)) }
    } else {
        for i in 0..<width { f.copy[i] = sums[i] }
        twoLayerScatter(f.out, f.halo, f.copy, first, width, f.length, taps, f.bias)
    }
}

@_transparent
func twoLayerTangentFused(_ f: TwoLayerTangentPass, taps: Int) {
    let width = 4
    for i in 0..<taps - 1 { f.carry[i] = lanes_splat(0) }
    var start = 0
    while start < f.length {
        while start >= taps - 1 && start + width + taps - 1 <= f.length {
            twoLayerTangentBlock(f, start, width: width, taps: taps, edge: false)
            start += width
        }
        if start + width <= f.length {
            twoLayerTangentBlock(f, start, width: width, taps: taps, edge: true)
            start += width
        } else {
            twoLayerTangentBlock(f, start, width: 1, taps: taps, edge: true)
            start += 1
        }
    }
    twoLayerScatter(f.out, f.halo, f.carry, f.length - (taps - 1) + f.padLeft2, taps - 1, f.length, taps, f.bias)
    if f.circular { twoLayerFold(f.out, f.halo, taps - 1 - f.padLeft2, f.padLeft2, f.length, taps) }
}

func twoLayerTangent5(_ f: TwoLayerTangentPass) { twoLayerTangentFused(f, taps: 5) }
func twoLayerTangent7(_ f: TwoLayerTangentPass) { twoLayerTangentFused(f, taps: 7) }
func twoLayerTangent9(_ f: TwoLayerTangentPass) { twoLayerTangentFused(f, taps: 9) }
