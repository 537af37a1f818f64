// The adjoint of convolution in x. The gradient of the padded signal is itself a convolution of gy with the taps reversed:
// with u = p * stride + t * dilation, gradient[c][u] = sum over o, t of w[o][c][t] * gy[o][(u - t * dilation) / stride], one
// convolution for each remainder of u by the stride (its phase). Folding the padding back gives gx exactly, in every mode.
import CLanes
import KernelInterface

/// The taps that reach the positions u = phase + stride * v along one axis: first, first + every, ... (count of them),
/// which read gy[v - shift - m * dilation] for m = 0, 1, ...
struct ConvolutionPhase {
    var first = 0, every = 1, count = 0, shift = 0, dilation = 1

    @inline(__always)
    init(_ phase: Int, taps: Int, stride: Int, dilation tapDilation: Int) {
        var a = tapDilation, b = stride
        while b != 0 { (a, b) = (b, a % b) }
        every = stride / a
        dilation = tapDilation / a
        while first < taps && (first * tapDilation - phase) % stride != 0 { first += 1 }
        if first < taps { count = (taps - 1 - first) / every + 1 }
        shift = (first * tapDilation - phase) / stride
    }
}

func convolveTransposed(_ gx: UnsafeMutableRawPointer, _ gy: UnsafeRawPointer, _ w: UnsafeRawPointer, _ geometry: UnsafeRawPointer) {
    let g = geometry.assumingMemoryBound(to: ConvolutionGeometry.self).pointee
    let channels = g.inChannels / g.groups, outChannels = g.outChannels / g.groups
    let gy = gy.assumingMemoryBound(to: Lanes.self), gx = gx.assumingMemoryBound(to: Lanes.self), w = w.assumingMemoryBound(to: Real.self)
    let height = g.inHeight, length = g.inLength
    // The padded positions that are wanted: the signal itself where the outside is zero, else all, to be folded.
    var firstRow = -g.padTop, rows = (g.outHeight - 1) * g.strideHeight + (g.tapHeight - 1) * g.dilationHeight + 1
    var first = -g.padLeft, width = (g.outLength - 1) * g.stride + (g.taps - 1) * g.dilation + 1
    var mode = PaddingMode.zeros, fold = true
    switch g.mode {
    case .zeros: (firstRow, rows, first, width, fold) = (0, height, 0, length, false)
    case .circular:
        // Where whole strides go round the circle, each phase of gx is a circular convolution of gy.
        if g.inHeight == 1 && g.outHeight == 1 && g.tapHeight == 1 && g.padTop == 0 && g.outLength * g.stride == length {
            (firstRow, rows, first, width, fold, mode) = (0, height, 0, length, false, .circular)
        }
    case .reflect: break
    }
    let wChannel = g.tapHeight * g.taps
    for group in 0..<g.groups {
        let target = gx + group * channels * height * length
        let result = fold ? lanes_scratch(lanes_scratch_sums, channels * rows * width).assumingMemoryBound(to: Lanes.self) : target
        for rowPhase in 0..<min(g.strideHeight, rows) {
            // Row r of the result is u = r + firstRow + padTop of the padded signal.
            let vertical = ConvolutionPhase((rowPhase + firstRow + g.padTop) % g.strideHeight, taps: g.tapHeight, stride: g.strideHeight, dilation: g.dilationHeight)
            for phase in 0..<min(g.stride, width) {
                let u = phase + first + g.padLeft, top = rowPhase + firstRow + g.padTop
                let along = ConvolutionPhase(u % g.stride, taps: g.taps, stride: g.stride, dilation: g.dilation)
                let used = vertical.count * along.count
                convolutionRun(ConvolutionRun(
                    x: gy + group * outChannels * g.outHeight * g.outLength,
                    channels: used == 0 ? 0 : outChannels, height: g.outHeight, length: g.outLength, mode: mode,
                    tapHeight: vertical.count, taps: along.count, strideHeight: 1, stride: 1,
                    dilationHeight: vertical.dilation, dilation: along.dilation,
                    padTop: (vertical.count - 1) * vertical.dilation + vertical.shift - top / g.strideHeight,
                    padLeft: (along.count - 1) * along.dilation + along.shift - u / g.stride,
                    w: w + group * outChannels * channels * wChannel
                        + (vertical.first + max(0, vertical.count - 1) * vertical.every) * g.taps + along.first + max(0, along.count - 1) * along.every,
                    wOut: wChannel, wChannel: channels * wChannel, wRow: -vertical.every * g.taps, wTap: -along.every,
                    bias: nil,
                    y: result + rowPhase * width + phase, outChannels: channels,
                    outHeight: (rows - 1 - rowPhase) / g.strideHeight + 1, outLength: (width - 1 - phase) / g.stride + 1,
                    yChannel: rows * width, yRow: g.strideHeight * width, yStep: g.stride))
            }
        }
        if fold {
            convolutionFold(target, UnsafePointer(result), channels, height, length, g.mode, firstRow: firstRow, rows: rows, first: first, width: width)
        }
    }
}
