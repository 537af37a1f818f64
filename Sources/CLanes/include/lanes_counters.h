// Eight 32-bit numbers in 64-bit lanes, whose upper halves are ignored: the form in which Philox costs one widening
// multiplication, one shift and one three-way exclusive or per product.
#pragma once

typedef uint64_t counters_t __attribute__((ext_vector_type(8)));

LANES_INLINE counters_t counters_splat(uint32_t a) { return (counters_t)(uint64_t)a; }
/// first + (2 i + odd) * stride.
LANES_INLINE counters_t counters_sequence(uint32_t first, uint32_t stride, uint32_t odd) {
    const counters_t index = {0, 2, 4, 6, 8, 10, 12, 14};
    return (index + (uint64_t)odd) * (uint64_t)stride + (uint64_t)first;
}
/// The 64-bit products of the lower halves.
LANES_INLINE counters_t counters_multiply(counters_t a, uint32_t b) { return (a & 0xffffffffu) * (counters_t)(uint64_t)b; }
/// (upper half of product) ^ a ^ key.
LANES_INLINE counters_t counters_mix(counters_t product, counters_t a, uint32_t key) { return (product >> 32) ^ (a ^ (uint64_t)key); }
/// The lower halves: even to the even lanes, odd to the odd ones.
LANES_INLINE lanes_u32_t counters_merge(counters_t even, counters_t odd) {
    // Not (even & mask) | odd << 32: the compiler would fold the shift into the product before, a slow 64-bit one.
    return __builtin_shufflevector((lanes_u32_t)even, (lanes_u32_t)odd, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
}
LANES_INLINE uint32_t words_get(lanes_u32_t a, int32_t lane) { return a[lane]; }
LANES_INLINE lanes_u32_t words_add(lanes_u32_t a, uint32_t b) { return a + b; }
LANES_INLINE lanes_u32_t words_and(lanes_u32_t a, uint32_t b) { return a & b; }
LANES_INLINE lanes_u32_t words_left(lanes_u32_t a, uint32_t shift) { return a << shift; }
LANES_INLINE lanes_u32_t words_right(lanes_u32_t a, uint32_t shift) { return a >> shift; }
#ifndef OCHE_DOUBLE
LANES_INLINE lane_bits_t bits_from_words(lanes_u32_t a) { return (lane_bits_t)a; }
#endif
/// Nothing, but the compiler takes it that each needs the other: what it finds interleaved stays so.
LANES_INLINE void counters_tie(void *a, void *b) {
#if defined(__AVX512F__) && !defined(OCHE_DOUBLE)
    __asm__("" : "+v"(*(counters_t *)a), "+v"(*(lanes_t *)b));
#endif
}
/// Whether there are 32 vector registers of 512 bits, so that 32 counters at a time pay.
LANES_INLINE int32_t lanes_many_registers(void) {
#ifdef __AVX512F__
    return 1;
#else
    return 0;
#endif
}
