// The vector primitives of the kernels: 16 virtual lanes, whatever the hardware width.
//
// Each function is one instruction or a short fixed sequence of them, so that every instruction set gives the same
// bits. They are in C because Swift's SIMD16 has no fused multiply-add that is sure to become one instruction, and
// because `static inline` keeps code compiled for AVX-512 from being linked into the baseline build.
#pragma once
#include <stdint.h>

// A product and a sum are fused only where lanes_fma says so: contraction would depend on the instruction set.
#pragma clang fp contract(off)
// Everything is inlined, so how a vector would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#ifdef OCHE_DOUBLE
typedef double real_t;
typedef int64_t real_bits_t;
#else
typedef float real_t;
typedef int32_t real_bits_t;
#endif

#define LANES_INLINE static inline __attribute__((always_inline))

typedef real_t lanes_t __attribute__((ext_vector_type(16)));
typedef real_bits_t lane_bits_t __attribute__((ext_vector_type(16)));
typedef uint32_t lanes_u32_t __attribute__((ext_vector_type(16)));

LANES_INLINE lanes_t lanes_splat(real_t a) { return (lanes_t)a; }
LANES_INLINE lanes_t lanes_add(lanes_t a, lanes_t b) { return a + b; }
LANES_INLINE lanes_t lanes_sub(lanes_t a, lanes_t b) { return a - b; }
LANES_INLINE lanes_t lanes_mul(lanes_t a, lanes_t b) { return a * b; }
LANES_INLINE lanes_t lanes_div(lanes_t a, lanes_t b) { return a / b; }
/// a * b + c, rounded once.
LANES_INLINE lanes_t lanes_fma(lanes_t a, lanes_t b, lanes_t c) { return __builtin_elementwise_fma(a, b, c); }
/// `g` where h > 0, else 0. With `g` a fused multiply-add this is one zero-masked instruction on AVX-512.
LANES_INLINE lanes_t lanes_where_positive(lanes_t h, lanes_t g) { return h > 0 ? g : (lanes_t)0; }
/// max(a, 0) that keeps NaN.
LANES_INLINE lanes_t lanes_relu(lanes_t a) { return a < 0 ? (lanes_t)0 : a; }
/// The first `count` lanes of `a`, the others zero.
LANES_INLINE lanes_t lanes_first(lanes_t a, int32_t count) {
    const lane_bits_t index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return index < (lane_bits_t)count ? a : (lanes_t)0;
}
/// The sum of the 16 lanes by a fixed binary tree: i with i + 8, then i + 4, i + 2, i + 1.
LANES_INLINE real_t lanes_sum(lanes_t a) {
    typedef real_t half_t __attribute__((ext_vector_type(8)));
    typedef real_t quarter_t __attribute__((ext_vector_type(4)));
    half_t h = a.lo + a.hi;
    quarter_t q = h.lo + h.hi;
    return (q.x + q.z) + (q.y + q.w);
}
#include "lanes_arithmetic.h"
#include "lanes_memory.h"
#include "lanes_transpose.h"
#include "lanes_counters.h"
#include "lanes_wide.h"
#include "lanes_conv.h"
