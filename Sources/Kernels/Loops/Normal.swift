// Standard normals by Box and Muller (1958): of words a, b the pair r cos(2 pi b / 2^32), r sin(2 pi b / 2^32) with
// r = sqrt(-2 log u), u = (a >> 1 + 1/2) / 2^31 in (0, 1], so |value| <= 6.67. Float32 reduces the angle exactly in the
// integer b and needs no general log, sin or cos; it differs from the same values in double by less than 4e-7.
import CLanes
import KernelInterface
#if OCHE_DOUBLE
import Glibc
#endif

func normalPacked(_ packed: Out, _ elements: Int, _ firstRow: Int, _ position: In) {
    var start = 0
    #if !OCHE_DOUBLE
    if lanes_many_registers() != 0 && elements >= 8 { start = normalPackedAhead(packed, elements, firstRow, position) }
    #endif
    drawPacked(packed, elements, firstRow, position, from: start) { normalDraws($0) }
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
    var pair = NormalPair()
    pair.advance(0, a, b); pair.advance(1, a, b); pair.advance(2, a, b); pair.advance(3, a, b)
    pair.advance(4, a, b); pair.advance(5, a, b); pair.advance(6, a, b); pair.advance(7, a, b)
    return (pair.cosine, pair.sine)
}

/// A pair of normals on the way from its words, in eight parts of much the same length.
private struct NormalPair {
    var f = lanes_splat(0), k = lanes_splat(0), q = lanes_splat(0), t = lanes_splat(0), z = lanes_splat(0)
    var cosine = lanes_splat(0), sine = lanes_splat(0)

    @inline(__always)
    mutating func advance(_ part: Int, _ a: lanes_u32_t, _ b: lanes_u32_t) {
        switch part {
        case 0:
            let u = lanes_fma(lanes_from_integers(bits_from_words(words_right(a, 1))), lanes_splat(0x1p-31), lanes_splat(0x1p-32))
            // log u as in Logarithm.swift, with a polynomial of relative error 3e-8.
            (f, k) = logarithmReduced(u)
        case 1:
            q = lanes_splat(0x1.645ed2p-4)
            q = lanes_fma(q, f, lanes_splat(-0x1.2432cep-3))
            q = lanes_fma(q, f, lanes_splat(0x1.31745ap-3))
            q = lanes_fma(q, f, lanes_splat(-0x1.538248p-3))
        case 2:
            q = lanes_fma(q, f, lanes_splat(0x1.98d7f2p-3))
            q = lanes_fma(q, f, lanes_splat(-0x1.000382p-2))
            q = lanes_fma(q, f, lanes_splat(0x1.5556d8p-2))
            q = lanes_fma(q, f, lanes_splat(-0.5))
        case 3:
            // The radius.
            q = lanes_fma(k, lanes_splat(0x1.62e43p-1), lanes_fma(lanes_mul(f, f), q, f))
            q = lanes_square_root(lanes_mul(q, lanes_splat(-2)))
        case 4:
            // 2 pi b / 2^32 = pi t + pi h with t in [-1/2, 1/2) and h the carry out of rounding, which turns the sign of both.
            t = lanes_mul(lanes_from_integers(bits_from_words(words_left(b, 1))), lanes_splat(0x1p-32))
            z = lanes_mul(t, t)
            let half = bits_and(bits_from_words(words_add(b, 0x4000_0000)), bits_splat(.min))
            q = lanes_from_bits(bits_xor(lanes_bits(q), half))
        case 5:
            // cos(pi t), absolute error 2e-10.
            cosine = lanes_splat(-0x1.8fb74p-6)
            cosine = lanes_fma(cosine, z, lanes_splat(0x1.e126f2p-3))
            cosine = lanes_fma(cosine, z, lanes_splat(-0x1.55d076p+0))
            cosine = lanes_fma(cosine, z, lanes_splat(0x1.03c1e4p+2))
        case 6:
            cosine = lanes_fma(cosine, z, lanes_splat(-0x1.3bd3ccp+2))
            cosine = lanes_fma(cosine, z, lanes_splat(1))
            cosine = lanes_mul(q, cosine)
        default:
            // sin(pi t) / t, absolute error 3e-9.
            sine = lanes_splat(0x1.3c4b2cp-4)
            sine = lanes_fma(sine, z, lanes_splat(-0x1.3232fap-1))
            sine = lanes_fma(sine, z, lanes_splat(0x1.46676ep+1))
            sine = lanes_fma(sine, z, lanes_splat(-0x1.4abbb6p+2))
            sine = lanes_fma(sine, z, lanes_splat(0x1.921fb4p+1))
            sine = lanes_mul(lanes_mul(q, t), sine)
        }
    }

    /// Keeps a part where it stands among other instructions.
    @inline(__always)
    mutating func tie(_ part: Int, _ counters: inout counters_t) {
        switch part {
        case 0: counters_tie(&counters, &f)
        case 1, 2, 3, 4: counters_tie(&counters, &q)
        case 5, 6: counters_tie(&counters, &cosine)
        default: counters_tie(&counters, &sine)
        }
    }
}

/// Eight elements at a time, while the words of the next eight come about: one after the other they are a chain of instructions
/// longer than the processor looks ahead. Gives the element it came to.
private func normalPackedAhead(_ packed: Out, _ elements: Int, _ firstRow: Int, _ position: In) -> Int {
    lanes_align_stack()
    var y = packed.assumingMemoryBound(to: Lanes.self)
    let place = position.assumingMemoryBound(to: RandomPosition.self).pointee
    let quads = (elements + 3) / 4, stride = UInt32(truncatingIfNeeded: quads)
    var counter = UInt32(truncatingIfNeeded: firstRow &* quads)
    var (w, v) = philoxPair(counter, counter &+ 1, stride, place)
    var e = 8
    while e + 8 <= elements && !isStopped(at: e - 8) {
        counter = counter &+ 2
        var (p0, p1, p2, p3) = (NormalPair(), NormalPair(), NormalPair(), NormalPair())
        let next = philoxPair(counter, counter &+ 1, stride, place) { part, a, b, c, d in
            p0.advance(part, w.w0, w.w1)
            p1.advance(part, w.w2, w.w3)
            p2.advance(part, v.w0, v.w1)
            p3.advance(part, v.w2, v.w3)
            p0.tie(part, &a)
            p1.tie(part, &b)
            p2.tie(part, &c)
            p3.tie(part, &d)
        }
        (y[0], y[1], y[2], y[3]) = (p0.cosine, p0.sine, p1.cosine, p1.sine)
        (y[4], y[5], y[6], y[7]) = (p2.cosine, p2.sine, p3.cosine, p3.sine)
        (w, v) = next
        y += 8
        e += 8
    }
    let d = normalDraws(w), g = normalDraws(v)
    (y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7]) = (d.v0, d.v1, d.v2, d.v3, g.v0, g.v1, g.v2, g.v3)
    return e
}
#endif
