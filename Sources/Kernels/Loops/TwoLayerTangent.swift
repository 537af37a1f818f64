// The tangents of conv, ReLU, conv and of its gradient in x along a change of signals and weights: what the derivative of
// a gradient needs. The general form goes through the hidden map. With one channel in and out a channel runs over a piece of
// the signal before the next one does, its taps in registers, and what it gives is summed transformed (TwoLayerTangentTransform).
// Invariant: positions pair up as (0, 1), (2, 3), ..., an odd last one with a hidden value of zero; a sum adds by channel, then
// by pair, wherever the pieces end.
import CLanes
import KernelInterface

/// What stays the same from piece to piece, for both tangents: signals a and b come in (dx and nothing, or gy and dgy).
struct TangentPass {
    var out: UnsafeMutablePointer<Lanes>, bias: Real
    /// Copies that reach past the edges: entry 0 is the first that the first window sees. No a: zeros.
    var x: UnsafeMutablePointer<Lanes>, a: UnsafeMutablePointer<Lanes>?, b: UnsafeMutablePointer<Lanes>
    var w1: UnsafePointer<Real>, b1: UnsafePointer<Real>, db1: UnsafePointer<Real>
    /// The transformed taps; of the layer that comes second they are reversed in the forward direction.
    var u1: UnsafeMutablePointer<Real>, u2: UnsafeMutablePointer<Real>, du1: UnsafeMutablePointer<Real>, du2: UnsafeMutablePointer<Real>
    /// By pair: the transforms of the windows of x, a and b, the transformed sums, and by channel and pair four hidden values.
    var v: UnsafeMutablePointer<Lanes>, va: UnsafeMutablePointer<Lanes>, vb: UnsafeMutablePointer<Lanes>, dv: UnsafeMutablePointer<Lanes>
    var hidden: UnsafeMutablePointer<Lanes>
    /// By channel, then position, of which there are an even number: where p > 0. Of the forward tangent nil: nobody asks.
    var mask: UnsafeMutablePointer<UInt16>?
    /// The sums of a piece and taps - 1 more, and what falls outside the signal.
    var sums: UnsafeMutablePointer<Lanes>, halo: UnsafeMutablePointer<Lanes>
    /// `first`: where the first sum belongs.
    var channels: Int, length: Int, first: Int, circular: Bool

    /// Positions of a piece: what it needs stays in the first level of the cache.
    @_transparent
    static func piece(_ taps: Int) -> Int { (taps == 3 ? 4096 : 2048) / MemoryLayout<Lanes>.size }

    /// Channels whose hidden values wait to be summed, for more than 3 taps.
    @_transparent
    static var slots: Int { 4 }

    /// A channel's places in a mask.
    @_transparent
    static func row(_ length: Int) -> Int { (length + 1) & ~1 }
    /// Entries of 16 lanes that a mask takes.
    @inline(__always)
    static func maskEntries(_ g: TwoLayerGeometry) -> Int { (g.maskBytes + MemoryLayout<Lanes>.size - 1) / MemoryLayout<Lanes>.size }

    /// Entries of 16 lanes of scratch.
    @inline(__always)
    static func scratch(_ g: TwoLayerGeometry) -> Int {
        let entries = tangentEntries(g.taps1), pairs = piece(g.taps1) / 2
        return 3 * (g.length + g.taps1) + pairs * (4 * entries + 4 * slots) + 2 * pairs + 3 * g.taps1 + (entries * g.hidden + 3) / 4 + 4 + maskEntries(g)
    }

    @inline(__always)
    init(_ g: TwoLayerGeometry, out: UnsafeMutableRawPointer, x: UnsafeRawPointer, a: UnsafeRawPointer?, b: UnsafeRawPointer?, backward: Bool,
         w1: UnsafeRawPointer, b1: UnsafeRawPointer, w2: UnsafeRawPointer, dw1: UnsafeRawPointer, db1: UnsafeRawPointer, dw2: UnsafeRawPointer,
         bias: Real, mask: UnsafeMutableRawPointer?, scratch: UnsafeMutableRawPointer) {
        var place = scratch.assumingMemoryBound(to: Lanes.self)
        func room(_ entries: Int) -> UnsafeMutablePointer<Lanes> {
            place += entries
            return place - entries
        }
        let taps = g.taps1, entries = tangentEntries(taps), pairs = Self.piece(taps) / 2, isCircular = twoLayerIsCircular(g)
        let before = backward ? taps - 1 - g.padLeft2 : g.padLeft1
        (v, va, vb, dv) = (room(pairs * entries), room(pairs * entries), room(pairs * entries), room(pairs * entries))
        (hidden, sums) = (room(4 * pairs * Self.slots), room(2 * pairs + taps))
        let outside = room(2 * taps), zero = UnsafePointer(outside)
        outside[0] = lanes_splat(0)
        func copied(_ signal: UnsafeRawPointer, _ before: Int) -> UnsafeMutablePointer<Lanes> {
            let copy = room(g.length + taps), signal = signal.assumingMemoryBound(to: Lanes.self)
            twoLayerGather(copy, signal, zero, -before, before, g.length, isCircular)
            lanes_copy(copy + before, signal, g.length)
            twoLayerGather(copy + before + g.length, signal, zero, g.length, taps - 1 - before + g.length % 2, g.length, isCircular)
            return copy
        }
        // Where the mask is known nobody looks at x.
        let copy = backward && mask != nil ? outside : copied(x, g.padLeft1)
        (self.x, self.a, self.b, halo) = (copy, a.map { copied($0, before) }, b.map { copied($0, before) } ?? copy, outside)
        self.mask = (mask ?? (backward ? UnsafeMutableRawPointer(room(Self.maskEntries(g))) : nil))?.assumingMemoryBound(to: UInt16.self)
        let u = UnsafeMutableRawPointer(room((entries * g.hidden + 3) / 4 + 1)).assumingMemoryBound(to: Real.self), n = entries * g.hidden
        (u1, u2, du1, du2) = (u, u + n, u + 2 * n, u + 3 * n)
        func reals(_ p: UnsafeRawPointer) -> UnsafePointer<Real> { p.assumingMemoryBound(to: Real.self) }
        (self.out, self.bias, self.w1, self.b1, self.db1) = (out.assumingMemoryBound(to: Lanes.self), bias, reals(w1), reals(b1), reals(db1))
        (channels, length, circular) = (g.hidden, g.length, isCircular)
        first = backward ? -g.padLeft1 : g.padLeft2 - (taps - 1)
        func transform(_ u: UnsafeMutablePointer<Real>, _ w: UnsafeRawPointer, _ reversed: Bool) {
            switch taps {
            case 3: tangentTaps(u, reals(w), g.hidden, taps: 3, reversed: reversed)
            case 5: tangentTaps(u, reals(w), g.hidden, taps: 5, reversed: reversed)
            case 7: tangentTaps(u, reals(w), g.hidden, taps: 7, reversed: reversed)
            default: tangentTaps(u, reals(w), g.hidden, taps: 9, reversed: reversed)
            }
        }
        transform(u1, w1, false)
        transform(du1, dw1, false)
        transform(u2, w2, true)
        transform(du2, dw2, true)
    }
}

func twoLayerTangent(_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) {
    let g = geometry.assumingMemoryBound(to: TwoLayerGeometry.self).pointee
    let p = pointers.assumingMemoryBound(to: TwoLayerTangent.self).pointee
    if twoLayerFuses(g) {
        let f = TangentPass(
            g, out: p.dy, x: p.x, a: p.dx, b: nil, backward: false, w1: p.w1, b1: p.b1, w2: p.w2, dw1: p.dw1, db1: p.db1, dw2: p.dw2,
            bias: p.db2.assumingMemoryBound(to: Real.self).pointee, mask: p.mask, scratch: p.scratch)
        switch g.taps1 {
        case 3: return twoLayerTangent3(f)
        case 5: return twoLayerTangent5(f)
        case 7: return twoLayerTangent7(f)
        default: return twoLayerTangent9(f)
        }
    }
    var first = twoLayerConvolution(g, second: false), second = twoLayerConvolution(g, second: true)
    let count = g.hidden * g.length
    let h = p.scratch.assumingMemoryBound(to: Lanes.self), dh = h + count, more = dh + count
    convolve(h, p.x, p.w1, p.b1, &first)
    convolve(dh, p.x, p.dw1, p.db1, &first)
    if let dx = p.dx {
        convolve(more, dx, p.w1, nil, &first)
        for i in 0..<count { dh[i] = lanes_add(dh[i], more[i]) }
    }
    for i in 0..<count {
        dh[i] = lanes_where_positive(h[i], dh[i])
        h[i] = lanes_relu(h[i])
    }
    convolve(p.dy, h, p.dw2, p.db2, &second)
    convolve(more, dh, p.w2, nil, &second)
    let dy = p.dy.assumingMemoryBound(to: Lanes.self)
    for i in 0..<g.outChannels * g.length { dy[i] = lanes_add(dy[i], more[i]) }
}


/// The hidden values of a pair, to the bits of the forward kernels: what is behind their ReLU is behind this one's. `w` are
/// for 3 taps the transformed ones.
@_transparent
func tangentHidden(_ x: UnsafePointer<Lanes>, _ v: UnsafePointer<Lanes>, _ w: InlineArray<10, Lanes>, _ bias: Lanes, taps: Int) -> (Lanes, Lanes) {
    if taps == 3 {
        let m = lanes_fma(v[1], w[1], bias)
        let even = lanes_fma(v[2], w[2], m), odd = lanes_subtract_product(v[2], w[2], m)
        return (lanes_fma(v[0], w[0], even), lanes_subtract_product(v[3], w[3], odd))
    }
    var (even, odd) = (bias, bias)
    for t in 0..<taps {
        even = lanes_fma(x[t], w[t], even)
        odd = lanes_fma(x[t + 1], w[t], odd)
    }
    return (even, odd)
}

/// The taps of channel c for `tangentHidden`.
@_transparent
func tangentHiddenTaps(_ f: TangentPass, _ c: Int, taps: Int) -> InlineArray<10, Lanes> {
    var w = registers10()
    let from = taps == 3 ? UnsafePointer(f.u1 + 4 * c) : f.w1 + taps * c
    for t in 0..<(taps == 3 ? 4 : taps) { w[t] = lanes_splat(from[t]) }
    return w
}

/// Channel c's entries of two rows of taps, one behind the other.
@_transparent
func tangentBothTaps(_ u: UnsafePointer<Real>, _ du: UnsafePointer<Real>, _ c: Int, taps: Int) -> InlineArray<24, Lanes> {
    var both = registers24()
    let n = tangentEntries(taps)
    for e in 0..<n { both[e] = lanes_splat(u[n * c + e]) }
    for e in 0..<n { both[n + e] = lanes_splat(du[n * c + e]) }
    return both
}

/// dh = (conv1(dx, w1) + conv1(x, dw1) + db1 where p > 0) and h of a pair; `u` are the channel's entries of dw1, then w1's.
@_transparent
func tangentForwardHidden(
    _ x: UnsafePointer<Lanes>, _ v: UnsafePointer<Lanes>, _ va: UnsafePointer<Lanes>, _ mask: UnsafeMutablePointer<UInt16>?, _ w: InlineArray<10, Lanes>, _ b: Lanes,
    _ u: InlineArray<24, Lanes>, _ db: Lanes, taps: Int, moving: Bool
) -> (g: (Lanes, Lanes), m: (Lanes, Lanes)) {
    let h = tangentHidden(x, v, w, b, taps: taps)
    let dh = moving ? tangentPair(v, 0, va, tangentEntries(taps), u, db, taps: taps) : tangentPair(v, 0, u, db, taps: taps)
    if let mask {
        mask[0] = lanes_positive(h.0)
        mask[1] = lanes_positive(h.1)
    }
    return ((lanes_where_positive(h.0, dh.0), lanes_where_positive(h.1, dh.1)), (lanes_relu(h.0), lanes_relu(h.1)))
}

/// d = (conv2'(dgy, w2) + conv2'(gy, dw2) where p > 0) and m = (conv2'(gy, w2) where p > 0); `u` are those of dw2, then w2's.
@_transparent
func tangentBackwardHidden(
    _ va: UnsafePointer<Lanes>, _ vb: UnsafePointer<Lanes>, _ mask: UnsafePointer<UInt16>, _ u: InlineArray<24, Lanes>, taps: Int
) -> (g: (Lanes, Lanes), m: (Lanes, Lanes)) {
    let n = tangentEntries(taps), zero = lanes_splat(0)
    let d = tangentPair(va, 0, vb, n, u, zero, taps: taps), m = tangentPair(va, n, u, zero, taps: taps)
    return ((lanes_where_set(mask[0], d.0), lanes_where_set(mask[1], d.1)), (lanes_where_set(mask[0], m.0), lanes_where_set(mask[1], m.1)))
}

/// The hidden values of channel c, and for 3 taps, where the taps of both layers fit into registers, what they add to the
/// transformed sums. For more taps the values stay in place `slot` till those of a few channels are there.
@_transparent
func tangentChannel(_ f: TangentPass, _ c: Int, slot: Int, _ start: Int, _ pairs: Int, half: Bool, taps: Int, backward: Bool, moving: Bool, masks: Bool) {
    let n = tangentEntries(taps), w = tangentHiddenTaps(f, c, taps: taps), zero = lanes_splat(0)
    let u = backward ? tangentBothTaps(f.du2, f.u2, c, taps: taps) : tangentBothTaps(f.du1, f.u1, c, taps: taps)
    let b = lanes_splat(f.b1[c]), db = lanes_splat(f.db1[c])
    var x = f.x + start, v = f.v, va = f.va, vb = f.vb, dv = f.dv, hidden = f.hidden + slot * 2 * TangentPass.piece(taps)
    var mask = masks ? f.mask.unsafelyUnwrapped + c * TangentPass.row(f.length) + start : nil
    @_transparent
    func values() -> (g: (Lanes, Lanes), m: (Lanes, Lanes)) {
        backward ? tangentBackwardHidden(va, vb, mask.unsafelyUnwrapped, u, taps: taps) : tangentForwardHidden(x, v, va, mask, w, b, u, db, taps: taps, moving: moving)
    }
    @_transparent
    func advance() {
        x += 2
        v += n
        va += n
        vb += n
        if masks { mask = mask.unsafelyUnwrapped + 2 }
    }
    if taps == 3 {
        // One pair behind: sums that are ready to be made fill the time in which the next hidden values come about.
        let second = backward ? tangentBothTaps(f.u1, f.du1, c, taps: taps) : tangentBothTaps(f.u2, f.du2, c, taps: taps)
        var (g, m) = values()
        for _ in 1..<pairs {
            advance()
            let next = values()
            tangentAdd(dv, g, m, second, taps: taps)
            dv += n
            (g, m) = next
        }
        if half { (g.1, m.1) = (zero, zero) }
        return tangentAdd(dv, g, m, second, taps: taps)
    }
    for _ in 0..<pairs {
        let (g, m) = values()
        (hidden[0], hidden[1], hidden[2], hidden[3]) = (g.0, g.1, m.0, m.1)
        hidden += 4
        advance()
    }
    if half { (hidden[-3], hidden[-1]) = (zero, zero) }
}

/// Adds what the hidden values of `count` channels from `first` give, in places 0, 1, ..., to the transformed sums of pairs
/// from `pair`, two or one, which stay in registers meanwhile.
@_transparent
func tangentSums(_ f: TangentPass, _ first: Int, _ count: Int, _ pair: Int, two: Bool, taps: Int, backward: Bool) {
    let n = tangentEntries(taps), dv = f.dv + pair * n
    var u = (backward ? f.u1 : f.u2) + first * n, du = (backward ? f.du1 : f.du2) + first * n, hidden = f.hidden + 4 * pair
    var sums = registers24()
    if first > 0 { for e in 0..<(two ? 2 * n : n) { sums[e] = dv[e] } }
    for _ in 0..<count {
        for j in 0..<(two ? 2 : 1) {
            let (g0, g1, m0, m1) = (hidden[4 * j], hidden[4 * j + 1], hidden[4 * j + 2], hidden[4 * j + 3])
            let gPlus = lanes_add(g0, g1), gMinus = lanes_sub(g0, g1), mPlus = lanes_add(m0, m1), mMinus = lanes_sub(m0, m1)
            for i in 0..<tangentThrees(taps) {
                let e = 4 * i, s = n * j + e
                sums[s] = lanes_fma(m0, lanes_splat(du[e]), lanes_fma(g0, lanes_splat(u[e]), sums[s]))
                sums[s + 1] = lanes_fma(mPlus, lanes_splat(du[e + 1]), lanes_fma(gPlus, lanes_splat(u[e + 1]), sums[s + 1]))
                sums[s + 2] = lanes_fma(mMinus, lanes_splat(du[e + 2]), lanes_fma(gMinus, lanes_splat(u[e + 2]), sums[s + 2]))
                sums[s + 3] = lanes_subtract_product(m1, lanes_splat(du[e + 3]), lanes_subtract_product(g1, lanes_splat(u[e + 3]), sums[s + 3]))
            }
            for i in 0..<tangentTwos(taps) {
                let e = 4 * tangentThrees(taps) + 3 * i, s = n * j + e
                sums[s] = lanes_fma(m0, lanes_splat(du[e]), lanes_fma(g0, lanes_splat(u[e]), sums[s]))
                sums[s + 1] = lanes_fma(mPlus, lanes_splat(du[e + 1]), lanes_fma(gPlus, lanes_splat(u[e + 1]), sums[s + 1]))
                sums[s + 2] = lanes_fma(m1, lanes_splat(du[e + 2]), lanes_fma(g1, lanes_splat(u[e + 2]), sums[s + 2]))
            }
        }
        hidden += 2 * TangentPass.piece(taps)
        u += n
        du += n
    }
    for e in 0..<(two ? 2 * n : n) { dv[e] = sums[e] }
}

/// Fills in a piece's part of the mask.
@_transparent
func tangentMask(_ f: TangentPass, _ start: Int, _ pairs: Int, taps: Int) {
    if taps == 3 { tangentWindows(f.v, f.x + start, pairs, taps: taps) }
    for c in 0..<f.channels {
        let w = tangentHiddenTaps(f, c, taps: taps), b = lanes_splat(f.b1[c])
        var x = f.x + start, v = f.v, mask = f.mask.unsafelyUnwrapped + c * TangentPass.row(f.length) + start
        for _ in 0..<pairs {
            let h = tangentHidden(x, v, w, b, taps: taps)
            mask[0] = lanes_positive(h.0)
            mask[1] = lanes_positive(h.1)
            x += 2
            v += tangentEntries(taps)
            mask += 2
        }
    }
}

/// Puts finished sums where they belong.
@inline(never)
func tangentFinish(_ f: TangentPass, _ start: Int, _ count: Int, _ taps: Int) {
    let first = start + f.first, low = min(max(-first, 0), count), high = max(min(f.length - first, count), low)
    if low > 0 { twoLayerScatter(f.out, f.halo, f.sums, first, low, f.length, taps, f.bias) }
    let bias = lanes_splat(f.bias), out = f.out + first
    for i in low..<high { out[i] = lanes_add(f.sums[i], bias) }
    if high < count { twoLayerScatter(f.out, f.halo, f.sums + high, first + high, count - high, f.length, taps, f.bias) }
}

@_transparent
func tangentFused(_ f: TangentPass, taps: Int, backward: Bool, hasMask: Bool) {
    lanes_align_stack()
    lanes_clear(f.sums, taps - 1)
    var start = 0
    while start < f.length {
        let count = min(TangentPass.piece(taps), f.length - start), pairs = (count + 1) / 2, half = count % 2 == 1
        if !backward { tangentWindows(f.v, f.x + start, pairs, taps: taps) }
        if let a = f.a { tangentWindows(f.va, a + start, pairs, taps: taps) }
        if backward { tangentWindows(f.vb, f.b + start, pairs, taps: taps) }
        if backward && !hasMask { tangentMask(f, start, pairs, taps: taps) }
        if taps == 3 { lanes_clear(f.dv, pairs * tangentEntries(taps)) }
        for c in 0..<f.channels {
            let slot = c % TangentPass.slots
            if backward {
                tangentChannel(f, c, slot: slot, start, pairs, half: half, taps: taps, backward: true, moving: true, masks: true)
            } else if f.a != nil {
                if f.mask != nil {
                    tangentChannel(f, c, slot: slot, start, pairs, half: half, taps: taps, backward: false, moving: true, masks: true)
                } else {
                    tangentChannel(f, c, slot: slot, start, pairs, half: half, taps: taps, backward: false, moving: true, masks: false)
                }
            } else {
                tangentChannel(f, c, slot: slot, start, pairs, half: half, taps: taps, backward: false, moving: false, masks: f.mask != nil)
            }
            if taps > 3 && (slot == TangentPass.slots - 1 || c == f.channels - 1) {
                var pair = 0
                // The sums of two pairs of 9 taps take more registers than there are.
                while taps < 9 && pair + 2 <= pairs {
                    tangentSums(f, c - slot, slot + 1, pair, two: true, taps: taps, backward: backward)
                    pair += 2
                }
                while pair < pairs {
                    tangentSums(f, c - slot, slot + 1, pair, two: false, taps: taps, backward: backward)
                    pair += 1
                }
            }
        }
        tangentSpread(f.sums, f.dv, pairs, taps: taps)
        tangentFinish(f, start, count, taps)
        for i in 0..<taps - 1 { f.sums[i] = f.sums[count + i] }
        start += count
    }
    tangentFinish(f, f.length, taps - 1, taps)
    if f.circular { twoLayerFold(f.out, f.halo, -f.first, taps - 1 + f.first, f.length, taps) }
}

func twoLayerTangent3(_ f: TangentPass) { tangentFused(f, taps: 3, backward: false, hasMask: false) }
func twoLayerTangent5(_ f: TangentPass) { tangentFused(f, taps: 5, backward: false, hasMask: false) }
func twoLayerTangent7(_ f: TangentPass) { tangentFused(f, taps: 7, backward: false, hasMask: false) }
func twoLayerTangent9(_ f: TangentPass) { tangentFused(f, taps: 9, backward: false, hasMask: false) }
