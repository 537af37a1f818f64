// exp. Float32: e^x = 2^n e^r, n = round(x / ln 2), |r| <= ln 2 / 2, e^r = 1 + r + r^2 q(r) with q of degree 5 (minimax,
// relative error 2^-34). Greatest error over all of float32: 1.00 ulp (0.996). Overflow gives infinity, underflow rounds once.
import CLanes
#if OCHE_DOUBLE
import Glibc

func exponential(_ y: Out, _ x: In, _ step: Int, _ count: Int) { scalarLoop(y, x, step, count) { Glibc.exp($0) } }
#else

func exponential(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    unaryLoop(y, x, step, count, unroll: false) { exponentialLanes($0) }
}

@inline(__always)
func exponentialLanes(_ x: Lanes) -> Lanes {
    // Beyond these the result is infinity, or 0.
    let x = lanes_at_least(lanes_at_most(x, 89.5), -104.5)
    let (p, n) = exponentialReduced(x)
    return lanes_scale(p, n)
}

/// e^r and n with e^x = 2^n e^r, for |x| < 2^21.
@inline(__always)
func exponentialReduced(_ x: Lanes) -> (Lanes, lane_bits_t) {
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
    let magic = lanes_splat(12582912)
    let shifted = lanes_fma(x, lanes_splat(1.44269504), magic)
    let n = lanes_sub(shifted, magic)
    // ln 2 in two parts.
    var r = lanes_fma(n, lanes_splat(-0x1.62e43p-1), x)
    r = lanes_fma(n, lanes_splat(0x1.05c61p-29), r)
    var q = lanes_splat(0x1.a1b808p-13)
    q = lanes_fma(q, r, lanes_splat(0x1.6d9684p-10))
    q = lanes_fma(q, r, lanes_splat(0x1.11107cp-7))
    q = lanes_fma(q, r, lanes_splat(0x1.55548p-5))
    q = lanes_fma(q, r, lanes_splat(0x1.555556p-3))
    q = lanes_fma(q, r, lanes_splat(0.5))
    let p = lanes_add(lanes_splat(1), lanes_fma(lanes_mul(r, r), q, r))
    return (p, bits_sub(lanes_bits(shifted), lanes_bits(magic)))
}
#endif
