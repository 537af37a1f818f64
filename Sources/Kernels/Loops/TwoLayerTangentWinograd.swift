// The 3-tap tangents with F(2,3) (see TwoLayerWinograd and TwoLayerWinogradBackward). What two convolutions add to one place
// adds up before the inverse transform, and the sums over channels of what goes back to the signal stay transformed until
// the block is done, so two outputs of a sum of two convolutions cost 8 multiplications, not 12.
// Invariant: positions pair up as (0, 1), (2, 3), ...; an odd last one pairs with a hidden value of zero.
import CLanes
import KernelInterface

/// Two outputs of conv(v, u) + bias, to the bits of the forward kernel: what is behind its ReLU is behind this one's.
@_transparent
func twoLayerWinogradPair(_ v: (Lanes, Lanes, Lanes, Lanes), _ u: UnsafePointer<Real>, _ bias: Lanes) -> (Lanes, Lanes) {
    let m = lanes_fma(v.1, lanes_splat(u[1]), bias)
    let even = lanes_fma(v.2, lanes_splat(u[2]), m), odd = lanes_subtract_product(v.2, lanes_splat(u[2]), m)
    return (lanes_fma(v.0, lanes_splat(u[0]), even), lanes_subtract_product(v.3, lanes_splat(u[3]), odd))
}

/// Two outputs of conv(v, u) + conv(dv, du) + bias.
@_transparent
func twoLayerWinogradPair(
    _ v: (Lanes, Lanes, Lanes, Lanes), _ u: UnsafePointer<Real>, _ dv: (Lanes, Lanes, Lanes, Lanes), _ du: UnsafePointer<Real>, _ bias: Lanes
) -> (Lanes, Lanes) {
    let m = lanes_fma(v.1, lanes_splat(u[1]), lanes_fma(dv.1, lanes_splat(du[1]), bias))
    let n = lanes_fma(v.2, lanes_splat(u[2]), lanes_mul(dv.2, lanes_splat(du[2])))
    return (lanes_fma(v.0, lanes_splat(u[0]), lanes_fma(dv.0, lanes_splat(du[0]), lanes_add(m, n))),
            lanes_subtract_product(v.3, lanes_splat(u[3]), lanes_subtract_product(dv.3, lanes_splat(du[3]), lanes_sub(m, n))))
}

/// Adds what (g0, g1) gives through the taps u, transformed.
@_transparent
func twoLayerWinogradAdd(_ dv: inout InlineArray<8, Lanes>, _ j: Int, _ g: (Lanes, Lanes), _ u: UnsafePointer<Real>) {
    dv[4 * j] = lanes_fma(g.0, lanes_splat(u[0]), dv[4 * j])
    dv[4 * j + 1] = lanes_fma(lanes_add(g.0, g.1), lanes_splat(u[1]), dv[4 * j + 1])
    dv[4 * j + 2] = lanes_fma(lanes_sub(g.0, g.1), lanes_splat(u[2]), dv[4 * j + 2])
    dv[4 * j + 3] = lanes_subtract_product(g.1, lanes_splat(u[3]), dv[4 * j + 3])
}

@_transparent
func twoLayerTangentWinogradBlock(_ f: TwoLayerTangentPass, _ start: Int, pairs: Int, half: Bool, edge: Bool) {
    let left = start - f.padLeft1, count = 2 * pairs + 2, copy = f.copy, r = f.copy + 16
    if edge {
        twoLayerGather(copy, f.x, f.zero, left, count, f.length, f.circular)
        twoLayerGather(copy + count, f.a, f.zero, left, count, f.length, f.circular)
    }
    let x = edge ? UnsafePointer(copy) : f.x + left, dx = edge ? UnsafePointer(copy + count) : f.a + left
    var v = registers8(), sums = registers8()
    for i in 0..<4 * pairs {
        v[i] = twoLayerWinogradEntry(x, i)
        r[i] = twoLayerWinogradEntry(dx, i)
    }
    for c in 0..<f.channels {
        let u1 = f.u1 + 4 * c, du1 = f.du1 + 4 * c, u2 = f.u2 + 4 * c, du2 = f.du2 + 4 * c
        for j in 0..<pairs {
            let window = (v[4 * j], v[4 * j + 1], v[4 * j + 2], v[4 * j + 3])
            var h = twoLayerWinogradPair(window, u1, lanes_splat(f.b1[c]))
            var dh = twoLayerWinogradPair((r[4 * j], r[4 * j + 1], r[4 * j + 2], r[4 * j + 3]), u1, window, du1, lanes_splat(f.db1[c]))
            dh = (lanes_where_positive(h.0, dh.0), half ? lanes_splat(0) : lanes_where_positive(h.1, dh.1))
            h = (lanes_relu(h.0), half ? lanes_splat(0) : lanes_relu(h.1))
            twoLayerWinogradAdd(&sums, j, dh, u2)
            twoLayerWinogradAdd(&sums, j, h, du2)
        }
    }
    let first = start - 2 + f.padLeft2, width = half ? 1 : 2 * pairs
    twoLayerWinogradSpread(sums, f.carry, copy, pairs: pairs, half: half)
    if edge {
        twoLayerScatter(f.out, f.halo, copy, first, width, f.length, 3, f.bias)
    } else {
        for i in 0..<width { f.out[first + i] = lanes_add(copy[i], lanes_splat(f.bias)) }
    }
}

@_transparent
func twoLayerTangentBackwardWinogradBlock(_ f: TwoLayerTangentPass, _ start: Int, pairs: Int, half: Bool, edge: Bool) {
    let left1 = start - f.padLeft1, left2 = start - 2 + f.padLeft2, count = 2 * pairs + 2, copy = f.copy, r = f.copy + 20, dr = f.copy + 28
    if edge {
        twoLayerGather(copy, f.x, f.zero, left1, count, f.length, f.circular)
        twoLayerGather(copy + count, f.a, f.zero, left2, count, f.length, f.circular)
        twoLayerGather(copy + 2 * count, f.b, f.zero, left2, count, f.length, f.circular)
    }
    let x = edge ? UnsafePointer(copy) : f.x + left1
    let gy = edge ? UnsafePointer(copy + count) : f.a + left2, dgy = edge ? UnsafePointer(copy + 2 * count) : f.b + left2
    var v = registers8(), sums = registers8()
    for i in 0..<4 * pairs {
        v[i] = twoLayerWinogradEntry(x, i)
        r[i] = twoLayerWinogradEntry(gy, i)
        dr[i] = twoLayerWinogradEntry(dgy, i)
    }
    for c in 0..<f.channels {
        let u1 = f.u1 + 4 * c, du1 = f.du1 + 4 * c, u2 = f.u2 + 4 * c, du2 = f.du2 + 4 * c
        for j in 0..<pairs {
            let h = twoLayerWinogradPair((v[4 * j], v[4 * j + 1], v[4 * j + 2], v[4 * j + 3]), u1, lanes_splat(f.b1[c]))
            let window = (r[4 * j], r[4 * j + 1], r[4 * j + 2], r[4 * j + 3])
            var m = twoLayerWinogradPair(window, u2, lanes_splat(0))
            var d = twoLayerWinogradPair((dr[4 * j], dr[4 * j + 1], dr[4 * j + 2], dr[4 * j + 3]), u2, window, du2, lanes_splat(0))
            m = (lanes_where_positive(h.0, m.0), half ? lanes_splat(0) : lanes_where_positive(h.1, m.1))
            d = (lanes_where_positive(h.0, d.0), half ? lanes_splat(0) : lanes_where_positive(h.1, d.1))
            twoLayerWinogradAdd(&sums, j, d, u1)
            twoLayerWinogradAdd(&sums, j, m, du1)
        }
    }
    twoLayerWinogradSpread(sums, f.carry, edge ? copy : f.out + left1, pairs: pairs, half: half)
    if edge { twoLayerScatter(f.out, f.halo, copy, left1, half ? 1 : 2 * pairs, f.length, 3, 0) }
}

@_transparent
func twoLayerTangentWinogradBlock(_ f: TwoLayerTangentPass, _ start: Int, pairs: Int, half: Bool, edge: Bool, backward: Bool) {
    if backward {
        twoLayerTangentBackwardWinogradBlock(f, start, pairs: pairs, half: half, edge: edge)
    } else {
        twoLayerTangentWinogradBlock(f, start, pairs: pairs, half: half, edge: edge)
    }
}

@_transparent
func twoLayerTangentWinograd(_ f: TwoLayerTangentPass, backward: Bool) {
    twoLayerTransform(f.u1, f.w1, f.channels, reversed: false)
    twoLayerTransform(f.du1, f.dw1, f.channels, reversed: false)
    twoLayerTransform(f.u2, f.w2, f.channels, reversed: true)
    twoLayerTransform(f.du2, f.dw2, f.channels, reversed: true)
    f.carry[0] = lanes_splat(0)
    f.carry[1] = lanes_splat(0)
    var start = 0
    while start < f.length {
        while start >= 2 && start + 6 <= f.length {
            twoLayerTangentWinogradBlock(f, start, pairs: 2, half: false, edge: false, backward: backward)
            start += 4
        }
        if start + 4 <= f.length {
            twoLayerTangentWinogradBlock(f, start, pairs: 2, half: false, edge: true, backward: backward)
            start += 4
        } else if start + 2 <= f.length {
            twoLayerTangentWinogradBlock(f, start, pairs: 1, half: false, edge: true, backward: backward)
            start += 2
        } else {
            twoLayerTangentWinogradBlock(f, start, pairs: 1, half: true, edge: true, backward: backward)
            start += 1
        }
    }
    let after = backward ? f.padLeft1 : 2 - f.padLeft2
    twoLayerScatter(f.out, f.halo, f.carry, f.length - after, 2, f.length, 3, f.bias)
    if f.circular { twoLayerFold(f.out, f.halo, after, 2 - after, f.length, 3) }
}

func twoLayerTangent3(_ f: TwoLayerTangentPass) { twoLayerTangentWinograd(f, backward: false) }
func twoLayerTangentBackward3(_ f: TwoLayerTangentPass) { twoLayerTangentWinograd(f, backward: true) }
