// Philox4x32-10 at 16 counters at once, the even ones and the odd ones in 64-bit lanes of which only the lower half counts:
// a round is then two widening multiplications, two shifts and two three-way exclusive ors per eight counters.
// Same words as `philox4x32` in KernelInterface.
import CLanes
import KernelInterface

/// The four words at 16 counters. (A tuple: a structure that is not private brings type metadata, whose copying functions are
/// shared by name with the whole program.)
typealias RandomWords = (w0: lanes_u32_t, w1: lanes_u32_t, w2: lanes_u32_t, w3: lanes_u32_t)

/// The words at the counters (first + lane * stride, stream, step).
@inline(__always)
func philox(_ first: UInt32, _ stride: UInt32, _ position: RandomPosition) -> RandomWords {
    var key = PhiloxKey(position)
    let start = PhiloxStart(position, &key)
    var even = start.state(counters_sequence(first, stride, 0)), odd = start.state(counters_sequence(first, stride, 1))
    for _ in 0..<8 {
        key.bump()
        even.round(key)
        odd.round(key)
    }
    return even.merged(odd)
}

/// The words at first + lane * stride and at second + lane * stride: twice as much to do between dependent instructions.
/// `meanwhile` is what else there is to do, in eight parts, which may tie what they make to the counters on their way.
@inline(__always)
func philoxPair(
    _ first: UInt32, _ second: UInt32, _ stride: UInt32, _ position: RandomPosition,
    meanwhile: (Int, inout counters_t, inout counters_t, inout counters_t, inout counters_t) -> Void = { _, _, _, _, _ in }
) -> (RandomWords, RandomWords) {
    var key = PhiloxKey(position)
    let start = PhiloxStart(position, &key)
    var a = start.state(counters_sequence(first, stride, 0)), b = start.state(counters_sequence(first, stride, 1))
    var c = start.state(counters_sequence(second, stride, 0)), d = start.state(counters_sequence(second, stride, 1))
    @inline(__always)
    func round(_ part: Int) {
        key.bump()
        a.round(key)
        b.round(key)
        c.round(key)
        d.round(key)
        meanwhile(part, &a.c0, &b.c0, &c.c0, &d.c0)
    }
    round(0); round(1); round(2); round(3)
    round(4); round(5); round(6); round(7)
    return (a.merged(b), c.merged(d))
}

private let multiplier0: UInt32 = 0xD251_1F53
private let multiplier1: UInt32 = 0xCD9E_8D57

private struct PhiloxKey {
    var k0: UInt32, k1: UInt32

    @inline(__always)
    init(_ p: RandomPosition) {
        k0 = UInt32(truncatingIfNeeded: p.seed)
        k1 = UInt32(truncatingIfNeeded: p.seed >> 32)
    }

    @inline(__always)
    mutating func bump() {
        k0 = k0 &+ 0x9E37_79B9
        k1 = k1 &+ 0xBB67_AE85
    }
}

/// What the first two rounds make of the three words that all counters share. Only one product a round is left to the lanes.
private struct PhiloxStart {
    var step: UInt32, key: UInt32, low1: UInt32, key0: UInt32, key1: UInt32, low0: UInt32

    @inline(__always)
    init(_ p: RandomPosition, _ k: inout PhiloxKey) {
        let p1 = UInt64(UInt32(truncatingIfNeeded: p.step)) &* UInt64(multiplier1)
        let c0 = UInt32(truncatingIfNeeded: p1 >> 32) ^ p.stream ^ k.k0
        step = UInt32(truncatingIfNeeded: p.step >> 32)
        key = k.k1
        k.bump()
        let p0 = UInt64(c0) &* UInt64(multiplier0)
        low1 = UInt32(truncatingIfNeeded: p1)
        key0 = k.k0
        key1 = k.k1 ^ UInt32(truncatingIfNeeded: p0 >> 32)
        low0 = UInt32(truncatingIfNeeded: p0)
    }

    /// The state after two rounds from the counters (first, stream, step).
    @inline(__always)
    func state(_ first: counters_t) -> PhiloxState {
        let p0 = counters_multiply(first, multiplier0)
        let p1 = counters_multiply(counters_mix(p0, counters_splat(step), key), multiplier1)
        return PhiloxState(
            c0: counters_mix(p1, counters_splat(low1), key0), c1: p1,
            c2: counters_mix(counters_splat(0), p0, key1), c3: counters_splat(low0))
    }
}

/// Eight counters under way.
private struct PhiloxState {
    var c0: counters_t, c1: counters_t, c2: counters_t, c3: counters_t

    @inline(__always)
    mutating func round(_ key: PhiloxKey) {
        let p0 = counters_multiply(c0, multiplier0), p1 = counters_multiply(c2, multiplier1)
        c0 = counters_mix(p1, c1, key.k0)
        c1 = p1
        c2 = counters_mix(p0, c3, key.k1)
        c3 = p0
    }

    @inline(__always)
    func merged(_ odd: PhiloxState) -> RandomWords {
        (
            w0: counters_merge(c0, odd.c0), w1: counters_merge(c1, odd.c1),
            w2: counters_merge(c2, odd.c2), w3: counters_merge(c3, odd.c3))
    }
}
