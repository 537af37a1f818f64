// Comparison, selection, rounding, and the bits of a number. A mask is all ones or all zeros per lane.
#pragma once

LANES_INLINE lane_bits_t lanes_less(lanes_t a, lanes_t b) { return a < b; }
LANES_INLINE lane_bits_t lanes_less_equal(lanes_t a, lanes_t b) { return a <= b; }
LANES_INLINE lane_bits_t lanes_equal(lanes_t a, lanes_t b) { return a == b; }
LANES_INLINE lane_bits_t lanes_not_equal(lanes_t a, lanes_t b) { return a != b; }
/// a where the mask is set, else b.
LANES_INLINE lanes_t lanes_select(lane_bits_t mask, lanes_t a, lanes_t b) { return mask ? a : b; }
/// 1 where the mask is set, else 0.
LANES_INLINE lanes_t lanes_indicator(lane_bits_t mask) { return mask ? (lanes_t)1 : (lanes_t)0; }
LANES_INLINE int32_t lanes_any(lane_bits_t mask) { return __builtin_reduce_or(mask) != 0; }

LANES_INLINE lanes_t lanes_negate(lanes_t a) { return -a; }
LANES_INLINE lanes_t lanes_absolute(lanes_t a) { return __builtin_elementwise_abs(a); }
LANES_INLINE lanes_t lanes_copysign(lanes_t magnitude, lanes_t sign) { return __builtin_elementwise_copysign(magnitude, sign); }
LANES_INLINE lanes_t lanes_square_root(lanes_t a) { return __builtin_elementwise_sqrt(a); }
LANES_INLINE lanes_t lanes_floor(lanes_t a) { return __builtin_elementwise_floor(a); }
/// 1, -1, or a itself where it is zero or NaN.
LANES_INLINE lanes_t lanes_sign(lanes_t a) { return a > 0 ? (lanes_t)1 : (a < 0 ? (lanes_t)-1 : a); }
/// The larger; NaN where either is NaN. (a > b ? a : b is one instruction on x86 and gives b for NaN.)
LANES_INLINE lanes_t lanes_maximum(lanes_t a, lanes_t b) { lanes_t m = a > b ? a : b; return a != a ? a : m; }
LANES_INLINE lanes_t lanes_minimum(lanes_t a, lanes_t b) { lanes_t m = a < b ? a : b; return a != a ? a : m; }
/// The smaller of a and a bound; NaN stays.
LANES_INLINE lanes_t lanes_at_most(lanes_t a, real_t bound) { return (lanes_t)bound < a ? (lanes_t)bound : a; }
LANES_INLINE lanes_t lanes_at_least(lanes_t a, real_t bound) { return (lanes_t)bound > a ? (lanes_t)bound : a; }

LANES_INLINE real_t lanes_get(lanes_t a, int32_t lane) { return a[lane]; }
LANES_INLINE lanes_t lanes_set(lanes_t a, int32_t lane, real_t value) { a[lane] = value; return a; }
/// lanes_first with another filling than zero.
LANES_INLINE lanes_t lanes_first_or(lanes_t a, lanes_t filling, int32_t count) {
    const lane_bits_t index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return index < (lane_bits_t)count ? a : filling;
}

LANES_INLINE lane_bits_t lanes_bits(lanes_t a) { return (lane_bits_t)a; }
LANES_INLINE lanes_t lanes_from_bits(lane_bits_t a) { return (lanes_t)a; }
/// The integers as numbers (|a| below 2^24 is exact).
LANES_INLINE lanes_t lanes_from_integers(lane_bits_t a) { return __builtin_convertvector(a, lanes_t); }
LANES_INLINE lane_bits_t bits_splat(real_bits_t a) { return (lane_bits_t)a; }
LANES_INLINE lane_bits_t bits_add(lane_bits_t a, lane_bits_t b) { return a + b; }
LANES_INLINE lane_bits_t bits_sub(lane_bits_t a, lane_bits_t b) { return a - b; }
LANES_INLINE lane_bits_t bits_and(lane_bits_t a, lane_bits_t b) { return a & b; }
LANES_INLINE lane_bits_t bits_or(lane_bits_t a, lane_bits_t b) { return a | b; }
LANES_INLINE lane_bits_t bits_xor(lane_bits_t a, lane_bits_t b) { return a ^ b; }
LANES_INLINE lane_bits_t bits_left(lane_bits_t a, int32_t shift) { return a << (real_bits_t)shift; }
/// Arithmetic shift.
LANES_INLINE lane_bits_t bits_right(lane_bits_t a, int32_t shift) { return a >> (real_bits_t)shift; }
LANES_INLINE lane_bits_t bits_set(lane_bits_t a, int32_t lane, real_bits_t value) { a[lane] = value; return a; }
/// All ones where the integer is not zero.
LANES_INLINE lane_bits_t bits_nonzero(lane_bits_t a) { return a != 0; }

/// r where the mask is set, else the exact remainder of a / b rounded towards zero, of a's sign.
LANES_INLINE lanes_t lanes_truncated_remainder(lanes_t a, lanes_t b, lanes_t r, lane_bits_t mask) {
    for (int32_t l = 0; l < 16; l++) {
        if (mask[l]) continue;
#ifdef OCHE_DOUBLE
        r[l] = __builtin_fmod(a[l], b[l]);
#else
        r[l] = __builtin_fmodf(a[l], b[l]);
#endif
    }
    return r;
}

#ifndef OCHE_DOUBLE
/// a * 2^n, rounded once (also into the subnormals), for a in [0.5, 2] and |n| <= 252: the first product is exact.
LANES_INLINE lanes_t lanes_scale(lanes_t a, lane_bits_t n) {
#ifdef __AVX512F__
    typedef float float512 __attribute__((vector_size(64)));
    return (lanes_t)__builtin_ia32_scalefps512_mask((float512)a, (float512)__builtin_convertvector(n, lanes_t), (float512)a, -1, 4);
#else
    lane_bits_t half = n >> 1;
    return a * (lanes_t)((half + 127) << 23) * (lanes_t)((n - half + 127) << 23);
#endif
}
#endif
