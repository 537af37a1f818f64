// Loads and stores: of any alignment, and of the first few lanes without touching what lies past them.
#pragma once

typedef lanes_t lanes_unaligned_t __attribute__((aligned(sizeof(real_t)), may_alias));
typedef lanes_u32_t words_unaligned_t __attribute__((aligned(4), may_alias));

/// Makes the function that it is inlined into align its stack to a vector: of those that spill registers, vectors would else
/// straddle cache lines, as where the stack begins decides.
LANES_INLINE void lanes_align_stack(void) {
    lanes_t slot;
    __asm__ volatile("" : : "r"(&slot));
}

LANES_INLINE lanes_t lanes_load(const real_t *p) { return *(const lanes_unaligned_t *)p; }
LANES_INLINE void lanes_store(real_t *p, lanes_t a) { *(lanes_unaligned_t *)p = a; }

// Halves and quarters of a vector, where a row has no more numbers.
typedef real_t lanes_half_t __attribute__((ext_vector_type(8)));
typedef real_t lanes_quarter_t __attribute__((ext_vector_type(4)));
typedef lanes_half_t half_unaligned_t __attribute__((aligned(sizeof(real_t)), may_alias));
typedef lanes_quarter_t quarter_unaligned_t __attribute__((aligned(sizeof(real_t)), may_alias));

LANES_INLINE lanes_half_t half_load(const real_t *p) { return *(const half_unaligned_t *)p; }
LANES_INLINE lanes_half_t half_add(lanes_half_t a, lanes_half_t b) { return a + b; }
LANES_INLINE lanes_half_t lanes_half(lanes_t a) { return a.lo; }
/// The half, then zeros.
LANES_INLINE lanes_t lanes_from_half(lanes_half_t a) {
    const lanes_half_t zero = 0;
    return __builtin_shufflevector(a, zero, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
LANES_INLINE lanes_quarter_t quarter_load(const real_t *p) { return *(const quarter_unaligned_t *)p; }
LANES_INLINE lanes_quarter_t quarter_add(lanes_quarter_t a, lanes_quarter_t b) { return a + b; }
LANES_INLINE lanes_quarter_t lanes_quarter(lanes_t a) { return a.lo.lo; }
/// The quarter, then zeros.
LANES_INLINE lanes_t lanes_from_quarter(lanes_quarter_t a) {
    const lanes_quarter_t zero = 0;
    return lanes_from_half(__builtin_shufflevector(a, zero, 0, 1, 2, 3, 4, 5, 6, 7));
}

#ifdef __AVX512F__
#ifdef OCHE_DOUBLE
typedef double half512_t __attribute__((vector_size(64)));
/// p[0 ..< count] in the first lanes, zero in the others; 0 <= count <= 16.
LANES_INLINE lanes_t lanes_load_first(const real_t *p, int32_t count) {
    uint32_t mask = (1u << count) - 1;
    half512_t lo = __builtin_ia32_loadupd512_mask(p, (half512_t){0}, (uint8_t)mask);
    half512_t hi = __builtin_ia32_loadupd512_mask(p + 8, (half512_t){0}, (uint8_t)(mask >> 8));
    return __builtin_shufflevector(lo, hi, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
LANES_INLINE void lanes_store_first(real_t *p, lanes_t a, int32_t count) {
    uint32_t mask = (1u << count) - 1;
    __builtin_ia32_storeupd512_mask(p, (half512_t)a.lo, (uint8_t)mask);
    __builtin_ia32_storeupd512_mask(p + 8, (half512_t)a.hi, (uint8_t)(mask >> 8));
}
#else
typedef float full512_t __attribute__((vector_size(64)));
/// p[0 ..< count] in the first lanes, zero in the others; 0 <= count <= 16.
LANES_INLINE lanes_t lanes_load_first(const real_t *p, int32_t count) {
    return (lanes_t)__builtin_ia32_loadups512_mask(p, (full512_t){0}, (uint16_t)((1u << count) - 1));
}
LANES_INLINE void lanes_store_first(real_t *p, lanes_t a, int32_t count) {
    __builtin_ia32_storeups512_mask(p, (full512_t)a, (uint16_t)((1u << count) - 1));
}
#endif
#elif defined(__AVX2__) && !defined(OCHE_DOUBLE)
typedef float half256_t __attribute__((vector_size(32)));
typedef int32_t mask256_t __attribute__((vector_size(32)));
/// p[0 ..< count] in the first lanes, zero in the others; 0 <= count <= 16.
LANES_INLINE lanes_t lanes_load_first(const real_t *p, int32_t count) {
    const mask256_t index = {0, 1, 2, 3, 4, 5, 6, 7};
    half256_t lo = __builtin_ia32_maskloadps256((const half256_t *)p, index < count);
    half256_t hi = __builtin_ia32_maskloadps256((const half256_t *)(p + 8), index + 8 < count);
    return __builtin_shufflevector(lo, hi, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
LANES_INLINE void lanes_store_first(real_t *p, lanes_t a, int32_t count) {
    const mask256_t index = {0, 1, 2, 3, 4, 5, 6, 7};
    __builtin_ia32_maskstoreps256((half256_t *)p, index < count, (half256_t)a.lo);
    __builtin_ia32_maskstoreps256((half256_t *)(p + 8), index + 8 < count, (half256_t)a.hi);
}
#else
/// p[0 ..< count] in the first lanes, zero in the others; 0 <= count <= 16.
LANES_INLINE lanes_t lanes_load_first(const real_t *p, int32_t count) {
    lanes_t a = 0;
    real_t *buffer = (real_t *)&a;
    for (int32_t i = 0; i < count; i++) buffer[i] = p[i];
    return a;
}
LANES_INLINE void lanes_store_first(real_t *p, lanes_t a, int32_t count) {
    const real_t *buffer = (const real_t *)&a;
    for (int32_t i = 0; i < count; i++) p[i] = buffer[i];
}
#endif
/// y[i] = x[i] for i < count <= 4.
LANES_INLINE void lanes_store_four(real_t *y, const real_t *x, intptr_t count) {
    if (count == 4) __builtin_memcpy(y, x, 4 * sizeof(real_t));
    else for (intptr_t i = 0; i < count; i++) y[i] = x[i];
}
