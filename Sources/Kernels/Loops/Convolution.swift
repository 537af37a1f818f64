// Cross-correlation of a packed block. Tiles that lie inside the signal read it in place; those at an edge read a padded copy.
import CLanes
import KernelInterface

func convolve(_ y: UnsafeMutableRawPointer, _ x: UnsafeRawPointer, _ w: UnsafeRawPointer, _ bias: UnsafeRawPointer?, _ geometry: UnsafeRawPointer) {
    let geometry = geometry.assumingMemoryBound(to: ConvolutionGeometry.self)
    if geometry.pointee.isSymmetric { return convolveSymmetric(y, x, w, bias, geometry) }
    let g = geometry.pointee
    let channels = g.inChannels / g.groups, outChannels = g.outChannels / g.groups
    let wChannel = g.tapHeight * g.taps
    for group in 0..<g.groups {
        convolutionRun(ConvolutionRun(
            x: x.assumingMemoryBound(to: Lanes.self) + group * channels * g.inHeight * g.inLength,
            channels: channels, height: g.inHeight, length: g.inLength, mode: g.mode,
            tapHeight: g.tapHeight, taps: g.taps, strideHeight: g.strideHeight, stride: g.stride,
            dilationHeight: g.dilationHeight, dilation: g.dilation, padTop: g.padTop, padLeft: g.padLeft,
            w: w.assumingMemoryBound(to: Real.self) + group * outChannels * channels * wChannel,
            wOut: channels * wChannel, wChannel: wChannel, wRow: g.taps, wTap: 1,
            bias: bias.map { $0.assumingMemoryBound(to: Real.self) + group * outChannels },
            y: y.assumingMemoryBound(to: Lanes.self) + group * outChannels * g.outHeight * g.outLength,
            outChannels: outChannels, outHeight: g.outHeight, outLength: g.outLength,
            yChannel: g.outHeight * g.outLength, yRow: g.outLength, yStep: 1))
    }
}

/// Position p of a row sees p * stride - padLeft up to `reach` behind it, so a row has a first part that sees the outside
/// on the left, a part that lies inside, and a last part: the outer ones read padded copies. Where tap rows leave the
/// signal too, the whole signal is copied.
func convolutionRun(_ original: ConvolutionRun) {
    var r = original
    let reachHeight = max(0, (r.tapHeight - 1) * r.dilationHeight), reach = max(0, (r.taps - 1) * r.dilation)
    let rows = (r.outHeight - 1) * r.strideHeight + reachHeight + 1, width = (r.outLength - 1) * r.stride + reach + 1
    let inside = r.padTop <= 0 && rows - r.padTop <= r.height && r.padLeft <= 0 && width - r.padLeft <= r.length
    if !inside && r.tapHeight > 1 {
        let copy = convolutionRoom(r.x - r.padLeft, r.channels * rows * width)
        convolutionPatch(copy, r.x, r.channels, r.height, r.length, r.mode, firstRow: -r.padTop, rowStep: 1, rows: rows, first: -r.padLeft, width: width)
        (r.x, r.height, r.length, r.padTop, r.padLeft) = (UnsafePointer(copy), rows, width, 0, 0)
    }
    // The first position that is inside, and the first after it that is not, both in whole blocks where possible.
    var begin = r.padLeft <= 0 ? 0 : (r.padLeft + r.stride - 1) / r.stride
    begin = min((begin + 3) & ~3, r.outLength)
    let last = r.length - 1 - reach + r.padLeft
    var end = last < 0 ? 0 : min(last / r.stride + 1, r.outLength)
    if end < r.outLength { end = begin + max(0, end - begin) & ~3 }
    var wraps = false
    switch r.mode { case .circular: wraps = r.outLength * r.stride == r.length; default: break }
    for i in 0..<r.outHeight {
        let row = i * r.strideHeight - r.padTop, y = r.y + i * r.yRow
        if row < 0 || row + reachHeight >= r.height || (end - begin < 8 && end - begin < r.outLength) {
            convolutionEdge(r, row, 0, r.outLength, reach, y)
        } else {
            convolutionRow(r, r.x + row * r.length + begin * r.stride - r.padLeft, r.height * r.length, r.dilationHeight * r.length, y + begin * r.yStep, end - begin)
            if begin > 0 && end < r.outLength && wraps {
                convolutionSeam(r, row, end, begin, reach, y)
            } else {
                if begin > 0 { convolutionEdge(r, row, 0, begin, reach, y) }
                if end < r.outLength { convolutionEdge(r, row, end, r.outLength, reach, y) }
            }
        }
    }
}

/// Positions from ..< outLength and then 0 ..< to of one row whose end meets its beginning, through one copy.
@inline(never)
func convolutionSeam(_ r: ConvolutionRun, _ row: Int, _ from: Int, _ to: Int, _ reach: Int, _ y: UnsafeMutablePointer<Lanes>) {
    let last = r.outLength - from, seen = (last + to - 1) * r.stride + reach + 1
    let copy = convolutionRoom(r.x + from * r.stride - r.padLeft, r.channels * r.tapHeight * seen)
    convolutionPatch(copy, r.x, r.channels, r.height, r.length, r.mode, firstRow: row, rowStep: r.dilationHeight, rows: r.tapHeight, first: from * r.stride - r.padLeft, width: seen)
    convolutionRow(r, UnsafePointer(copy), r.tapHeight * seen, seen, y + from * r.yStep, last)
    convolutionRow(r, UnsafePointer(copy + last * r.stride), r.tapHeight * seen, seen, y, to)
}

/// Positions from ..< to of one row through a padded copy.
@inline(never)
func convolutionEdge(_ r: ConvolutionRun, _ row: Int, _ from: Int, _ to: Int, _ reach: Int, _ y: UnsafeMutablePointer<Lanes>) {
    let seen = (to - from - 1) * r.stride + reach + 1
    let copy = convolutionRoom(r.x + from * r.stride - r.padLeft, r.channels * r.tapHeight * seen)
    convolutionPatch(copy, r.x, r.channels, r.height, r.length, r.mode, firstRow: row, rowStep: r.dilationHeight, rows: r.tapHeight, first: from * r.stride - r.padLeft, width: seen)
    convolutionRow(r, UnsafePointer(copy), r.tapHeight * seen, seen, y + from * r.yStep, to - from)
}
