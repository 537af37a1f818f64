// a modulo b as Lua, NumPy and PyTorch define it: the exact remainder of the quotient rounded towards zero (fmod), plus b, rounded
// once, where the signs differ. A zero has the sign of a; b = 0 and an infinite a give NaN; an infinite b gives a, or b where
// the signs differ.
// Where the quotient is less than 2^22 (double: 2^51), a - floor(|a / b|) |b| is exact in one fused operation, and so is adding b
// where the quotient was rounded up to the next integer: all these numbers are multiples of b's last place. Other lanes take fmod.
import CLanes

#if OCHE_DOUBLE
private let largestQuotient: Real = 0x1p51
#else
private let largestQuotient: Real = 0x1p22
#endif

func remainder(_ y: Out, _ a: In, _ aStep: Int, _ b: In, _ bStep: Int, _ count: Int) {
    binaryLoop(y, a, aStep, b, bStep, count, unroll: false) { remainderLanes($0, $1) }
}

@inline(__always)
private func remainderLanes(_ a: Lanes, _ b: Lanes) -> Lanes {
    let x = lanes_absolute(a)
    let d = lanes_absolute(b)
    let quotient = lanes_div(x, d)
    var r = lanes_subtract_product(lanes_floor(quotient), d, x)
    r = lanes_select(lanes_less(r, lanes_splat(0)), lanes_add(r, d), r)
    r = lanes_copysign(r, a)
    // NaN is neither less, so that it is hard as well.
    let isSmall = lanes_less(quotient, lanes_splat(largestQuotient))
    let isFinite = lanes_less(d, lanes_splat(.infinity))
    let isEasy = bits_and(isSmall, isFinite)
    if lanes_any(bits_xor(isEasy, bits_splat(-1))) != 0 { r = lanes_truncated_remainder(a, b, r, isEasy) }
    let differs = bits_xor(lanes_less(r, lanes_splat(0)), lanes_less(b, lanes_splat(0)))
    let isCarried = bits_and(differs, lanes_not_equal(r, lanes_splat(0)))
    return lanes_select(isCarried, lanes_add(r, b), r)
}
