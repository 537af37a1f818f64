// Exchanges of position between vectors: transposition of 16 x 16, interleaving of 4, and 16 sums of 16 lanes at once.
#pragma once

LANES_INLINE lanes_t lanes_interleave_low(lanes_t a, lanes_t b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
LANES_INLINE lanes_t lanes_interleave_high(lanes_t a, lanes_t b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
/// The even lanes of a, then those of b; and the odd ones.
LANES_INLINE lanes_t lanes_even(lanes_t a, lanes_t b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
LANES_INLINE lanes_t lanes_odd(lanes_t a, lanes_t b) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
LANES_INLINE lanes_t lanes_reversed(lanes_t a) {
    return __builtin_shufflevector(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}
/// y[4 i + j] = the lane i of the vector j.
LANES_INLINE void lanes_store_interleaved(real_t *y, lanes_t a, lanes_t b, lanes_t c, lanes_t d) {
    lanes_t ac = lanes_interleave_low(a, c), bd = lanes_interleave_low(b, d);
    lanes_store(y, lanes_interleave_low(ac, bd));
    lanes_store(y + 16, lanes_interleave_high(ac, bd));
    ac = lanes_interleave_high(a, c), bd = lanes_interleave_high(b, d);
    lanes_store(y + 32, lanes_interleave_low(ac, bd));
    lanes_store(y + 48, lanes_interleave_high(ac, bd));
}
/// Lane l of vector e becomes lane e of vector l: four perfect shuffles of all 256 elements.
LANES_INLINE void lanes_transpose(lanes_t v[16]) {
    lanes_t w[16];
#pragma clang loop unroll(full)
    for (int pass = 0; pass < 4; pass++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) {
            w[2 * i] = lanes_interleave_low(v[i], v[i + 8]);
            w[2 * i + 1] = lanes_interleave_high(v[i], v[i + 8]);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) v[i] = w[i];
    }
}
/// packed[e][l] = x[min(l, lanes - 1) * stride + e] for e < elements <= 16.
LANES_INLINE void lanes_pack_square(real_t *packed, const real_t *x, intptr_t stride, intptr_t elements, intptr_t lanes) {
    lanes_t v[16];
#pragma clang loop unroll(full)
    for (int l = 0; l < 16; l++) {
        const real_t *row = x + (l < lanes ? l : lanes - 1) * stride;
        v[l] = elements == 16 ? lanes_load(row) : lanes_load_first(row, (int32_t)elements);
    }
    lanes_transpose(v);
#pragma clang loop unroll(full)
    for (int e = 0; e < 16; e++) if (e < elements) lanes_store(packed + 16 * e, v[e]);
}
/// x[l * stride + e] = packed[e][l] for e < elements <= 16 and l < lanes.
LANES_INLINE void lanes_unpack_square(real_t *x, intptr_t stride, const real_t *packed, intptr_t elements, intptr_t lanes) {
    lanes_t v[16];
#pragma clang loop unroll(full)
    for (int e = 0; e < 16; e++) v[e] = lanes_load(packed + 16 * (e < elements ? e : 0));
    lanes_transpose(v);
#pragma clang loop unroll(full)
    for (int l = 0; l < 16; l++) {
        if (l >= lanes) continue;
        if (elements == 16) lanes_store(x + l * stride, v[l]);
        else lanes_store_first(x + l * stride, v[l], (int32_t)elements);
    }
}
/// y[c * yRow + r] = x[r * xRow + c] for r < rows <= 16 and c < columns <= 16.
LANES_INLINE void lanes_transpose_square(real_t *y, intptr_t yRow, const real_t *x, intptr_t xRow, intptr_t rows, intptr_t columns) {
    lanes_t v[16];
#pragma clang loop unroll(full)
    for (int r = 0; r < 16; r++) {
        const real_t *row = x + (r < rows ? r : 0) * xRow;
        v[r] = columns == 16 ? lanes_load(row) : lanes_load_first(row, (int32_t)columns);
    }
    lanes_transpose(v);
#pragma clang loop unroll(full)
    for (int c = 0; c < 16; c++) {
        if (c >= columns) continue;
        if (rows == 16) lanes_store(y + c * yRow, v[c]);
        else lanes_store_first(y + c * yRow, v[c], (int32_t)rows);
    }
}
/// Lane i = lanes_sum of x[16 i ...]: the same tree for 16 vectors at once.
LANES_INLINE lanes_t lanes_sums(const real_t *x) {
    lanes_t a[8], b[4], c[2];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
        lanes_t u = lanes_load(x + 32 * i), v = lanes_load(x + 32 * i + 16);
        a[i] = __builtin_shufflevector(u, v, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
             + __builtin_shufflevector(u, v, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++)
        b[i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
             + __builtin_shufflevector(a[2 * i], a[2 * i + 1], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++)
        c[i] = __builtin_shufflevector(b[2 * i], b[2 * i + 1], 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29)
             + __builtin_shufflevector(b[2 * i], b[2 * i + 1], 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
    return __builtin_shufflevector(c[0], c[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
         + __builtin_shufflevector(c[0], c[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
/// Lane i = a[i + 8] and so on, for i + 8 < 16: the steps of a tree over the lanes.
LANES_INLINE lanes_t lanes_rotate8(lanes_t a) { return __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7); }
LANES_INLINE lanes_t lanes_rotate4(lanes_t a) { return __builtin_shufflevector(a, a, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11); }
LANES_INLINE lanes_t lanes_rotate2(lanes_t a) { return __builtin_shufflevector(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13); }
LANES_INLINE lanes_t lanes_rotate1(lanes_t a) { return __builtin_shufflevector(a, a, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14); }
