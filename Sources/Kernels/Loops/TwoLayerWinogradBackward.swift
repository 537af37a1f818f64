// The backward half of the 3-tap two-layer kernels. The adjoints of F(2,3) share g0 + g1 and g0 - g1 between the gradient
// of the taps, of the bias and of x:
//   a = (g0, g0 + g1, g0 - g1, -g1)   du = sum of a v   dv = sum over channels of a u
//   dw = (du0 + (du1 + du2) / 2, (du1 - du2) / 2, (du1 + du2) / 2 + du3)
//   dx = (dv0, dv1 - dv2 + dv3, dv1 + dv2 - dv0, -dv3)
// Invariant: as in TwoLayerBackward; the hidden map is recomputed to the bits of the forward kernel.
import CLanes
import KernelInterface

/// The registers of a block: the transform of x, the window of gy, sums of dv, the hidden gradient of one channel.
struct TwoLayerWinogradBlock {
    var v = registers8(), gy = registers8()
    var dv = registers8(), g = registers4()
}

/// The hidden values and their gradient at channel c, and the gradient of the second layer's taps.
@_transparent
func twoLayerWinogradHidden(
    _ s: inout TwoLayerWinogradBlock, _ f: TwoLayerBackwardPass, _ c: Int,
    _ old: UnsafePointer<Lanes>, _ new: UnsafeMutablePointer<Lanes>, pairs: Int, half: Bool, weights: Bool
) {
    let u1 = f.u1 + 4 * c, u2 = f.u2 + 4 * c
    var h = registers4()
    for j in 0..<pairs {
        let m = lanes_fma(s.v[4 * j + 1], lanes_splat(u1[1]), lanes_splat(f.b1[c]))
        let even = lanes_fma(s.v[4 * j + 2], lanes_splat(u1[2]), m), odd = lanes_subtract_product(s.v[4 * j + 2], lanes_splat(u1[2]), m)
        h[2 * j] = lanes_fma(s.v[4 * j], lanes_splat(u1[0]), even)
        h[2 * j + 1] = lanes_subtract_product(s.v[4 * j + 3], lanes_splat(u1[3]), odd)
    }
    // The weights' sums load so much that the transform of gy is made anew for every channel: its additions are free beside the
    // multiply-adds, and the window that it is made from is in registers for gw2.
    if weights { for i in 0..<2 * pairs + 2 { s.gy[i] = lanes_fresh(s.gy[i]) } }
    for j in 0..<pairs {
        let (g0, g1, g2, g3) = (s.gy[2 * j], s.gy[2 * j + 1], s.gy[2 * j + 2], s.gy[2 * j + 3])
        let r0 = lanes_sub(g0, g2), r1 = lanes_add(g1, g2), r2 = lanes_sub(g2, g1), r3 = lanes_sub(g1, g3)
        let m = lanes_mul(r1, lanes_splat(u2[1]))
        let even = lanes_fma(r2, lanes_splat(u2[2]), m), odd = lanes_subtract_product(r2, lanes_splat(u2[2]), m)
        s.g[2 * j] = lanes_where_positive(h[2 * j], lanes_fma(r0, lanes_splat(u2[0]), even))
        s.g[2 * j + 1] = half ? lanes_splat(0) : lanes_where_positive(h[2 * j + 1], lanes_subtract_product(r3, lanes_splat(u2[3]), odd))
    }
    if weights {
        for t in 0..<3 {
            var a = old[3 + t]
            for j in 0..<(half ? 1 : 2 * pairs) { a = lanes_fma_relu(h[j], s.gy[j + 2 - t], a) }
            new[3 + t] = a
        }
    }
}

/// What the hidden gradient at channel c adds to the first layer's taps and bias and to x.
@_transparent
func twoLayerWinogradSums(
    _ s: inout TwoLayerWinogradBlock, _ f: TwoLayerBackwardPass, _ c: Int, _ old: UnsafePointer<Lanes>, _ new: UnsafeMutablePointer<Lanes>,
    pairs: Int, input: Bool, weights: Bool
) {
    let u = f.u1 + 4 * c
    var (a0, a1, a2, a3, bias) = (old[0], old[1], old[2], old[7], old[6])
    for j in 0..<pairs {
        let g0 = s.g[2 * j], g1 = s.g[2 * j + 1], plus = lanes_add(g0, g1), minus = lanes_sub(g0, g1)
        if weights {
            a0 = lanes_fma(g0, s.v[4 * j], a0)
            a1 = lanes_fma(plus, s.v[4 * j + 1], a1)
            a2 = lanes_fma(minus, s.v[4 * j + 2], a2)
            a3 = lanes_subtract_product(g1, s.v[4 * j + 3], a3)
            bias = lanes_add(bias, plus)
        }
        if input {
            s.dv[4 * j] = lanes_fma(g0, lanes_splat(u[0]), s.dv[4 * j])
            s.dv[4 * j + 1] = lanes_fma(plus, lanes_splat(u[1]), s.dv[4 * j + 1])
            s.dv[4 * j + 2] = lanes_fma(minus, lanes_splat(u[2]), s.dv[4 * j + 2])
            s.dv[4 * j + 3] = lanes_subtract_product(g1, lanes_splat(u[3]), s.dv[4 * j + 3])
        }
    }
    if weights { (new[0], new[1], new[2], new[7], new[6]) = (a0, a1, a2, a3, bias) }
}

/// Entry i of the transforms v of the pairs of a window.
@_transparent
func twoLayerWinogradEntry(_ x: UnsafePointer<Lanes>, _ i: Int) -> Lanes {
    let j = i / 4 * 2
    switch i % 4 {
    case 0: return lanes_sub(x[j], x[j + 2])
    case 1: return lanes_add(x[j + 1], x[j + 2])
    case 2: return lanes_sub(x[j + 2], x[j + 1])
    default: return lanes_sub(x[j + 1], x[j + 3])
    }
}

/// dx from dv, to `target`: the two sums that reach into the next block are carried. In a half pair the last two positions
/// get zeros.
@_transparent
func twoLayerWinogradSpread(
    _ dv: InlineArray<8, Lanes>, _ carry: UnsafeMutablePointer<Lanes>, _ target: UnsafeMutablePointer<Lanes>, pairs: Int, half: Bool
) {
    var sum0 = carry[0], sum1 = carry[1]
    for j in 0..<pairs {
        let (d0, d1, d2, d3) = (dv[4 * j], dv[4 * j + 1], dv[4 * j + 2], dv[4 * j + 3])
        target[2 * j] = lanes_add(sum0, d0)
        sum1 = lanes_add(sum1, lanes_add(lanes_sub(d1, d2), d3))
        sum0 = lanes_sub(lanes_add(d1, d2), d0)
        if half {
            (sum0, sum1) = (sum1, sum0)
        } else {
            target[2 * j + 1] = sum1
            sum1 = lanes_sub(lanes_splat(0), d3)
        }
    }
    carry[0] = sum0
    carry[1] = sum1
}

@_transparent
func twoLayerWinogradBackwardBlock(
    _ f: TwoLayerBackwardPass, _ start: Int, pairs: Int, half: Bool, edge: Bool, input: Bool, weights: Bool
) {
    let width = half ? 1 : 2 * pairs, count = 2 * pairs + 2
    let left1 = start - f.padLeft1, left2 = start - 2 + f.padLeft2
    let copy = f.sums.window, gy = copy + 6
    if edge { twoLayerWindow(copy, f.x, f, left1, count, edge: true) }
    let x = edge ? UnsafePointer(copy) : f.x + left1
    if edge { twoLayerWindow(gy, f.gy, f, left2, count, edge: true) }
    let windowGY = edge ? UnsafePointer(gy) : f.gy + left2
    var s = TwoLayerWinogradBlock()
    for i in 0..<4 * pairs { s.v[i] = twoLayerWinogradEntry(x, i) }
    for i in 0..<count { s.gy[i] = windowGY[i] }
    // One channel behind: sums that are ready to be made fill the time in which the next hidden values come about.
    let fresh = start == 0
    var place = TwoLayerWeightPlace(f.sums)
    twoLayerWinogradHidden(&s, f, 0, fresh ? f.sums.zeros : place.sums, place.sums, pairs: pairs, half: half, weights: weights)
    for c in 1..<f.channels {
        let before = s.g, sums = place.sums
        place.advance(f.sums)
        twoLayerWinogradHidden(&s, f, c, fresh ? f.sums.zeros : place.sums, place.sums, pairs: pairs, half: half, weights: weights)
        let next = s.g
        s.g = before
        twoLayerWinogradSums(&s, f, c - 1, fresh ? f.sums.zeros : sums, sums, pairs: pairs, input: input, weights: weights)
        s.g = next
    }
    twoLayerWinogradSums(&s, f, f.channels - 1, fresh ? f.sums.zeros : place.sums, place.sums, pairs: pairs, input: input, weights: weights)
    if input, let gx = f.gx {
        twoLayerWinogradSpread(s.dv, f.carry, edge ? copy : gx + left1, pairs: pairs, half: half)
        if edge { twoLayerScatter(gx, f.halo, copy, left1, width, f.length, 3, 0) }
    }
}

@_transparent
func twoLayerWinogradBackwardPass(_ f: TwoLayerBackwardPass, input: Bool, weights: Bool) {
    lanes_align_stack()
    twoLayerTransform(f.u1, f.w1, f.channels, reversed: false)
    twoLayerTransform(f.u2, f.w2, f.channels, reversed: true)
    f.carry[0] = lanes_splat(0)
    f.carry[1] = lanes_splat(0)
    var start = 0
    while start < f.length {
        while start >= 2 && start + 6 <= f.length {
            twoLayerWinogradBackwardBlock(f, start, pairs: 2, half: false, edge: false, input: input, weights: weights)
            start += 4
        }
        if start + 4 <= f.length {
            twoLayerWinogradBackwardBlock(f, start, pairs: 2, half: false, edge: true, input: input, weights: weights)
            start += 4
        } else if start + 2 <= f.length {
            twoLayerWinogradBackwardBlock(f, start, pairs: 1, half: false, edge: true, input: input, weights: weights)
            start += 2
        } else {
            twoLayerWinogradBackwardBlock(f, start, pairs: 1, half: true, edge: true, input: input, weights: weights)
            start += 1
        }
    }
    if weights { twoLayerAddSums(f, taps: 3) }
    if input, let gx = f.gx {
        twoLayerScatter(gx, f.halo, f.carry, f.length - f.padLeft1, 2, f.length, 3, 0)
        if f.circular { twoLayerFold(gx, f.halo, f.padLeft1, 2 - f.padLeft1, f.length, 3) }
    }
}

func twoLayerWinogradBackward(_ f: TwoLayerBackwardPass) { twoLayerWinogradBackwardPass(f, input: true, weights: true) }
func twoLayerWinogradInput(_ f: TwoLayerBackwardPass) { twoLayerWinogradBackwardPass(f, input: true, weights: false) }
func twoLayerWinogradWeights(_ f: TwoLayerBackwardPass) { twoLayerWinogradBackwardPass(f, input: false, weights: true) }

/// dw from du.
@inline(__always)
func twoLayerWinogradTaps(_ d: UnsafeMutablePointer<Lanes>) -> (Lanes, Lanes, Lanes) {
    let half = lanes_splat(0.5), (d0, d1, d2, d3) = (d[0], d[1], d[2], d[7])
    return (lanes_fma(lanes_add(d1, d2), half, d0), lanes_mul(lanes_sub(d1, d2), half), lanes_fma(lanes_add(d1, d2), half, d3))
}
