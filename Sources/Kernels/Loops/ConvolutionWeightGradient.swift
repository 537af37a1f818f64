// The adjoint of convolution in w: one sum over positions for each weight and lane.
// Invariant: a weight's sum is one chain over rows and positions, or four chains over every fourth position added at the
// end when there are few weights; which of the two depends on the geometry only. Of more than 512 positions every 512 have
// chains of their own, whose sums are added in pairs (PairwiseSums). Lanes are masked when a sum is added to gw.
import CLanes
import KernelInterface

/// What stays the same for one or four output channels: gw is [output][count], x the padded signal of the group.
struct ConvolutionGradient {
    var x: UnsafePointer<Lanes>, xRow: Int, step: Int
    var gy: UnsafePointer<Lanes>, gyChannel: Int, gyRow: Int, height: Int, length: Int
    var count: Int, lanes: Int32
}

/// `outputs` channels of gy times `columns` weights, which are offsets into x; `split` chains for each pair.
@_transparent
func convolutionGradientBlock(
    _ g: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>,
    outputs: Int, columns: Int, split: Int, step: Int, adjacent: Bool
) {
    var sums = registers16()
    let (length, gyChannel) = (g.length, g.gyChannel)
    for i in 0..<g.height {
        let gy = g.gy + i * g.gyRow, x = g.x + i * g.xRow
        var p = 0
        while p + split <= length {
            for q in 0..<split {
                for a in 0..<outputs {
                    let value = gy[a * gyChannel + p + q]
                    for b in 0..<columns {
                        let seen = adjacent ? x[offsets[0] + b + p + q] : x[offsets[b] + (p + q) * step]
                        sums[(a * columns + b) * split + q] = lanes_fma(seen, value, sums[(a * columns + b) * split + q])
                    }
                }
            }
            p += split
        }
        while p < length {
            for a in 0..<outputs {
                for b in 0..<columns {
                    let value = adjacent ? x[offsets[0] + b + p] : x[offsets[b] + p * step]
                    sums[(a * columns + b) * split] = lanes_fma(value, gy[a * gyChannel + p], sums[(a * columns + b) * split])
                }
            }
            p += 1
        }
    }
    for a in 0..<outputs {
        for b in 0..<columns {
            var sum = sums[(a * columns + b) * split]
            for q in 1..<max(1, split) where q < split { sum = lanes_add(sum, sums[(a * columns + b) * split + q]) }
            let target = gw + a * g.count + b
            target.pointee = lanes_add(target.pointee, lanes_first(sum, g.lanes))
        }
    }
}

func convolutionGradient4x4(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 4, columns: 4, split: 1, step: b.step, adjacent: false)
}
func convolutionGradient4x3(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 4, columns: 3, split: 1, step: b.step, adjacent: false)
}
func convolutionGradient4x2(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 4, columns: 2, split: 2, step: b.step, adjacent: false)
}
func convolutionGradient4x1(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 4, columns: 1, split: 4, step: b.step, adjacent: false)
}
func convolutionGradient1x4(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 1, columns: 4, split: 4, step: b.step, adjacent: false)
}
func convolutionGradient1x4Adjacent(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 1, columns: 4, split: 4, step: 1, adjacent: true)
}
func convolutionGradient1x3(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 1, columns: 3, split: 4, step: b.step, adjacent: false)
}
func convolutionGradient1x3Adjacent(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 1, columns: 3, split: 4, step: 1, adjacent: true)
}
func convolutionGradient1x2(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 1, columns: 2, split: 4, step: b.step, adjacent: false)
}
func convolutionGradient1x1(_ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>) {
    convolutionGradientBlock(b, offsets, gw, outputs: 1, columns: 1, split: 8, step: b.step, adjacent: false)
}

/// Positions of one chain.
let convolutionGradientPositions = 512

/// The weights of one or four output channels in one chain each.
@inline(__always)
func convolutionGradientBlocks(
    _ b: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>, _ four: Bool, _ columns: Int, _ adjacent: Bool
) {
    switch (four, columns, adjacent) {
    case (true, 4, _): convolutionGradient4x4(b, offsets, gw)
    case (true, 3, _): convolutionGradient4x3(b, offsets, gw)
    case (true, 2, _): convolutionGradient4x2(b, offsets, gw)
    case (true, _, _): convolutionGradient4x1(b, offsets, gw)
    case (false, 4, true): convolutionGradient1x4Adjacent(b, offsets, gw)
    case (false, 3, true): convolutionGradient1x3Adjacent(b, offsets, gw)
    case (false, 4, _): convolutionGradient1x4(b, offsets, gw)
    case (false, 3, _): convolutionGradient1x3(b, offsets, gw)
    case (false, 2, _): convolutionGradient1x2(b, offsets, gw)
    default: convolutionGradient1x1(b, offsets, gw)
    }
}

/// The same over many positions: whole rows while several fit into a chain, else parts of one.
@inline(never)
func convolutionGradientPieces(
    _ whole: ConvolutionGradient, _ offsets: UnsafePointer<Int>, _ gw: UnsafeMutablePointer<Lanes>, _ four: Bool, _ columns: Int, _ adjacent: Bool
) {
    let outputs = four ? 4 : 1
    let rows = max(1, convolutionGradientPositions / whole.length)
    let length = min(whole.length, convolutionGradientPositions)
    let parts = (whole.length + length - 1) / length
    let pieces = (whole.height + rows - 1) / rows * parts
    let room: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_deep, PairwiseStack.room(width: outputs * columns, blocks: pieces))
    var sums = PairwiseStack(room.assumingMemoryBound(to: Lanes.self), width: outputs * columns)
    var piece = whole
    piece.count = columns
    var i = 0
    while i < whole.height {
        piece.height = min(rows, whole.height - i)
        var p = 0
        while p < whole.length {
            if isStopped() { return }
            piece.x = whole.x + i * whole.xRow + p * whole.step
            piece.gy = whole.gy + i * whole.gyRow + p
            piece.length = min(length, whole.length - p)
            let target = sums.next
            for e in 0..<outputs * columns { target[e] = lanes_splat(0) }
            convolutionGradientBlocks(piece, offsets, target, four, columns, adjacent)
            sums.advance()
            p += length
        }
        i += rows
    }
    let total = sums.finish()
    for a in 0..<outputs {
        for b in 0..<columns {
            let target = gw + a * whole.count + b
            target.pointee = lanes_add(target.pointee, total[a * columns + b])
        }
    }
}

func convolveWeightGradient(_ gw: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ gy: UnsafeRawPointer, _ geometry: UnsafeRawPointer, _ lanes: Int) {
    let g = geometry.assumingMemoryBound(to: ConvolutionGeometry.self).pointee
    let gw = gw.assumingMemoryBound(to: Lanes.self), gy = gy.assumingMemoryBound(to: Lanes.self), x = x.assumingMemoryBound(to: Lanes.self)
    let channels = g.inChannels / g.groups, outChannels = g.outChannels / g.groups
    var height = g.inHeight, length = g.inLength
    let rows = (g.outHeight - 1) * g.strideHeight + (g.tapHeight - 1) * g.dilationHeight + 1, width = (g.outLength - 1) * g.stride + (g.taps - 1) * g.dilation + 1
    let inside = g.padTop <= 0 && rows - g.padTop <= height && g.padLeft <= 0 && width - g.padLeft <= length
    var source = x - g.padTop * length - g.padLeft
    if !inside {
        let copy = convolutionRoom(x - g.padLeft, g.inChannels * rows * width)
        convolutionPatch(copy, x, g.inChannels, height, length, g.mode, firstRow: -g.padTop, rowStep: 1, rows: rows, first: -g.padLeft, width: width)
        (source, height, length) = (UnsafePointer(copy), rows, width)
    }
    // A column is one weight of an output channel: an offset into the padded signal.
    let count = channels * g.tapHeight * g.taps
    let offsets = lanes_scratch(lanes_scratch_sums, count / 4 + 1).assumingMemoryBound(to: Int.self)
    var k = 0
    for c in 0..<channels { for s in 0..<g.tapHeight { for t in 0..<g.taps {
        offsets[k] = (c * height + s * g.dilationHeight) * length + t * g.dilation
        k += 1
    } } }
    let gyChannel = g.outHeight * g.outLength
    for group in 0..<g.groups {
        var o = 0
        while o < outChannels {
            let channel = group * outChannels + o
            let four = outChannels - o >= 4
            let b = ConvolutionGradient(
                x: source + group * channels * height * length, xRow: g.strideHeight * length, step: g.stride,
                gy: gy + channel * gyChannel, gyChannel: gyChannel, gyRow: g.outLength, height: g.outHeight, length: g.outLength, count: count, lanes: Int32(lanes))
            let gw = gw + channel * count
            var k = 0
            while k < count && !isStopped() {
                // As even as possible: 5 is 3 and 2, 9 is three times 3.
                let blocks = (count - k + 3) / 4, columns = (count - k + blocks - 1) / blocks
                let adjacent = g.stride == 1 && offsets[k + columns - 1] - offsets[k] == columns - 1 && columns > 2 && offsets[k + 1] - offsets[k] == 1
                if g.outHeight * g.outLength <= convolutionGradientPositions {
                    convolutionGradientBlocks(b, offsets + k, gw + k, four, columns, adjacent)
                } else {
                    convolutionGradientPieces(b, offsets + k, gw + k, four, columns, adjacent)
                }
                k += columns
            }
            o += four ? 4 : 1
        }
    }
}
