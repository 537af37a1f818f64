// Cross-correlation of a packed block and its two adjoints, as the definition says.
import CLanes
import KernelInterface

func convolve(_ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ w: UnsafeRawPointer, _ bias: UnsafeRawPointer?, _ geometry: UnsafeRawPointer) {
    let g = geometry.assumingMemoryBound(to: ConvolutionGeometry.self).pointee
    let y = y.assumingMemoryBound(to: Lanes.self), x = x.assumingMemoryBound(to: Lanes.self)
    let w = w.assumingMemoryBound(to: Real.self), bias = bias?.assumingMemoryBound(to: Real.self)
    let inGroup = g.inChannels / g.groups, outGroup = g.outChannels / g.groups
    for o in 0..<g.outChannels {
        let c0 = o / outGroup * inGroup
        for i in 0..<g.outHeight {
            for p in 0..<g.outLength {
                var sum = lanes_splat(bias == nil ? 0 : bias![o])
                var k = o * inGroup * g.tapHeight * g.taps
                for c in c0..<c0 + inGroup {
                    for s in 0..<g.tapHeight {
                        let row = resolvePosition(i * g.strideHeight + s * g.dilationHeight - g.padTop, g.inHeight, g.mode)
                        for t in 0..<g.taps {
                            let column = resolvePosition(p * g.stride + t * g.dilation - g.padLeft, g.inLength, g.mode)
                            if row >= 0 && column >= 0 {
                                sum = lanes_fma(x[(c * g.inHeight + row) * g.inLength + column], lanes_splat(w[k]), sum)
                            }
                            k += 1
                        }
                    }
                }
                y[(o * g.outHeight + i) * g.outLength + p] = sum
            }
        }
    }
}

func convolveTransposed(_ gx: UnsafeMutableRawPointer, _ gy: UnsafeRawPointer, _ w: UnsafeRawPointer, _ geometry: UnsafeRawPointer) {
    let g = geometry.assumingMemoryBound(to: ConvolutionGeometry.self).pointee
    let gx = gx.assumingMemoryBound(to: Lanes.self), gy = gy.assumingMemoryBound(to: Lanes.self)
    let w = w.assumingMemoryBound(to: Real.self)
    let inGroup = g.inChannels / g.groups, outGroup = g.outChannels / g.groups
    for i in 0..<g.inCount { gx[i] = lanes_splat(0) }
    for o in 0..<g.outChannels {
        let c0 = o / outGroup * inGroup
        for i in 0..<g.outHeight {
            for p in 0..<g.outLength {
                let value = gy[(o * g.outHeight + i) * g.outLength + p]
                var k = o * inGroup * g.tapHeight * g.taps
                for c in c0..<c0 + inGroup {
                    for s in 0..<g.tapHeight {
                        let row = resolvePosition(i * g.strideHeight + s * g.dilationHeight - g.padTop, g.inHeight, g.mode)
                        for t in 0..<g.taps {
                            let column = resolvePosition(p * g.stride + t * g.dilation - g.padLeft, g.inLength, g.mode)
                            if row >= 0 && column >= 0 {
                                let e = (c * g.inHeight + row) * g.inLength + column
                                gx[e] = lanes_fma(value, lanes_splat(w[k]), gx[e])
                            }
                            k += 1
                        }
                    }
                }
            }
        }
    }
}

func convolveWeightGradient(_ gw: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ gy: UnsafeRawPointer, _ geometry: UnsafeRawPointer, _ lanes: Int) {
    let g = geometry.assumingMemoryBound(to: ConvolutionGeometry.self).pointee
    let gw = gw.assumingMemoryBound(to: Lanes.self), gy = gy.assumingMemoryBound(to: Lanes.self), x = x.assumingMemoryBound(to: Lanes.self)
    let inGroup = g.inChannels / g.groups, outGroup = g.outChannels / g.groups
    var k = 0
    for o in 0..<g.outChannels {
        let c0 = o / outGroup * inGroup
        for c in c0..<c0 + inGroup {
            for s in 0..<g.tapHeight {
                for t in 0..<g.taps {
                    var sum = lanes_splat(0)
                    for i in 0..<g.outHeight {
                        let row = resolvePosition(i * g.strideHeight + s * g.dilationHeight - g.padTop, g.inHeight, g.mode)
                        for p in 0..<g.outLength {
                            let column = resolvePosition(p * g.stride + t * g.dilation - g.padLeft, g.inLength, g.mode)
                            if row >= 0 && column >= 0 {
                                sum = lanes_fma(x[(c * g.inHeight + row) * g.inLength + column], gy[(o * g.outHeight + i) * g.outLength + p], sum)
                            }
                        }
                    }
                    gw[k] = lanes_add(gw[k], lanes_first(sum, Int32(lanes)))
                    k += 1
                }
            }
        }
    }
}
