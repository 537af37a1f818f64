// Sums down fewer than 16 columns: rows are read in vectors of 4, 8 or 16 numbers with what follows them in memory,
// whose sums are let go of (masked loads that cross cache lines are several times slower). Eight blocks of rows go side
// by side and are added in pairs in registers. The order of additions is that of all sums down columns (ColumnSums).
// Invariant: nothing is read past the last row's end; the few rows near it are read number by number.
import CLanes

func sumFewColumns(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ count: Int,
    _ accumulate: Bool
) {
    switch count {
    case ...4: sumFew4(y, x, rows, rowStride, count, accumulate)
    case ...8: sumFew8(y, x, rows, rowStride, count, accumulate)
    default: sumFew16(y, x, rows, rowStride, count, accumulate)
    }
}

@inline(never)
private func sumFew4(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ count: Int,
    _ accumulate: Bool
) {
    sumFew(y, x, rows, stride, count, accumulate, width: 4) {
        quarter_load($0)
    } add: {
        quarter_add($0, $1)
    } whole: {
        lanes_from_quarter($0)
    } part: {
        lanes_quarter($0)
    }
}
@inline(never)
private func sumFew8(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ count: Int,
    _ accumulate: Bool
) {
    sumFew(y, x, rows, stride, count, accumulate, width: 8) {
        half_load($0)
    } add: {
        half_add($0, $1)
    } whole: {
        lanes_from_half($0)
    } part: {
        lanes_half($0)
    }
}
@inline(never)
private func sumFew16(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ count: Int,
    _ accumulate: Bool
) {
    sumFew(y, x, rows, stride, count, accumulate, width: 16) {
        lanes_load($0)
    } add: {
        lanes_add($0, $1)
    } whole: {
        $0
    } part: {
        $0
    }
}

@inline(__always)
private func sumFew<Vector>(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ count: Int,
    _ accumulate: Bool, width: Int, load: (UnsafePointer<Real>) -> Vector, add: (Vector, Vector) -> Vector,
    whole: (Vector) -> Lanes, part: (Lanes) -> Vector
) {
    let columns = Int32(count)
    // Rows from whose beginning a whole vector can be read.
    let safe = rowStride > 0 ? rows - (width - count + rowStride - 1) / rowStride : 0
    func loadRow(_ r: Int) -> Vector {
        let row = x + r * rowStride
        return r < safe ? load(row) : part(lanes_load_first(row, columns))
    }
    func block(_ r: Int) -> Vector {
        var sum = loadRow(r)
        if r == 0 && accumulate { sum = add(part(lanes_load_first(y, columns)), sum) }
        let end = min(rows, r + blockRows)
        var i = r + 1
        var row = x + i * rowStride
        while i < min(end, safe) {
            sum = add(sum, load(row))
            row += rowStride
            i += 1
        }
        while i < end {
            sum = add(sum, part(lanes_load_first(row, columns)))
            row += rowStride
            i += 1
        }
        return sum
    }
    if rows <= blockRows { return lanes_store_first(y, whole(block(0)), columns) }
    let room = PairwiseStack.room(width: 1, blocks: (rows + blockRows - 1) / blockRows)
    let memory: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, room)
    var stack = PairwiseStack(memory.assumingMemoryBound(to: Lanes.self), width: 1)
    var r = 0
    let far = blockRows * rowStride
    while r + 8 * blockRows <= safe {
        if isStopped() { return }
        var row = x + r * rowStride
        var a = load(row), b = load(row + far), c = load(row + 2 * far), d = load(row + 3 * far)
        var e = load(row + 4 * far), f = load(row + 5 * far), g = load(row + 6 * far), h = load(row + 7 * far)
        if r == 0 && accumulate { a = add(part(lanes_load_first(y, columns)), a) }
        for _ in 1..<blockRows {
            row += rowStride
            a = add(a, load(row))
            b = add(b, load(row + far))
            c = add(c, load(row + 2 * far))
            d = add(d, load(row + 3 * far))
            let lower = row + 4 * far
            e = add(e, load(lower))
            f = add(f, load(lower + far))
            g = add(g, load(lower + 2 * far))
            h = add(h, load(lower + 3 * far))
        }
        let first = add(add(a, b), add(c, d))
        stack.next[0] = whole(add(first, add(add(e, f), add(g, h))))
        stack.advance(blocks: 8)
        r += 8 * blockRows
    }
    while r < rows {
        stack.next[0] = whole(block(r))
        stack.advance()
        r += blockRows
    }
    lanes_store_first(y, stack.finish()[0], columns)
}
