// sigmoid(x) = 1 / (1 + e^-x). With e = e^-|x| it is 1 / (1 + e) for x >= 0 and e / (1 + e) below, which neither overflows
// nor cancels. Greatest error over all of float32: 1.48 ulp.
import CLanes
#if OCHE_DOUBLE
import Glibc

func sigmoid(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    scalarLoop(y, x, step, count) { x in
        let e = Glibc.exp(-abs(x))
        return (x < 0 ? e : 1) / (1 + e)
    }
}
#else

func sigmoid(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    unaryLoop(y, x, step, count, unroll: false) { sigmoidLanes($0) }
}

@inline(__always)
func sigmoidLanes(_ x: Lanes) -> Lanes {
    let one = lanes_splat(1)
    let (p, n) = exponentialReduced(lanes_at_least(lanes_negate(lanes_absolute(x)), -104.5))
    let e = lanes_scale(p, n)
    // The quotient a / (d + rest), d + rest = 1 + e exactly, corrected by its own remainder.
    let d = lanes_add(one, e), rest = lanes_sub(e, lanes_sub(d, one))
    let a = lanes_select(lanes_less(x, lanes_splat(0)), e, one), s = lanes_div(one, d)
    let q = lanes_mul(a, s)
    let remainder = lanes_fma(lanes_negate(q), rest, lanes_fma(lanes_negate(q), d, a))
    return lanes_fma(remainder, s, q)
}
#endif
