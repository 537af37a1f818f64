// The tangent of the gradient of conv, ReLU, conv in x: see TwoLayerTangent.
import CLanes
import KernelInterface

func twoLayerTangentBackward(_ pointers: UnsafeRawPointer, _ geometry: UnsafeRawPointer) {
    let g = geometry.assumingMemoryBound(to: TwoLayerGeometry.self).pointee
    let p = pointers.assumingMemoryBound(to: TwoLayerTangentBackward.self).pointee
    if twoLayerFuses(g) {
        let f = TangentPass(
            g, out: p.dgx, x: p.x, a: p.gy, b: p.dgy, backward: true, w1: p.w1, b1: p.b1, w2: p.w2, dw1: p.dw1, db1: p.b1, dw2: p.dw2, bias: 0,
            mask: p.mask.map { UnsafeMutableRawPointer(mutating: $0) }, scratch: p.scratch)
        switch g.taps1 {
        case 3: return twoLayerTangentBackward3(f, p.mask != nil)
        case 5: return twoLayerTangentBackward5(f, p.mask != nil)
        case 7: return twoLayerTangentBackward7(f, p.mask != nil)
        default: return twoLayerTangentBackward9(f, p.mask != nil)
        }
    }
    var first = twoLayerConvolution(g, second: false), second = twoLayerConvolution(g, second: true)
    let count = g.hidden * g.length
    let h = p.scratch.assumingMemoryBound(to: Lanes.self), d = h + count, m = d + count, more = m + count
    convolve(h, p.x, p.w1, p.b1, &first)
    convolveTransposed(d, p.dgy, p.w2, &second)
    convolveTransposed(m, p.gy, p.dw2, &second)
    for i in 0..<count { d[i] = lanes_where_positive(h[i], lanes_add(d[i], m[i])) }
    convolveTransposed(m, p.gy, p.w2, &second)
    for i in 0..<count { m[i] = lanes_where_positive(h[i], m[i]) }
    convolveTransposed(p.dgx, d, p.w1, &first)
    convolveTransposed(more, m, p.dw1, &first)
    let dgx = p.dgx.assumingMemoryBound(to: Lanes.self)
    for i in 0..<g.inChannels * g.length { dgx[i] = lanes_add(dgx[i], more[i]) }
}

func twoLayerTangentBackward3(_ f: TangentPass, _ hasMask: Bool) { tangentFused(f, taps: 3, backward: true, hasMask: hasMask) }
func twoLayerTangentBackward5(_ f: TangentPass, _ hasMask: Bool) { tangentFused(f, taps: 5, backward: true, hasMask: hasMask) }
func twoLayerTangentBackward7(_ f: TangentPass, _ hasMask: Bool) { tangentFused(f, taps: 7, backward: true, hasMask: hasMask) }
func twoLayerTangentBackward9(_ f: TangentPass, _ hasMask: Bool) { tangentFused(f, taps: 9, backward: true, hasMask: hasMask) }
