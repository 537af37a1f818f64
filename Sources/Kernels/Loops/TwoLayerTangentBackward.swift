// The tangent of the gradient of conv, ReLU, conv in x: see TwoLayerTangent.
// Invariant: a sum adds by block of hidden positions, then channel, then position.
import CLanes
import KernelInterface

func twoLayerTangentBackward(_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) {
    let g = geometry.assumingMemoryBound(to: TwoLayerGeometry.self).pointee
    let p = pointers.assumingMemoryBound(to: TwoLayerTangentBackward.self).pointee
    if twoLayerFuses(g) {
        let f = twoLayerTangentPass(
            g, out: p.dgx, x: p.x, a: p.gy, b: p.dgy, w1: p.w1, b1: p.b1, w2: p.w2, dw1: p.dw1, db1: p.b1, dw2: p.dw2, bias: 0, scratch: p.scratch)
        switch g.taps1 {
        case 3: return twoLayerTangentBackward3(f)
        case 5: return twoLayerTangentBackward5(f)
        case 7: return twoLayerTangentBackward7(f)
        default: return twoLayerTangentBackward9(f)
        }
    }
    var first = twoLayerConvolution(g, second: false), second = twoLayerConvolution(g, second: true)
    let count = g.hidden * g.length
    let h = p.scratch.assumingMemoryBound(to: Lanes.self), d = h + count, m = d + count, more = m + count
    convolve(h, p.x, p.w1, p.b1, &first)
    convolveTransposed(d, p.dgy, p.w2, &second)
    convolveTransposed(m, p.gy, p.dw2, &second)
    for i in 0..<count { d[i] = lanes_where_positive(h[i], lanes_add(d[i], m[i])) }
    convolveTransposed(m, p.gy, p.w2, &second)
    for i in 0..<count { m[i] = lanes_where_positive(h[i], m[i]) }
    convolveTransposed(p.dgx, d, p.w1, &first)
    convolveTransposed(more, m, p.dw1, &first)
    let dgx = p.dgx.assumingMemoryBound(to: Lanes.self)
    for i in 0..<g.inChannels * g.length { dgx[i] = lanes_add(dgx[i], more[i]) }
}

/// Hidden positions start ..< start + width. Sum i of the block belongs to dgx[start + i - padLeft1].
@_transparent
func twoLayerTangentBackwardBlock(_ f: TwoLayerTangentPass, _ start: Int, width: Int, taps: Int, edge: Bool) {
    var h = registers4(), m = registers4(), d = registers4(), sums = registers16()
    let left1 = start - f.padLeft1, left2 = start - (taps - 1) + f.padLeft2, count = width + taps - 1
    if edge {
        twoLayerGather(f.copy, f.x, f.zero, left1, count, f.length, f.circular)
        twoLayerGather(f.copy + count, f.a, f.zero, left2, count, f.length, f.circular)
        twoLayerGather(f.copy + 2 * count, f.b, f.zero, left2, count, f.length, f.circular)
    }
    let x = edge ? UnsafePointer(f.copy) : f.x + left1
    let gy = edge ? UnsafePointer(f.copy + count) : f.a + left2, dgy = edge ? UnsafePointer(f.copy + 2 * count) : f.b + left2
    for i in 0..<taps - 1 { sums[i] = f.carry[i] }
    var w1 = f.w1, w2 = f.w2, b1 = f.b1, dw1 = f.dw1, dw2 = f.dw2
    for _ in 0..<f.channels {
        for j in 0..<width {
            h[j] = lanes_splat(b1[0])
            m[j] = lanes_splat(0)
            d[j] = lanes_splat(0)
        }
        for t in 0..<taps {
            let w = lanes_splat(w1[t])
            for j in 0..<width { h[j] = lanes_fma(x[j + t], w, h[j]) }
        }
        for t in 0..<taps {
            let w = lanes_splat(w2[t]), dw = lanes_splat(dw2[t])
            for j in 0..<width {
                m[j] = lanes_fma(gy[j + taps - 1 - t], w, m[j])
                d[j] = lanes_fma(gy[j + taps - 1 - t], dw, d[j])
            }
            for j in 0..<width { d[j] = lanes_fma(dgy[j + taps - 1 - t], w, d[j]) }
        }
        for j in 0..<width {
            m[j] = lanes_where_positive(h[j], m[j])
            d[j] = lanes_where_positive(h[j], d[j])
        }
        for t in 0..<taps {
            for j in 0..<width { sums[j + t] = lanes_fma(d[j], lanes_splat(w1[t]), sums[j + t]) }
            for j in 0..<width { sums[j + t] = lanes_fma(m[j], lanes_splat(dw1[t]), sums[j + t]) }
        }
        w1 += taps
        w2 += taps
        b1 += 1
        dw1 += taps
        dw2 += taps
    }
    for i in 0..<taps - 1 { f.carry[i] = sums[i + width] }
    if !edge {
        for i in 0..<width { f.out[left1 + i] = sums[i] }
    } else {
        for i in 0..<width { f.copy[i] = sums[i] }
        twoLayerScatter(f.out, f.halo, f.copy, left1, width, f.length, taps, 0)
    }
}

@_transparent
func twoLayerTangentBackwardFused(_ f: TwoLayerTangentPass, taps: Int) {
    let width = 4
    for i in 0..<taps - 1 { f.carry[i] = lanes_splat(0) }
    var start = 0
    while start < f.length {
        while start >= taps - 1 && start + width + taps - 1 <= f.length {
            twoLayerTangentBackwardBlock(f, start, width: width, taps: taps, edge: false)
            start += width
        }
        if start + width <= f.length {
            twoLayerTangentBackwardBlock(f, start, width: width, taps: taps, edge: true)
            start += width
        } else {
            twoLayerTangentBackwardBlock(f, start, width: 1, taps: taps, edge: true)
            start += 1
        }
    }
    twoLayerScatter(f.out, f.halo, f.carry, f.length - f.padLeft1, taps - 1, f.length, taps, 0)
    if f.circular { twoLayerFold(f.out, f.halo, f.padLeft1, taps - 1 - f.padLeft1, f.length, taps) }
}

func twoLayerTangentBackward5(_ f: TwoLayerTangentPass) { twoLayerTangentBackwardFused(f, taps: 5) }
func twoLayerTangentBackward7(_ f: TwoLayerTangentPass) { twoLayerTangentBackwardFused(f, taps: 7) }
func twoLayerTangentBackward9(_ f: TwoLayerTangentPass) { twoLayerTangentBackwardFused(f, taps: 9) }
