// log. Float32: x = 2^k m, m in [sqrt(1/2), sqrt(2)), log m = f - f^2 / 2 + f^3 q(f) with f = m - 1 and q of degree 8
// (minimax, relative error 2^-30). Greatest error over all of float32: 0.86 ulp. log 0 = -infinity, log of less is NaN.
import CLanes
#if OCHE_DOUBLE
import Glibc

func logarithm(_ y: Out, _ x: In, _ step: Int, _ count: Int) { scalarLoop(y, x, step, count) { Glibc.log($0) } }
#else

func logarithm(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    unaryLoop(y, x, step, count, unroll: false) { logarithmLanes($0) }
}

@inline(__always)
func logarithmLanes(_ x: Lanes) -> Lanes {
    let zero = lanes_splat(0), infinity = lanes_splat(.infinity)
    // Subnormals are scaled by 2^25.
    let small = lanes_less(x, lanes_splat(0x1p-126))
    let scaled = lanes_select(small, lanes_mul(x, lanes_splat(0x1p25)), x)
    let (f, k0) = logarithmReduced(scaled)
    let k = lanes_sub(k0, lanes_select(small, lanes_splat(25), zero))
    // k ln 2 + f exactly as s + e (ln 2 in a part of 15 bits, so that the product is exact, and the rest).
    let a = lanes_mul(k, lanes_splat(0x1.62e4p-1))
    let s = lanes_add(a, f)
    let e = lanes_sub(f, lanes_sub(s, a))
    let c = lanes_fma(k, lanes_splat(0x1.7f7d1cp-20), e)
    let y = lanes_add(s, lanes_fma(lanes_mul(f, f), logarithmPolynomial(f), c))
    // 0, infinity and what has no logarithm.
    var result = lanes_select(lanes_equal(x, infinity), x, y)
    result = lanes_select(lanes_equal(x, zero), lanes_splat(-.infinity), result)
    return lanes_select(lanes_less_equal(zero, x), result, lanes_splat(.nan))
}

/// f = m - 1 and k with x = 2^k m, m in [sqrt(1/2), sqrt(2)), for normal x > 0.
@inline(__always)
func logarithmReduced(_ x: Lanes) -> (Lanes, Lanes) {
    let root = bits_splat(0x3f3504f3)
    let shifted = bits_sub(lanes_bits(x), root)
    let k = bits_right(shifted, 23)
    let m = lanes_from_bits(bits_sub(lanes_bits(x), bits_left(k, 23)))
    return (lanes_sub(m, lanes_splat(1)), lanes_from_integers(k))
}

/// (log(1 + f) - f) / f^2.
@inline(__always)
func logarithmPolynomial(_ f: Lanes) -> Lanes {
    var q = lanes_splat(0x1.1457dcp-4)
    q = lanes_fma(q, f, lanes_splat(-0x1.de3c5p-4))
    q = lanes_fma(q, f, lanes_splat(0x1.e6f074p-4))
    q = lanes_fma(q, f, lanes_splat(-0x1.fc21fep-4))
    q = lanes_fma(q, f, lanes_splat(0x1.233768p-3))
    q = lanes_fma(q, f, lanes_splat(-0x1.555c4ep-3))
    q = lanes_fma(q, f, lanes_splat(0x1.99a4b6p-3))
    q = lanes_fma(q, f, lanes_splat(-0x1.000006p-2))
    q = lanes_fma(q, f, lanes_splat(0x1.555548p-2))
    return lanes_fma(q, f, lanes_splat(-0.5))
}
#endif
