// Primitives that only the convolution and matrix loops need.
#pragma once
#include <stdlib.h>

// What a matrix product keeps in registers, in rows times vectors of 16 lanes: a panel, a strip of 16 columns that is read
// in place, and a single row. AVX-512 and NEON have 32 registers, of 16 and of 4 floats; AVX2 has 16 of 8.
#ifdef __AVX512F__
#ifdef OCHE_DOUBLE
#define lanes_panel_rows 6
#else
#define lanes_panel_rows 12
#endif
#define lanes_panel_vectors 2
#define lanes_strip_rows 16
#define lanes_row_vectors 8
#else
#ifdef OCHE_DOUBLE
#define lanes_panel_rows 3
#define lanes_strip_rows 3
#define lanes_row_vectors 2
#else
#define lanes_panel_rows 6
#define lanes_strip_rows 6
#define lanes_row_vectors 4
#endif
#define lanes_panel_vectors 1
#endif

/// a * b + c of one element, rounded once.
LANES_INLINE real_t real_fma(real_t a, real_t b, real_t c) { return __builtin_elementwise_fma(a, b, c); }
/// `a`, of which the optimiser knows nothing: multiples of a stride that must not become one long chain of additions.
LANES_INLINE long lanes_opaque(long a) { __asm__("" : "+r"(a)); return a; }
/// `a`, of which the optimiser takes that it may have changed: what is cheaper made again than read back stays in the loop.
LANES_INLINE lanes_t lanes_fresh(lanes_t a) {
#if defined(__AVX512F__) && !defined(OCHE_DOUBLE)
    __asm__("" : "+v"(a));
#endif
    return a;
}
/// c - a * b, rounded once.
LANES_INLINE lanes_t lanes_subtract_product(lanes_t a, lanes_t b, lanes_t c) { return __builtin_elementwise_fma(-a, b, c); }
/// relu(h) * b + c without computing relu(h): one merge-masked instruction on AVX-512.
LANES_INLINE lanes_t lanes_fma_relu(lanes_t h, lanes_t b, lanes_t c) { return h > 0 ? __builtin_elementwise_fma(h, b, c) : c; }
/// A bit for each lane, the first the lowest: whether h > 0.
LANES_INLINE uint16_t lanes_positive(lanes_t h) {
    typedef _Bool mask_t __attribute__((ext_vector_type(16)));
    return __builtin_bit_cast(uint16_t, __builtin_convertvector(h > 0, mask_t));
}
/// `g` where the lane's bit is set, else 0.
LANES_INLINE lanes_t lanes_where_set(uint16_t bits, lanes_t g) {
    typedef _Bool mask_t __attribute__((ext_vector_type(16)));
    return __builtin_convertvector(__builtin_bit_cast(mask_t, bits), lane_bits_t) != 0 ? g : (lanes_t)0;
}
/// The first `count` lanes of `a`, the others of `b`.
LANES_INLINE lanes_t lanes_blend_first(lanes_t a, lanes_t b, int32_t count) {
    const lane_bits_t index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return index < (lane_bits_t)count ? a : b;
}

/// y[i] = x[i], and y[i] = 0. The empty assembly keeps these loops from becoming memcpy and memset, which store narrower
/// pieces than the loads that follow: those would wait for the stores to reach the cache.
LANES_INLINE void lanes_copy(void *y, const void *x, long count) {
    lanes_t *to = (lanes_t *)y;
    const lanes_t *from = (const lanes_t *)x;
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        to[3] = from[3];
        __asm__ volatile("");
    }
    for (; count > 0; count--) { *to++ = *from++; __asm__ volatile(""); }
}
LANES_INLINE void lanes_clear(void *y, long count) {
    for (long i = 0; i < count; i++) { ((lanes_t *)y)[i] = (lanes_t)0; __asm__ volatile(""); }
}

enum { lanes_scratch_patch, lanes_scratch_sums, lanes_scratch_left, lanes_scratch_right, lanes_scratch_deep, lanes_scratch_slots };
/// 64-byte aligned memory of this thread that lasts until the next call for the same slot. It only grows, so that
/// kernels do not allocate once they have seen their largest shape; worker threads live as long as the process.
static inline void *lanes_scratch(long slot, size_t elements) {
    static _Thread_local struct { void *memory; size_t bytes; } slots[lanes_scratch_slots];
    size_t bytes = elements * sizeof(lanes_t);
    if (bytes > slots[slot].bytes) {
        bytes = (bytes + bytes / 2 + 4095) & ~(size_t)4095;
        free(slots[slot].memory);
        slots[slot].memory = aligned_alloc(64, bytes);
        if (!slots[slot].memory) abort();
        slots[slot].bytes = bytes;
    }
    return slots[slot].memory;
}
