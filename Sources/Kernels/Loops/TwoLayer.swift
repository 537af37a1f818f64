// conv, ReLU, conv over one axis and its gradients: the general form, any number of channels, through the hidden map.
import CLanes
import KernelInterface

@inline(__always)
func twoLayerConvolution(_ g: TwoLayerGeometry, second: Bool) -> ConvolutionGeometry {
    var c = ConvolutionGeometry()
    c.inChannels = second ? g.hidden : g.inChannels
    c.outChannels = second ? g.outChannels : g.hidden
    c.inLength = g.length
    c.outLength = g.length
    c.taps = second ? g.taps2 : g.taps1
    c.padLeft = second ? g.padLeft2 : g.padLeft1
    c.mode = g.mode
    return c
}

@inline(__always)
func twoLayerIsCircular(_ g: TwoLayerGeometry) -> Bool {
    switch g.mode { case .circular: return true; default: return false }
}

/// Whether the fused kernels cover this geometry.
@inline(__always)
func twoLayerFuses(_ g: TwoLayerGeometry) -> Bool {
    if g.inChannels != 1 || g.outChannels != 1 || g.taps1 != g.taps2 { return false }
    switch g.taps1 { case 3, 5, 7, 9: break; default: return false }
    switch g.mode { case .reflect: return false; default: break }
    return g.padLeft1 >= 0 && g.padLeft1 < g.taps1 && g.padLeft2 >= 0 && g.padLeft2 < g.taps2 && g.length >= g.taps1
}

func twoLayerScratch(_ geometry: UnsafeRawPointer) -> Int {
    let g = geometry.assumingMemoryBound(to: TwoLayerGeometry.self).pointee
    if twoLayerFuses(g) {
        let (before, window, each) = twoLayerBackwardScratch(g)
        return max(before + TwoLayerWeightSums.count(window: window, each: each, channels: g.hidden) + 6 * g.taps1 + 32, TangentPass.scratch(g))
    }
    return 3 * g.hidden * g.length + max(g.inChannels, g.outChannels) * g.length
}

func twoLayerForward(
    _ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ w1: UnsafeRawPointer, _ b1: UnsafeRawPointer, _ w2: UnsafeRawPointer,
    _ b2: UnsafeRawPointer, _ hidden: UnsafeMutableRawPointer?, _ scratch: UnsafeMutableRawPointer, _ geometry: UnsafeRawPointer
) {
    let g = geometry.assumingMemoryBound(to: TwoLayerGeometry.self).pointee
    if twoLayerFuses(g) {
        let carry = scratch.assumingMemoryBound(to: Lanes.self)
        let f = TwoLayerForwardPass(
            y: y.assumingMemoryBound(to: Lanes.self), x: x.assumingMemoryBound(to: Lanes.self),
            w1: w1.assumingMemoryBound(to: Real.self), b1: b1.assumingMemoryBound(to: Real.self),
            w2: w2.assumingMemoryBound(to: Real.self), b2: b2.assumingMemoryBound(to: Real.self).pointee,
            hidden: hidden?.assumingMemoryBound(to: Lanes.self),
            carry: carry, halo: carry + g.taps1, copy: carry + 3 * g.taps1, zero: carry + 4 * g.taps1 + 8, transformed: carry + 5 * g.taps1 + 16,
            channels: g.hidden, length: g.length, padLeft1: g.padLeft1, padLeft2: g.padLeft2, circular: twoLayerIsCircular(g))
        switch g.taps1 {
        case 3: twoLayerWinogradForward(f)
        case 5: twoLayerForward5(f)
        case 7: twoLayerForward7(f)
        default: twoLayerForward9(f)
        }
        return
    }
    let h = (hidden ?? scratch).assumingMemoryBound(to: Lanes.self)
    var first = twoLayerConvolution(g, second: false), second = twoLayerConvolution(g, second: true)
    convolve(h, x, w1, b1, &first)
    for i in 0..<g.hidden * g.length { h[i] = lanes_relu(h[i]) }
    convolve(y, h, w2, b2, &second)
}

func twoLayerBackward(_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) {
    // Field by field: a copy of what was just written in smaller pieces would wait until it is in the cache.
    let place = geometry.assumingMemoryBound(to: TwoLayerGeometry.self), pass = pointers.assumingMemoryBound(to: TwoLayerBackward.self)
    if let gb2 = pass.pointee.gb2 { twoLayerBias(gb2, pass.pointee.gy, place.pointee.outChannels, place.pointee.length, pass.pointee.lanes) }
    if twoLayerFuses(place.pointee) { return twoLayerBackwardFused(pass, place) }
    let g = place.pointee, b = pass.pointee
    var first = twoLayerConvolution(g, second: false), second = twoLayerConvolution(g, second: true)
    let count = g.hidden * g.length
    let gh = b.scratch.assumingMemoryBound(to: Lanes.self)
    var h = b.hidden?.assumingMemoryBound(to: Lanes.self)
    if h == nil {
        let map = gh + count
        convolve(map, b.x, b.w1, b.b1, &first)
        for i in 0..<count { map[i] = lanes_relu(map[i]) }
        h = UnsafePointer(map)
    }
    convolveTransposed(gh, b.gy, b.w2, &second)
    for i in 0..<count { gh[i] = lanes_where_positive(h![i], gh[i]) }
    if let gw2 = b.gw2 { convolveWeightGradient(gw2, h!, b.gy, &second, b.lanes) }
    if let gw1 = b.gw1 { convolveWeightGradient(gw1, b.x, gh, &first, b.lanes) }
    if let gb1 = b.gb1 { twoLayerBias(gb1, gh, g.hidden, g.length, b.lanes) }
    if let gx = b.gx { convolveTransposed(gx, gh, b.w1, &first) }
}

/// Adds to each channel's bias gradient the sum of the channel's gradient, in four interleaved sums.
@inline(never)
func twoLayerBias(_ sums: UnsafeMutableRawPointer, _ gradient: UnsafeRawPointer, _ channels: Int, _ length: Int, _ lanes: Int) {
    let sums = sums.assumingMemoryBound(to: Lanes.self)
    var g = gradient.assumingMemoryBound(to: Lanes.self)
    for c in 0..<channels {
        let zero = lanes_splat(0)
        var (a0, a1, a2, a3) = (zero, zero, zero, zero)
        var i = 0
        while i + 4 <= length {
            a0 = lanes_add(a0, g[i])
            a1 = lanes_add(a1, g[i + 1])
            a2 = lanes_add(a2, g[i + 2])
            a3 = lanes_add(a3, g[i + 3])
            i += 4
        }
        while i < length {
            a0 = lanes_add(a0, g[i])
            i += 1
        }
        sums[c] = lanes_add(sums[c], lanes_first(lanes_add(lanes_add(a0, a1), lanes_add(a2, a3)), Int32(lanes)))
        g += length
    }
}
