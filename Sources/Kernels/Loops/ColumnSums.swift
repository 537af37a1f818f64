// Sums down the columns: 64 rows one after another, the sums of 64 in pairs (PairwiseSums), for every column alike.
// Up to 64 columns stay in registers, several blocks of rows side by side where there are fewer, so that no addition waits for
// the one before; of more columns a strip of 2048 takes four rows at a time.
import CLanes

func sumColumns(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ accumulate: Int) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    if count <= 0 { return }
    if rows <= 0 {
        if accumulate == 0 {
            var i = 0
            while i < count {
                lanes_store_first(y + i, lanes_splat(0), Int32(min(count - i, 16)))
                i += 16
            }
        }
        return
    }
    let strip = 2048
    let first = accumulate != 0
    var i = 0
    if count >= 128 {
        while count - i >= 16 {
            let width = min(strip, (count - i) & ~15)
            sumStrip(y + i, x + i, rows, rowStride, width, first)
            if isStopped() { return }
            i += width
        }
    }
    while count - i >= 64 {
        sumGroup64(y + i, x + i, rows, rowStride, 16, first)
        i += 64
    }
    let left = count - i
    if left == 0 { return }
    let rest = (left - 1) % 16 + 1
    switch ((left + 15) / 16, rest == 16) {
    case (1, true): sumGroup16(y + i, x + i, rows, rowStride, rest, first)
    case (1, false): sumGroup15(y + i, x + i, rows, rowStride, rest, first)
    case (2, true): sumGroup32(y + i, x + i, rows, rowStride, rest, first)
    case (2, false): sumGroup31(y + i, x + i, rows, rowStride, rest, first)
    case (3, true): sumGroup48(y + i, x + i, rows, rowStride, rest, first)
    case (3, false): sumGroup47(y + i, x + i, rows, rowStride, rest, first)
    default: sumGroup63(y + i, x + i, rows, rowStride, rest, first)
    }
}

/// A strip of a multiple of 16 columns.
@inline(never)
private func sumStrip(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ width: Int, _ accumulate: Bool
) {
    if rows <= blockRows { return sumBlock(y, x, rows, rowStride, width, accumulate ? UnsafePointer(y) : nil) }
    let blocks = (rows + blockRows - 1) / blockRows
    let room: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, PairwiseStack.room(width: width / 16, blocks: blocks))
    var sums = PairwiseStack(room.assumingMemoryBound(to: Lanes.self), width: width / 16)
    var r = 0
    while r < rows {
        if isStopped() { return }
        let target = UnsafeMutableRawPointer(sums.next).assumingMemoryBound(to: Real.self)
        sumBlock(target, x + r * rowStride, min(blockRows, rows - r), rowStride, width, r == 0 && accumulate ? UnsafePointer(y) : nil)
        sums.advance()
        r += blockRows
    }
    let total = UnsafeMutableRawPointer(sums.finish()).assumingMemoryBound(to: Real.self)
    var j = 0
    while j < width {
        lanes_store(y + j, lanes_load(total + j))
        j += 16
    }
}

/// y = (before +) the rows, in order.
@inline(__always)
private func sumBlock(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ width: Int, _ before: UnsafePointer<Real>?
) {
    var r = 0
    if let before {
        var j = 0
        while j < width {
            lanes_store(y + j, lanes_add(lanes_load(before + j), lanes_load(x + j)))
            j += 16
        }
        r = 1
    } else if rows >= 4 {
        var j = 0
        while j < width {
            var a = lanes_add(lanes_load(x + j), lanes_load(x + rowStride + j))
            a = lanes_add(a, lanes_load(x + 2 * rowStride + j))
            lanes_store(y + j, lanes_add(a, lanes_load(x + 3 * rowStride + j)))
            j += 16
        }
        r = 4
    } else {
        var j = 0
        while j < width {
            lanes_store(y + j, lanes_load(x + j))
            j += 16
        }
        r = 1
    }
    while r + 4 <= rows {
        let row = x + r * rowStride
        var j = 0
        while j < width {
            var a = lanes_add(lanes_load(y + j), lanes_load(row + j))
            a = lanes_add(a, lanes_load(row + rowStride + j))
            a = lanes_add(a, lanes_load(row + 2 * rowStride + j))
            lanes_store(y + j, lanes_add(a, lanes_load(row + 3 * rowStride + j)))
            j += 16
        }
        r += 4
    }
    while r < rows {
        let row = x + r * rowStride
        var j = 0
        while j < width {
            lanes_store(y + j, lanes_add(lanes_load(y + j), lanes_load(row + j)))
            j += 16
        }
        r += 1
    }
}

/// Up to 64 columns in `vectors` vectors, the last with `rest` columns (all 16 when `whole`): `blocks` blocks of rows at a time.
@_transparent
private func sumGroup(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ rest: Int, _ accumulate: Bool,
    vectors: Int, whole: Bool, blocks: Int
) {
    let last = Int32(rest)
    @_transparent func load(_ p: UnsafePointer<Real>, _ v: Int) -> Lanes {
        whole || v < vectors - 1 ? lanes_load(p + 16 * v) : lanes_load_first(p + 16 * v, last)
    }
    @_transparent func store(_ a: Lanes, _ v: Int) {
        if whole || v < vectors - 1 { lanes_store(y + 16 * v, a) } else { lanes_store_first(y + 16 * v, a, last) }
    }
    var sums = registers4()
    // One block after another; the first of all, where it goes on from y.
    @_transparent func single(_ r: Int) {
        let count = min(blockRows, rows - r)
        var row = x + r * rowStride
        for v in 0..<vectors { sums[v] = load(row, v) }
        if r == 0 && accumulate { for v in 0..<vectors { sums[v] = lanes_add(load(UnsafePointer(y), v), sums[v]) } }
        for _ in 1..<count {
            row += rowStride
            for v in 0..<vectors { sums[v] = lanes_add(sums[v], load(row, v)) }
        }
    }
    if rows <= blockRows {
        single(0)
        for v in 0..<vectors { store(sums[v], v) }
        return
    }
    let room: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, PairwiseStack.room(width: vectors, blocks: (rows + blockRows - 1) / blockRows))
    var stack = PairwiseStack(room.assumingMemoryBound(to: Lanes.self), width: vectors)
    var r = 0
    while r < rows {
        if isStopped() { return }
        if blocks > 1 && rows - r >= blocks * blockRows {
            var row = x + r * rowStride
            let far = blockRows * rowStride
            for b in 0..<blocks { for v in 0..<vectors { sums[b * vectors + v] = load(row + b * far, v) } }
            if r == 0 && accumulate { for v in 0..<vectors { sums[v] = lanes_add(load(UnsafePointer(y), v), sums[v]) } }
            for _ in 1..<blockRows {
                row += rowStride
                for b in 0..<blocks {
                    for v in 0..<vectors { sums[b * vectors + v] = lanes_add(sums[b * vectors + v], load(row + b * far, v)) }
                }
            }
            for b in 0..<blocks {
                let target = stack.next
                for v in 0..<vectors { target[v] = sums[b * vectors + v] }
                stack.advance()
            }
            r += blocks * blockRows
        } else {
            single(r)
            let target = stack.next
            for v in 0..<vectors { target[v] = sums[v] }
            stack.advance()
            r += blockRows
        }
    }
    let total = stack.finish()
    for v in 0..<vectors { store(total[v], v) }
}

private func sumGroup15(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 1, whole: false, blocks: 4)
}
private func sumGroup16(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 1, whole: true, blocks: 4)
}
private func sumGroup31(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 2, whole: false, blocks: 2)
}
private func sumGroup32(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 2, whole: true, blocks: 2)
}
private func sumGroup47(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 3, whole: false, blocks: 1)
}
private func sumGroup48(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 3, whole: true, blocks: 1)
}
private func sumGroup63(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 4, whole: false, blocks: 1)
}
private func sumGroup64(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ rest: Int, _ accumulate: Bool) {
    sumGroup(y, x, rows, stride, rest, accumulate, vectors: 4, whole: true, blocks: 1)
}
