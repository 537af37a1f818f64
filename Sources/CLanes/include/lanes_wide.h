// 16 lanes in double precision, for the float32 functions that need more bits on the way (pow, var). Of float64 they are the
// lanes themselves.
#pragma once
#ifndef OCHE_DOUBLE

typedef double wide_t __attribute__((ext_vector_type(16)));
typedef int64_t wide_bits_t __attribute__((ext_vector_type(16)));

LANES_INLINE wide_t lanes_widen(lanes_t a) { return __builtin_convertvector(a, wide_t); }
LANES_INLINE lanes_t lanes_narrow(wide_t a) { return __builtin_convertvector(a, lanes_t); }
LANES_INLINE wide_t wide_splat(double a) { return (wide_t)a; }
LANES_INLINE wide_t wide_add(wide_t a, wide_t b) { return a + b; }
LANES_INLINE wide_t wide_sub(wide_t a, wide_t b) { return a - b; }
LANES_INLINE wide_t wide_mul(wide_t a, wide_t b) { return a * b; }
LANES_INLINE wide_t wide_div(wide_t a, wide_t b) { return a / b; }
LANES_INLINE wide_t wide_fma(wide_t a, wide_t b, wide_t c) { return __builtin_elementwise_fma(a, b, c); }
LANES_INLINE wide_t wide_at_most(wide_t a, double bound) { return (wide_t)bound < a ? (wide_t)bound : a; }
LANES_INLINE wide_t wide_at_least(wide_t a, double bound) { return (wide_t)bound > a ? (wide_t)bound : a; }
/// -infinity where a is 0, a where it is infinite, else b.
LANES_INLINE wide_t wide_logarithm_limits(wide_t a, wide_t b) {
    wide_t limited = a == (wide_t)__builtin_inf() ? a : b;
    return a == 0 ? (wide_t)-__builtin_inf() : limited;
}
LANES_INLINE wide_bits_t wide_bits(wide_t a) { return (wide_bits_t)a; }
LANES_INLINE wide_t wide_from_bits(wide_bits_t a) { return (wide_t)a; }
LANES_INLINE wide_bits_t wide_bits_add(wide_bits_t a, wide_bits_t b) { return a + b; }
LANES_INLINE wide_bits_t wide_bits_sub(wide_bits_t a, wide_bits_t b) { return a - b; }
LANES_INLINE wide_bits_t wide_bits_and(wide_bits_t a, wide_bits_t b) { return a & b; }
LANES_INLINE wide_bits_t wide_bits_or(wide_bits_t a, wide_bits_t b) { return a | b; }
LANES_INLINE wide_bits_t wide_bits_splat(int64_t a) { return (wide_bits_t)a; }
LANES_INLINE wide_bits_t wide_bits_left(wide_bits_t a, int32_t shift) { return a << (int64_t)shift; }
LANES_INLINE wide_bits_t wide_bits_right(wide_bits_t a, int32_t shift) { return a >> (int64_t)shift; }
/// The lower 32 bits of each.
LANES_INLINE lane_bits_t wide_bits_narrow(wide_bits_t a) { return __builtin_convertvector(a, lane_bits_t); }
#else
typedef lanes_t wide_t;

LANES_INLINE wide_t lanes_widen(lanes_t a) { return a; }
LANES_INLINE lanes_t lanes_narrow(wide_t a) { return a; }
LANES_INLINE wide_t wide_splat(double a) { return (wide_t)a; }
LANES_INLINE wide_t wide_add(wide_t a, wide_t b) { return a + b; }
LANES_INLINE wide_t wide_sub(wide_t a, wide_t b) { return a - b; }
LANES_INLINE wide_t wide_mul(wide_t a, wide_t b) { return a * b; }
LANES_INLINE wide_t wide_div(wide_t a, wide_t b) { return a / b; }
#endif
LANES_INLINE wide_t wide_square_root(wide_t a) { return __builtin_elementwise_sqrt(a); }
/// The first `count` lanes of `a`, the others zero.
LANES_INLINE wide_t wide_first(wide_t a, int32_t count) {
    typedef int64_t index_t __attribute__((ext_vector_type(16)));
    const index_t index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return index < (index_t)(int64_t)count ? a : (wide_t)0;
}
/// lanes_sum in double precision: the same tree.
LANES_INLINE double wide_sum(wide_t a) {
    typedef double half_wide_t __attribute__((ext_vector_type(8)));
    typedef double quarter_wide_t __attribute__((ext_vector_type(4)));
    half_wide_t h = a.lo + a.hi;
    quarter_wide_t q = h.lo + h.hi;
    return (q.x + q.z) + (q.y + q.w);
}
/// The lane l - 1 in lane l, 0 in the first.
LANES_INLINE wide_t wide_before(wide_t a) {
    return __builtin_shufflevector(a, (wide_t)0, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
}
/// The sum of the lanes 0 to l in lane l, by four steps: with the lane 1 before, 2, 4 and 8 before.
LANES_INLINE wide_t wide_prefix_sums(wide_t a) {
    const wide_t zero = 0;
    a += wide_before(a);
    a += __builtin_shufflevector(a, zero, 16, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    a += __builtin_shufflevector(a, zero, 16, 16, 16, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    a += __builtin_shufflevector(a, zero, 16, 16, 16, 16, 16, 16, 16, 16, 0, 1, 2, 3, 4, 5, 6, 7);
    return a;
}
/// The last lane in every lane.
LANES_INLINE wide_t wide_last(wide_t a) { return (wide_t)a[15]; }
LANES_INLINE wide_t wide_negate(wide_t a) { return -a; }
LANES_INLINE double wide_get(wide_t a, int32_t lane) { return a[lane]; }
