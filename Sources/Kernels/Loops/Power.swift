// x^y with the special values of C99. Float32 goes through double precision: log2 |x| = k + 2 atanh(s) / ln 2 with
// s = (m - 1) / (m + 1) (minimax in s^2, 2^-45), then 2^(y log2 |x|) (minimax, 2^-29): at most 0.53 ulp, so that results
// that float32 holds exactly come out exactly. y = 2 is x * x in both precisions.
import CLanes
#if OCHE_DOUBLE
import Glibc

func power(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    let y = y.assumingMemoryBound(to: Double.self), a = a.assumingMemoryBound(to: Double.self)
    let b = b.assumingMemoryBound(to: Double.self)
    for i in 0..<max(count, 0) {
        let base = a[i * aStep], exponent = b[i * bStep]
        y[i] = exponent == 2 ? base * base : Glibc.pow(base, exponent)
    }
}
#else

func power(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    if bStep == 0 && count > 0 && b.assumingMemoryBound(to: Float.self)[0] == 2 {
        return unaryLoop(y, a, aStep, count) { lanes_mul($0, $0) }
    }
    binaryLoop(y, a, aStep, b, bStep, count, unroll: false) { powerLanes($0, $1) }
}

@inline(__always)
func powerLanes(_ x: Lanes, _ y: Lanes) -> Lanes {
    let zero = lanes_splat(0), one = lanes_splat(1), nan = lanes_splat(.nan), infinity = lanes_splat(.infinity)
    let magnitude = lanes_absolute(x), exponent = lanes_absolute(y)
    // Adding 1.5 * 2^52 rounds to an integer, whose low bit tells odd from even; from 2^24 on every float is even.
    let large = lanes_less_equal(lanes_splat(0x1p24), exponent)
    let wideY = lanes_widen(y)
    let magic = wide_splat(0x1.8p52)
    let shifted = wide_add(wide_at_most(lanes_widen(exponent), 0x1p25), magic)
    let whole = bits_or(large, lanes_equal(lanes_narrow(wide_sub(shifted, magic)), exponent))
    let odd = bits_and(whole, bits_nonzero(bits_and(wide_bits_narrow(wide_bits(shifted)), bits_splat(1))))

    let p = wide_mul(wideY, logarithm2(lanes_widen(magnitude)))
    var result = lanes_narrow(exponential2(p))
    // |x| = 1 gives 1 also for infinite y, for which the product above is NaN.
    result = lanes_select(bits_and(lanes_equal(magnitude, one), lanes_equal(y, y)), one, result)
    // The sign bit of x where y is odd; NaN for finite x < 0 and y not whole.
    let sign = bits_and(bits_and(lanes_bits(x), bits_splat(.min)), odd)
    result = lanes_from_bits(bits_or(lanes_bits(result), sign))
    let finiteNegative = bits_and(lanes_less(x, zero), lanes_less(magnitude, infinity))
    result = lanes_select(bits_and(finiteNegative, bits_xor(whole, bits_splat(-1))), nan, result)
    result = lanes_select(lanes_not_equal(x, x), nan, result)
    result = lanes_select(lanes_not_equal(y, y), nan, result)
    result = lanes_select(bits_or(lanes_equal(y, zero), lanes_equal(x, one)), one, result)
    return lanes_select(lanes_equal(y, lanes_splat(2)), lanes_mul(x, x), result)
}

/// log2 of a >= 0 that came from a float, so never subnormal; log2 0 = -infinity.
@inline(__always)
private func logarithm2(_ a: wide_t) -> wide_t {
    let root = wide_bits_splat(0x3fe6a09e667f3bcd)
    let k = wide_bits_right(wide_bits_sub(wide_bits(a), root), 52)
    let m = wide_from_bits(wide_bits_sub(wide_bits(a), wide_bits_left(k, 52)))
    let one = wide_splat(1)
    let s = wide_div(wide_sub(m, one), wide_add(m, one)), z = wide_mul(s, s)
    var q = wide_splat(0x1.21b076feffdd3p-2)
    q = wide_fma(q, z, wide_splat(0x1.47955dd8e4445p-2))
    q = wide_fma(q, z, wide_splat(0x1.a61a2e9d18a06p-2))
    q = wide_fma(q, z, wide_splat(0x1.2776c29372f73p-1))
    q = wide_fma(q, z, wide_splat(0x1.ec709dc53c3d2p-1))
    q = wide_fma(q, z, wide_splat(0x1.71547652b8251p+1))
    return wide_logarithm_limits(a, wide_fma(q, s, lanes_widen(lanes_from_integers(wide_bits_narrow(k)))))
}

/// 2^p; what float32 can't hold narrows to infinity or 0.
@inline(__always)
private func exponential2(_ p: wide_t) -> wide_t {
    let p = wide_at_least(wide_at_most(p, 200), -200)
    let magic = wide_splat(0x1.8p52)
    let shifted = wide_add(p, magic)
    let f = wide_sub(p, wide_sub(shifted, magic))
    var q = wide_splat(0x1.41d32f200d079p-13)
    q = wide_fma(q, f, wide_splat(0x1.5f456f0c0cfbap-10))
    q = wide_fma(q, f, wide_splat(0x1.3b2dbbd24bef4p-7))
    q = wide_fma(q, f, wide_splat(0x1.c6aed4b0736d1p-5))
    q = wide_fma(q, f, wide_splat(0x1.ebfbdadc8718fp-3))
    q = wide_fma(q, f, wide_splat(0x1.62e430c7ef9fep-1))
    q = wide_fma(q, f, wide_splat(0x1.000000026169ap+0))
    let n = wide_bits_left(wide_bits_sub(wide_bits(shifted), wide_bits(magic)), 52)
    return wide_from_bits(wide_bits_add(wide_bits(q), n))
}
#endif
