// Padded copies for the convolution loops: the part of a signal that a tile of outputs sees, with what lies outside
// filled in, and the adjoint of that copy.
import CLanes
import KernelInterface

/// Room for a copy of `count` entries of x, half a page away from x's place in its page: a load just behind a store to the
/// same place in another page would be taken for its result and wait.
@inline(__always)
func convolutionRoom(_ x: UnsafePointer<Lanes>, _ count: Int) -> UnsafeMutablePointer<Lanes> {
    let page = 4096 / MemoryLayout<Lanes>.size
    let room = lanes_scratch(lanes_scratch_patch, count + page).assumingMemoryBound(to: Lanes.self)
    let distance = (Int(bitPattern: x) - Int(bitPattern: room)) / MemoryLayout<Lanes>.size
    return room + ((distance + page / 2) & (page - 1))
}

/// copy[c][r][i] = x[c][firstRow + r * rowStep][first + i], the outside by the padding mode.
func convolutionPatch(
    _ copy: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Lanes>, _ channels: Int, _ height: Int, _ length: Int, _ mode: PaddingMode,
    firstRow: Int, rowStep: Int, rows: Int, first: Int, width: Int
) {
    var copy = copy
    for c in 0..<channels {
        if isStopped() { return }
        for r in 0..<rows {
            let row = resolvePosition(firstRow + r * rowStep, height, mode)
            if row < 0 {
                lanes_clear(copy, width)
            } else {
                convolutionPatchRow(copy, x + (c * height + row) * length, length, mode, first: first, width: width)
            }
            copy += width
        }
    }
}

/// copy[i] = x[first + i] of one row.
@inline(__always)
func convolutionPatchRow(_ copy: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Lanes>, _ length: Int, _ mode: PaddingMode, first: Int, width: Int) {
    // Entries 0 ..< left lie before the signal, right ..< width behind it.
    let left = min(max(0, -first), width), right = max(left, min(width, length - first))
    convolutionOutside(copy, x, length, mode, first: first, 0, left)
    lanes_copy(copy + left, x + first + left, right - left)
    convolutionOutside(copy, x, length, mode, first: first, right, width)
}

@inline(__always)
func convolutionOutside(
    _ copy: UnsafeMutablePointer<Lanes>, _ source: UnsafePointer<Lanes>, _ length: Int, _ mode: PaddingMode, first: Int, _ from: Int, _ to: Int
) {
    if from >= to { return }
    switch mode {
    case .zeros: lanes_clear(copy + from, to - from)
    case .circular:
        var p = first + from
        if p < -length || p >= 2 * length { p %= length }
        if p < 0 { p += length } else if p >= length { p -= length }
        var i = from
        while i < to {
            let run = min(to - i, length - p)
            lanes_copy(copy + i, source + p, run)
            i += run
            p = 0
        }
    case .reflect: for i in from..<to { copy[i] = source[resolvePosition(first + i, length, mode)] }
    }
}

/// The adjoint: gx[c][row][column] = the sum of the patch entries that were copied from there, in their order.
func convolutionFold(
    _ gx: UnsafeMutablePointer<Lanes>, _ patch: UnsafePointer<Lanes>, _ channels: Int, _ height: Int, _ length: Int, _ mode: PaddingMode,
    firstRow: Int, rows: Int, first: Int, width: Int
) {
    lanes_clear(gx, channels * height * length)
    var patch = patch
    for c in 0..<channels {
        if isStopped() { return }
        for r in 0..<rows {
            let row = resolvePosition(firstRow + r, height, mode)
            if row >= 0 {
                let target = gx + (c * height + row) * length
                for i in 0..<width {
                    let p = resolvePosition(first + i, length, mode)
                    if p >= 0 { target[p] = lanes_add(target[p], patch[i]) }
                }
            }
            patch += width
        }
    }
}
