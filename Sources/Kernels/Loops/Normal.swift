// Standard normals by Box and Muller (1958): of words a, b the pair r cos(2 pi b / 2^32), r sin(2 pi b / 2^32) with
// r = sqrt(-2 log u), u = (a >> 1 + 1/2) / 2^31 in (0, 1], so |value| <= 6.67. Float32 reduces the angle exactly in the
// integer b and needs no general log, sin or cos; it differs from the same values in double by less than 4e-7.
import CLanes
import KernelInterface
#if OCHE_DOUBLE
import Glibc
#endif

func normalPacked(_ packed: Out, _ elements: Int, _ firstRow: Int, _ position: In) {
    drawPacked(packed, elements, firstRow, position) { normalDraws($0) }
}

func normalRows(_ y: Out, _ rows: Int, _ elements: Int, _ position: In) {
    drawRows(y, rows, elements, position) { normalDraws($0) }
}

@inline(__always)
private func normalDraws(_ w: RandomWords) -> Draws {
    let (v0, v1) = boxMuller(w.w0, w.w1)
    let (v2, v3) = boxMuller(w.w2, w.w3)
    return (v0: v0, v1: v1, v2: v2, v3: v3)
}

#if OCHE_DOUBLE
@inline(__always)
private func boxMuller(_ a: lanes_u32_t, _ b: lanes_u32_t) -> (Lanes, Lanes) {
    var v0 = lanes_splat(0), v1 = v0
    for l in 0..<Int32(16) {
        let r = Glibc.sqrt(-2 * Glibc.log((Double(words_get(a, l) >> 1) + 0.5) * 0x1p-31))
        let angle = Double(words_get(b, l)) * (Double.pi * 0x1p-31)
        v0 = lanes_set(v0, l, r * Glibc.cos(angle))
        v1 = lanes_set(v1, l, r * Glibc.sin(angle))
    }
    return (v0, v1)
}
#else
@inline(__always)
private func boxMuller(_ a: lanes_u32_t, _ b: lanes_u32_t) -> (Lanes, Lanes) {
    let u = lanes_fma(lanes_from_integers(bits_from_words(words_right(a, 1))), lanes_splat(0x1p-31), lanes_splat(0x1p-32))
    // log u as in Logarithm.swift, with a polynomial of relative error 3e-8.
    let (f, k) = logarithmReduced(u)
    var q = lanes_splat(0x1.645ed2p-4)
    q = lanes_fma(q, f, lanes_splat(-0x1.2432cep-3))
    q = lanes_fma(q, f, lanes_splat(0x1.31745ap-3))
    q = lanes_fma(q, f, lanes_splat(-0x1.538248p-3))
    q = lanes_fma(q, f, lanes_splat(0x1.98d7f2p-3))
    q = lanes_fma(q, f, lanes_splat(-0x1.000382p-2))
    q = lanes_fma(q, f, lanes_splat(0x1.5556d8p-2))
    q = lanes_fma(q, f, lanes_splat(-0.5))
    let log = lanes_fma(k, lanes_splat(0x1.62e43p-1), lanes_fma(lanes_mul(f, f), q, f))
    let radius = lanes_square_root(lanes_mul(log, lanes_splat(-2)))

    // 2 pi b / 2^32 = pi t + pi h with t in [-1/2, 1/2) and h the carry out of rounding, which turns the sign of both.
    let t = lanes_mul(lanes_from_integers(bits_from_words(words_left(b, 1))), lanes_splat(0x1p-32))
    let half = bits_and(bits_from_words(words_add(b, 0x4000_0000)), bits_splat(.min))
    let r = lanes_from_bits(bits_xor(lanes_bits(radius), half))
    let z = lanes_mul(t, t)
    // cos(pi t), absolute error 2e-10, and sin(pi t) / t, 3e-9.
    var c = lanes_splat(-0x1.8fb74p-6)
    c = lanes_fma(c, z, lanes_splat(0x1.e126f2p-3))
    c = lanes_fma(c, z, lanes_splat(-0x1.55d076p+0))
    c = lanes_fma(c, z, lanes_splat(0x1.03c1e4p+2))
    c = lanes_fma(c, z, lanes_splat(-0x1.3bd3ccp+2))
    c = lanes_fma(c, z, lanes_splat(1))
    var s = lanes_splat(0x1.3c4b2cp-4)
    s = lanes_fma(s, z, lanes_splat(-0x1.3232fap-1))
    s = lanes_fma(s, z, lanes_splat(0x1.46676ep+1))
    s = lanes_fma(s, z, lanes_splat(-0x1.4abbb6p+2))
    s = lanes_fma(s, z, lanes_splat(0x1.921fb4p+1))
    return (lanes_mul(r, c), lanes_mul(lanes_mul(r, t), s))
}
#endif
