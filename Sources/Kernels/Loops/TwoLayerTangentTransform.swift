// The transforms of the tangents: taps of 3, 5, 7 or 9 fall into pieces of 3 and of 2, and every piece computes two outputs
// at once by minimal filtering, F(2,3) (see TwoLayerWinograd) with 4 products, F(2,2) with 3. With window x0, x1, ...:
//   3 taps: v = (x0 - x2, x1 + x2, x2 - x1, x1 - x3)  u = (w0, (w0 + w1 + w2) / 2, (w0 - w1 + w2) / 2, w2)
//           y0 = v0 u0 + v1 u1 + v2 u2                 y1 = v1 u1 - v2 u2 - v3 u3
//   2 taps: v = (x0 - x1, x1, x2 - x1)                 u = (w0, w0 + w1, w1)
//           y0 = v0 u0 + v1 u1                         y1 = v1 u1 + v2 u2
// Invariant: every loop here has bounds that are known where it is inlined, so that what it indexes lies in registers.
import CLanes
import KernelInterface

/// Pieces of 3 and of 2 taps.
@_transparent
func tangentThrees(_ taps: Int) -> Int { taps == 9 ? 3 : 1 }
@_transparent
func tangentTwos(_ taps: Int) -> Int { taps == 5 ? 1 : taps == 7 ? 2 : 0 }
/// Entries of a pair's transform.
@_transparent
func tangentEntries(_ taps: Int) -> Int { 4 * tangentThrees(taps) + 3 * tangentTwos(taps) }

/// u of each channel's taps, `tangentEntries` to a channel.
@_transparent
func tangentTaps(_ u: UnsafeMutablePointer<Real>, _ w: UnsafePointer<Real>, _ channels: Int, taps: Int, reversed: Bool) {
    var u = u, w = w
    @_transparent
    func tap(_ t: Int) -> Real { w[reversed ? taps - 1 - t : t] }
    for _ in 0..<channels {
        for i in 0..<tangentThrees(taps) {
            let w0 = tap(3 * i), w1 = tap(3 * i + 1), w2 = tap(3 * i + 2), outer = w0 + w2
            u[4 * i] = w0
            u[4 * i + 1] = (outer + w1) * 0.5
            u[4 * i + 2] = (outer - w1) * 0.5
            u[4 * i + 3] = w2
        }
        for i in 0..<tangentTwos(taps) {
            let t = 3 * tangentThrees(taps) + 2 * i, e = 4 * tangentThrees(taps) + 3 * i
            u[e] = tap(t)
            u[e + 1] = tap(t) + tap(t + 1)
            u[e + 2] = tap(t + 1)
        }
        u += tangentEntries(taps)
        w += taps
    }
}

/// v of `pairs` pairs of outputs from their windows, which overlap: pair p begins at x[2 p].
@_transparent
func tangentWindows(_ v: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Lanes>, _ pairs: Int, taps: Int) {
    var v = v, x = x
    for _ in 0..<pairs {
        for i in 0..<tangentThrees(taps) {
            let x1 = x[3 * i + 1], x2 = x[3 * i + 2]
            v[4 * i] = lanes_sub(x[3 * i], x2)
            v[4 * i + 1] = lanes_add(x1, x2)
            v[4 * i + 2] = lanes_sub(x2, x1)
            v[4 * i + 3] = lanes_sub(x1, x[3 * i + 3])
        }
        for i in 0..<tangentTwos(taps) {
            let t = 3 * tangentThrees(taps) + 2 * i, e = 4 * tangentThrees(taps) + 3 * i, x1 = x[t + 1]
            v[e] = lanes_sub(x[t], x1)
            v[e + 1] = x1
            v[e + 2] = lanes_sub(x[t + 2], x1)
        }
        v += tangentEntries(taps)
        x += 2
    }
}

/// Two outputs of conv(v, u) + bias, whose u are entries from `first` of the registers.
@_transparent
func tangentPair(_ v: UnsafePointer<Lanes>, _ first: Int, _ u: InlineArray<24, Lanes>, _ bias: Lanes, taps: Int) -> (Lanes, Lanes) {
    var both = bias, apart = lanes_mul(v[2], u[first + 2])
    for i in 0..<tangentThrees(taps) {
        both = lanes_fma(v[4 * i + 1], u[first + 4 * i + 1], both)
        if i > 0 { apart = lanes_fma(v[4 * i + 2], u[first + 4 * i + 2], apart) }
    }
    for i in 0..<tangentTwos(taps) {
        let e = 4 * tangentThrees(taps) + 3 * i
        both = lanes_fma(v[e + 1], u[first + e + 1], both)
    }
    return tangentEnds((lanes_add(both, apart), lanes_sub(both, apart)), v, u, first, taps: taps)
}

/// Two outputs of conv(v, u) + conv(dv, du) + bias, with u entries from `first` and du from `other`. Additions have units of
/// their own, so four short sums that come together at the end are sooner done than two long ones.
@_transparent
func tangentPair(
    _ v: UnsafePointer<Lanes>, _ first: Int, _ dv: UnsafePointer<Lanes>, _ other: Int, _ u: InlineArray<24, Lanes>, _ bias: Lanes, taps: Int
) -> (Lanes, Lanes) {
    var both = bias, apart = lanes_mul(v[2], u[first + 2])
    for i in 0..<tangentThrees(taps) {
        both = lanes_fma(v[4 * i + 1], u[first + 4 * i + 1], both)
        both = lanes_fma(dv[4 * i + 1], u[other + 4 * i + 1], both)
        if i > 0 { apart = lanes_fma(v[4 * i + 2], u[first + 4 * i + 2], apart) }
        apart = lanes_fma(dv[4 * i + 2], u[other + 4 * i + 2], apart)
    }
    for i in 0..<tangentTwos(taps) {
        let e = 4 * tangentThrees(taps) + 3 * i
        both = lanes_fma(v[e + 1], u[first + e + 1], both)
        both = lanes_fma(dv[e + 1], u[other + e + 1], both)
    }
    var even = lanes_mul(v[0], u[first]), odd = lanes_mul(v[3], u[first + 3])
    even = lanes_fma(dv[0], u[other], even)
    odd = lanes_fma(dv[3], u[other + 3], odd)
    for i in 1..<tangentThrees(taps) {
        even = lanes_fma(v[4 * i], u[first + 4 * i], even)
        even = lanes_fma(dv[4 * i], u[other + 4 * i], even)
        odd = lanes_fma(v[4 * i + 3], u[first + 4 * i + 3], odd)
        odd = lanes_fma(dv[4 * i + 3], u[other + 4 * i + 3], odd)
    }
    for i in 0..<tangentTwos(taps) {
        let e = 4 * tangentThrees(taps) + 3 * i
        even = lanes_fma(v[e], u[first + e], even)
        even = lanes_fma(dv[e], u[other + e], even)
        odd = lanes_subtract_product(v[e + 2], u[first + e + 2], odd)
        odd = lanes_subtract_product(dv[e + 2], u[other + e + 2], odd)
    }
    return (lanes_add(lanes_add(both, apart), even), lanes_sub(lanes_sub(both, apart), odd))
}

/// Adds the products that only one of two outputs has.
@_transparent
func tangentEnds(_ y: (Lanes, Lanes), _ v: UnsafePointer<Lanes>, _ u: InlineArray<24, Lanes>, _ first: Int, taps: Int) -> (Lanes, Lanes) {
    var (even, odd) = y
    for i in 0..<tangentThrees(taps) {
        even = lanes_fma(v[4 * i], u[first + 4 * i], even)
        odd = lanes_subtract_product(v[4 * i + 3], u[first + 4 * i + 3], odd)
    }
    for i in 0..<tangentTwos(taps) {
        let e = 4 * tangentThrees(taps) + 3 * i
        even = lanes_fma(v[e], u[first + e], even)
        odd = lanes_fma(v[e + 2], u[first + e + 2], odd)
    }
    return (even, odd)
}

/// Adds to the transformed sums what two pairs give through taps: g through the entries of u from 0, m through those behind.
@_transparent
func tangentAdd(_ dv: UnsafeMutablePointer<Lanes>, _ g: (Lanes, Lanes), _ m: (Lanes, Lanes), _ u: InlineArray<24, Lanes>, taps: Int) {
    let n = tangentEntries(taps)
    let gPlus = lanes_add(g.0, g.1), gMinus = lanes_sub(g.0, g.1), mPlus = lanes_add(m.0, m.1), mMinus = lanes_sub(m.0, m.1)
    for i in 0..<tangentThrees(taps) {
        let e = 4 * i
        dv[e] = lanes_fma(m.0, u[n + e], lanes_fma(g.0, u[e], dv[e]))
        dv[e + 1] = lanes_fma(mPlus, u[n + e + 1], lanes_fma(gPlus, u[e + 1], dv[e + 1]))
        dv[e + 2] = lanes_fma(mMinus, u[n + e + 2], lanes_fma(gMinus, u[e + 2], dv[e + 2]))
        dv[e + 3] = lanes_subtract_product(m.1, u[n + e + 3], lanes_subtract_product(g.1, u[e + 3], dv[e + 3]))
    }
    for i in 0..<tangentTwos(taps) {
        let e = 4 * tangentThrees(taps) + 3 * i
        dv[e] = lanes_fma(m.0, u[n + e], lanes_fma(g.0, u[e], dv[e]))
        dv[e + 1] = lanes_fma(mPlus, u[n + e + 1], lanes_fma(gPlus, u[e + 1], dv[e + 1]))
        dv[e + 2] = lanes_fma(m.1, u[n + e + 2], lanes_fma(g.1, u[e + 2], dv[e + 2]))
    }
}

/// The sums of `pairs` pairs, back from their transforms: pair p adds to y[2 p ... 2 p + taps]. The first taps - 1 of y are
/// what came before; as many behind the last pair are left for what follows.
@_transparent
func tangentSpread(_ y: UnsafeMutablePointer<Lanes>, _ dv: UnsafePointer<Lanes>, _ pairs: Int, taps: Int) {
    var window = registers16(), y = y, dv = dv
    for i in 0..<taps - 1 { window[i] = y[i] }
    for _ in 0..<pairs {
        window[taps - 1] = lanes_splat(0)
        window[taps] = lanes_splat(0)
        for i in 0..<tangentThrees(taps) {
            let (d0, d1, d2, d3) = (dv[4 * i], dv[4 * i + 1], dv[4 * i + 2], dv[4 * i + 3])
            window[3 * i] = lanes_add(window[3 * i], d0)
            window[3 * i + 1] = lanes_add(window[3 * i + 1], lanes_add(lanes_sub(d1, d2), d3))
            window[3 * i + 2] = lanes_add(window[3 * i + 2], lanes_sub(lanes_add(d1, d2), d0))
            window[3 * i + 3] = lanes_sub(window[3 * i + 3], d3)
        }
        for i in 0..<tangentTwos(taps) {
            let t = 3 * tangentThrees(taps) + 2 * i, e = 4 * tangentThrees(taps) + 3 * i
            let (d0, d1, d2) = (dv[e], dv[e + 1], dv[e + 2])
            window[t] = lanes_add(window[t], d0)
            window[t + 1] = lanes_add(window[t + 1], lanes_sub(d1, lanes_add(d0, d2)))
            window[t + 2] = lanes_add(window[t + 2], d2)
        }
        y[0] = window[0]
        y[1] = window[1]
        for i in 0..<taps - 1 { window[i] = window[i + 2] }
        dv += tangentEntries(taps)
        y += 2
    }
    for i in 0..<taps - 1 { y[i] = window[i] }
}
