// sin and cos. Float32: x = n pi/2 + r, |r| <= pi/4, then a polynomial in r^2 (minimax: sin 2^-37, cos 2^-33) with swap and
// sign from n mod 4. Reduction by pi/2 in three parts up to |x| = 100000, beyond it exactly (Payne and Hanek 1983) one lane
// at a time. Greatest error over all of float32: 1.50 ulp.
import CLanes
#if OCHE_DOUBLE
import Glibc

func sine(_ y: Out, _ x: In, _ step: Int, _ count: Int) { scalarLoop(y, x, step, count) { Glibc.sin($0) } }
func cosine(_ y: Out, _ x: In, _ step: Int, _ count: Int) { scalarLoop(y, x, step, count) { Glibc.cos($0) } }
#else

func sine(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    unaryLoop(y, x, step, count, unroll: false) { x in
        let (r, n) = quarterTurns(x)
        let y = turned(r, n)
        // The polynomial would make sin(-0) = +0.
        return lanes_select(lanes_equal(x, lanes_splat(0)), x, y)
    }
}

func cosine(_ y: Out, _ x: In, _ step: Int, _ count: Int) {
    unaryLoop(y, x, step, count, unroll: false) { x in
        let (r, n) = quarterTurns(x)
        return turned(r, bits_add(n, bits_splat(1)))
    }
}

/// r and n with x = n pi/2 + r, n modulo 4.
@inline(__always)
func quarterTurns(_ x: Lanes) -> (Lanes, lane_bits_t) {
    let magic = lanes_splat(12582912)
    let shifted = lanes_fma(x, lanes_splat(0x1.45f306p-1), magic)
    let n = lanes_sub(shifted, magic)
    var r = lanes_fma(n, lanes_splat(-0x1.921fb6p+0), x)
    r = lanes_fma(n, lanes_splat(0x1.777a5cp-25), r)
    r = lanes_fma(n, lanes_splat(0x1.ee59dap-50), r)
    var q = lanes_bits(shifted)
    if lanes_any(lanes_less(lanes_splat(100000), lanes_absolute(x))) != 0 { quarterTurnsExact(x, &r, &q) }
    return (r, q)
}

/// sin(r + n pi/2).
@inline(__always)
func turned(_ r: Lanes, _ n: lane_bits_t) -> Lanes {
    let z = lanes_mul(r, r)
    var s = lanes_splat(0x1.6cd0a8p-19)
    s = lanes_fma(s, z, lanes_splat(-0x1.a00f7ap-13))
    s = lanes_fma(s, z, lanes_splat(0x1.111108p-7))
    s = lanes_fma(s, z, lanes_splat(-0x1.555556p-3))
    s = lanes_fma(lanes_mul(z, r), s, r)
    var c = lanes_splat(0x1.99ea04p-16)
    c = lanes_fma(c, z, lanes_splat(-0x1.6c0c2ep-10))
    c = lanes_fma(c, z, lanes_splat(0x1.55554ap-5))
    c = lanes_fma(c, z, lanes_splat(-0.5))
    c = lanes_fma(c, z, lanes_splat(1))
    let odd = bits_nonzero(bits_and(n, bits_splat(1)))
    let y = lanes_bits(lanes_select(odd, c, s))
    return lanes_from_bits(bits_xor(y, bits_left(bits_and(n, bits_splat(2)), 30)))
}

/// `quarterTurns` of the lanes beyond the reach of the reduction in three parts.
@inline(never)
func quarterTurnsExact(_ x: Lanes, _ r: inout Lanes, _ n: inout lane_bits_t) {
    for lane in 0..<Int32(16) {
        let value = lanes_get(x, lane)
        if !(abs(value) > 100000) { continue }
        let (remainder, quarter) = quarterTurnsExact(value)
        r = lanes_set(r, lane, remainder)
        n = bits_set(n, lane, quarter)
    }
}

/// 64 bits of 2 / pi from the bit of weight 2^-(64 i + 1) on.
@inline(__always)
private func twoOverPi(_ i: Int) -> UInt64 {
    switch i {
    case 0: return 0xa2f9836e4e441529
    case 1: return 0xfc2757d1f534ddc0
    case 2: return 0xdb6295993c439041
    default: return 0xfe5163abdebbc561
    }
}

private func quarterTurnsExact(_ x: Float) -> (Float, Int32) {
    if !(abs(x) < .infinity) { return (.nan, 0) }
    // |x| = m 2^e. Bits of 2/pi heavier than 2^-(e - 1) give multiples of 4: take 128 bits from there on. The product
    // modulo 2^128 is then x 2/pi modulo 4, in units of 2^-126.
    let m = UInt64(x.bitPattern & 0x7fffff | 0x800000)
    let e = Int(x.bitPattern >> 23 & 0xff) - 150
    let skip = max(e - 2, 0), word = skip >> 6, bit = UInt64(skip & 63)
    var high = twoOverPi(word), low = twoOverPi(word + 1)
    if bit > 0 {
        high = high << bit | low >> (64 - bit)
        low = low << bit | twoOverPi(word + 2) >> (64 - bit)
    }
    if e < 2 {
        // 2/pi has no bits that heavy: zeros come first.
        let zeros = UInt64(2 - e)
        low = high << (64 - zeros) | low >> zeros
        high = high >> zeros
    }
    let product = m &* high &+ m.multipliedFullWidth(by: low).high
    let quarter = (product &+ 1 << 61) >> 62
    let fraction = Int64(bitPattern: product &- quarter << 62)
    let r = Float(Double(fraction) * (Double.pi * 0x1p-63))
    return x < 0 ? (-r, -Int32(truncatingIfNeeded: quarter)) : (r, Int32(truncatingIfNeeded: quarter))
}
#endif
