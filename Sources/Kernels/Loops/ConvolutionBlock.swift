// The inner kernels of convolution: a block of output channels times output positions stays in registers while all input
// channels and taps run past it.
// Invariant: an output starts from its bias and adds channel by channel, row by row, tap by tap, whatever the block.
import CLanes
import KernelInterface

/// One group's share of a convolution with free strides, in elements of 16 lanes (x, y) or of one weight (w).
struct ConvolutionRun {
    var x: UnsafePointer<Lanes>, channels: Int, height: Int, length: Int, mode: PaddingMode
    var tapHeight: Int, taps: Int, strideHeight: Int, stride: Int, dilationHeight: Int, dilation: Int, padTop: Int, padLeft: Int
    var w: UnsafePointer<Real>, wOut: Int, wChannel: Int, wRow: Int, wTap: Int
    var bias: UnsafePointer<Real>?
    var y: UnsafeMutablePointer<Lanes>, outChannels: Int, outHeight: Int, outLength: Int
    var yChannel: Int, yRow: Int, yStep: Int
}

/// `x` points to what tap 0 of the block's first position reads in the first channel, `y` to the block's first output.
@_transparent
func convolutionBlock(
    _ run: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ o: Int,
    outputs: Int, width: Int, step: Int, chunk: Int
) {
    var sums = registers16()
    if let bias = run.bias {
        for i in 0..<outputs { for j in 0..<width { sums[i * width + j] = lanes_splat(bias[o + i]) } }
    }
    let (taps, dilation, wOut, wTap) = (run.taps, run.dilation, run.wOut, run.wTap)
    for c in 0..<run.channels {
        for s in 0..<run.tapHeight {
            var source = x + c * xChannel + s * xRow
            var w = run.w + o * wOut + c * run.wChannel + s * run.wRow
            var t = 0
            if chunk > 1 {
                // Taps next to each other (dilation 1): each entry of x is loaded once for all of them.
                while t + chunk <= taps {
                    for u in 0..<chunk {
                        let weight = lanes_splat(w[u * wTap])
                        for j in 0..<width { sums[j] = lanes_fma(source[j + u], weight, sums[j]) }
                    }
                    source += chunk
                    w += chunk * wTap
                    t += chunk
                }
            }
            while t < taps {
                for i in 0..<outputs {
                    let weight = lanes_splat(w[i * wOut])
                    for j in 0..<width { sums[i * width + j] = lanes_fma(source[j * step], weight, sums[i * width + j]) }
                }
                source += dilation
                w += wTap
                t += 1
            }
        }
    }
    for i in 0..<outputs { for j in 0..<width { y[i * run.yChannel + j * run.yStep] = sums[i * width + j] } }
}

/// Blocks of `width` positions while `least` or more are left, from position `start`; returns the position reached.
@_transparent
func convolutionBlocks(
    _ run: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ o: Int,
    _ start: Int, _ count: Int, least: Int, outputs: Int, width: Int, step: Int, chunk: Int
) -> Int {
    var p = start
    while count - p >= least {
        convolutionBlock(run, x + p * step, xChannel, xRow, y + p * run.yStep, o, outputs: outputs, width: width, step: step, chunk: chunk)
        p += width
    }
    return p
}

/// Outputs o ..< o + 4 of `count` positions. A last block may reach back over finished positions, which it computes again to the same bits.
@inline(never)
func convolutionRow4(
    _ r: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ o: Int, _ count: Int
) {
    var p = 0
    if count >= 4 {
        while p < count {
            p = min(p, count - 4)
            convolutionBlock(r, x + p * r.stride, xChannel, xRow, y + p * r.yStep, o, outputs: 4, width: 4, step: r.stride, chunk: 1)
            p += 4
        }
    } else {
        _ = convolutionBlocks(r, x, xChannel, xRow, y, o, 0, count, least: 1, outputs: 4, width: 1, step: r.stride, chunk: 1)
    }
}

/// Two outputs, stride 1.
@inline(never)
func convolutionRow2(
    _ r: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ o: Int, _ count: Int
) {
    var p = convolutionBlocks(r, x, xChannel, xRow, y, o, 0, count, least: 8, outputs: 2, width: 8, step: 1, chunk: 1)
    if count >= 4 {
        while p < count {
            p = min(p, count - 4)
            convolutionBlock(r, x + p, xChannel, xRow, y + p * r.yStep, o, outputs: 2, width: 4, step: 1, chunk: 1)
            p += 4
        }
    } else {
        _ = convolutionBlocks(r, x, xChannel, xRow, y, o, p, count, least: 1, outputs: 2, width: 1, step: 1, chunk: 1)
    }
}

/// One output, stride 1 and dilation 1.
@inline(never)
func convolutionRow1(
    _ r: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ o: Int, _ count: Int
) {
    var p = convolutionBlocks(r, x, xChannel, xRow, y, o, 0, count, least: 16, outputs: 1, width: 16, step: 1, chunk: 4)
    p = convolutionBlocks(r, x, xChannel, xRow, y, o, p, count, least: 8, outputs: 1, width: 8, step: 1, chunk: 4)
    if count >= 4 {
        while p < count {
            p = min(p, count - 4)
            convolutionBlock(r, x + p, xChannel, xRow, y + p * r.yStep, o, outputs: 1, width: 4, step: 1, chunk: 4)
            p += 4
        }
    } else {
        _ = convolutionBlocks(r, x, xChannel, xRow, y, o, p, count, least: 1, outputs: 1, width: 1, step: 1, chunk: 4)
    }
}

/// One output, any stride and dilation.
@inline(never)
func convolutionRow1Strided(
    _ r: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ o: Int, _ count: Int
) {
    var p = 0
    if count >= 8 {
        while p < count {
            p = min(p, count - 8)
            convolutionBlock(r, x + p * r.stride, xChannel, xRow, y + p * r.yStep, o, outputs: 1, width: 8, step: r.stride, chunk: 1)
            p += 8
        }
    } else {
        _ = convolutionBlocks(r, x, xChannel, xRow, y, o, 0, count, least: 1, outputs: 1, width: 1, step: r.stride, chunk: 1)
    }
}

/// All output channels of `count` positions; `x` points to what tap 0 of the first of them reads.
@inline(__always)
func convolutionRow(_ r: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ count: Int) {
    // A long row in pieces: what a piece reads stays in the caches for all outputs, and an interrupt has not long to wait.
    let piece = 4096
    var p = 0
    while p < count && !isStopped() {
        convolutionRowPiece(r, x + p * r.stride, xChannel, xRow, y + p * r.yStep, min(piece, count - p))
        p += piece
    }
}

@inline(__always)
func convolutionRowPiece(_ r: ConvolutionRun, _ x: UnsafePointer<Lanes>, _ xChannel: Int, _ xRow: Int, _ y: UnsafeMutablePointer<Lanes>, _ count: Int) {
    var o = 0
    while o < r.outChannels && !isStopped() {
        let left = r.outChannels - o, y = y + o * r.yChannel
        if left >= 4 {
            convolutionRow4(r, x, xChannel, xRow, y, o, count)
            o += 4
        } else if left >= 2 && r.stride == 1 {
            convolutionRow2(r, x, xChannel, xRow, y, o, count)
            o += 2
        } else {
            if r.stride == 1 && r.dilation == 1 { convolutionRow1(r, x, xChannel, xRow, y, o, count) } else { convolutionRow1Strided(r, x, xChannel, xRow, y, o, count) }
            o += 1
        }
    }
}
