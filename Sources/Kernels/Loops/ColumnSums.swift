// Sums down the columns: 64 rows one after another, the sums of 64 in pairs (PairwiseSums), for every column alike,
// whatever its neighbours. How the columns are walked is chosen for speed alone: up to 64 stay in registers for a block
// of rows, several blocks side by side where they are few, so that no addition waits for the one before. A last vector
// that is not full begins earlier, in columns that are summed twice; fewer than 16 columns are read with what follows
// them (FewColumnSums).
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
    let first = accumulate != 0
    switch count {
    case ..<16: sumFewColumns(y, x, rows, rowStride, count, first)
    case 16: sumGroup16(y, x, rows, rowStride, first)
    case ..<32: sumGroup31(y, x, rows, rowStride, count, first)
    case 32: sumGroup32(y, x, rows, rowStride, first)
    case ...48: sumGroup48(y, x, rows, rowStride, count, first)
    case ...64: sumGroup64(y, x, rows, rowStride, count, first)
    default: sumManyColumns(y, x, rows, rowStride, count, first)
    }
}

/// Strips of columns. Where all rows begin in the same few sets of a cache, or are one block, the rows of a strip are
/// read from end to end, four at a time; else up to 128 columns of a block of rows at a time.
private func sumManyColumns(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ count: Int,
    _ accumulate: Bool
) {
    let strip = 2048
    let isWhole = rows <= blockRows || rowStride * MemoryLayout<Real>.stride % 2048 == 0
    var i = 0
    while count - i >= 16 {
        if isStopped() { return }
        if isWhole {
            let width = min(strip, (count - i) & ~15)
            sumStrip(y + i, x + i, rows, rowStride, width, accumulate)
            i += width
        } else {
            // (What is left for the last strip is never less than a vector.)
            let width = count - i < strip + 16 ? count - i : strip
            sumBlocks(y + i, x + i, rows, rowStride, width, accumulate)
            i += width
        }
    }
    if i < count { sumFewColumns(y + i, x + i, rows, rowStride, count - i, accumulate) }
}

/// A strip of a multiple of 16 columns.
@inline(never)
private func sumStrip(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ width: Int,
    _ accumulate: Bool
) {
    if rows <= blockRows { return sumBlock(y, x, rows, rowStride, width, accumulate ? UnsafePointer(y) : nil) }
    let blocks = (rows + blockRows - 1) / blockRows
    let room = PairwiseStack.room(width: width / 16, blocks: blocks)
    let memory: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, room)
    var sums = PairwiseStack(memory.assumingMemoryBound(to: Lanes.self), width: width / 16)
    var r = 0
    while r < rows {
        if isStopped() { return }
        let target = UnsafeMutableRawPointer(sums.next).assumingMemoryBound(to: Real.self)
        let before = r == 0 && accumulate ? UnsafePointer(y) : nil
        sumBlock(target, x + r * rowStride, min(blockRows, rows - r), rowStride, width, before)
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
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
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

/// A strip of 16 columns or more, as many of a block of rows at a time as there are registers for.
@inline(never)
private func sumBlocks(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ width: Int,
    _ accumulate: Bool
) {
    let vectors = (width + 15) / 16
    let most = lanes_many_registers() != 0 && (width >= 128 || width % 16 == 0) ? 8 : 4
    let room = PairwiseStack.room(width: vectors, blocks: (rows + blockRows - 1) / blockRows)
    let memory: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, room)
    var stack = PairwiseStack(memory.assumingMemoryBound(to: Lanes.self), width: vectors)
    var r = 0
    while r < rows {
        if isStopped() { return }
        let target = stack.next
        let count = min(blockRows, rows - r)
        let block = x + r * rowStride
        let before = r == 0 && accumulate ? UnsafePointer(y) : nil
        var v = 0
        while v < vectors {
            let size = min(most, vectors - v)
            let columns = min(16 * size, width - 16 * v)
            let start = before == nil ? nil : before! + 16 * v
            switch size {
            case 1: sumVectors1(target + v, block + 16 * v, count, rowStride, columns, start)
            case 2: sumVectors2(target + v, block + 16 * v, count, rowStride, columns, start)
            case 3: sumVectors3(target + v, block + 16 * v, count, rowStride, columns, start)
            case 4: sumVectors4(target + v, block + 16 * v, count, rowStride, columns, start)
            case 5: sumVectors5(target + v, block + 16 * v, count, rowStride, columns, start)
            case 6: sumVectors6(target + v, block + 16 * v, count, rowStride, columns, start)
            case 7: sumVectors7(target + v, block + 16 * v, count, rowStride, columns, start)
            default: sumVectors8(target + v, block + 16 * v, count, rowStride, columns, start)
            }
            v += size
        }
        stack.advance()
        r += blockRows
    }
    let total = stack.finish()
    for v in 0..<vectors { lanes_store(y + min(16 * v, width - 16), total[v]) }
}

/// y[v] = (before +) the rows, in order, of `vectors` vectors: the last ends with the column `width`.
@_transparent
private func sumVectors(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?, vectors: Int
) {
    let last = width - 16
    @_transparent func load(_ p: UnsafePointer<Real>, _ v: Int) -> Lanes {
        lanes_load(p + (v < vectors - 1 ? 16 * v : last))
    }
    var sums = registers8()
    for v in 0..<vectors { sums[v] = load(x, v) }
    if let before { for v in 0..<vectors { sums[v] = lanes_add(load(before, v), sums[v]) } }
    var row = x
    for _ in 1..<rows {
        row += rowStride
        for v in 0..<vectors { sums[v] = lanes_add(sums[v], load(row, v)) }
    }
    for v in 0..<vectors { y[v] = sums[v] }
}

@inline(never)
private func sumVectors1(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 1)
}
@inline(never)
private func sumVectors2(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 2)
}
@inline(never)
private func sumVectors3(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 3)
}
@inline(never)
private func sumVectors4(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 4)
}
@inline(never)
private func sumVectors5(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 5)
}
@inline(never)
private func sumVectors6(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 6)
}
@inline(never)
private func sumVectors7(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 7)
}
@inline(never)
private func sumVectors8(
    _ y: UnsafeMutablePointer<Lanes>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ before: UnsafePointer<Real>?
) {
    sumVectors(y, x, rows, stride, width, before, vectors: 8)
}

/// 16 to 64 columns in `vectors` vectors, of which the last ends with the column `width`: `blocks` blocks of rows at a
/// time, a power of two.
@_transparent
private func sumGroup(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ rowStride: Int, _ width: Int,
    _ accumulate: Bool, vectors: Int, blocks: Int
) {
    let last = width - 16
    @_transparent func place(_ v: Int) -> Int { v < vectors - 1 ? 16 * v : last }
    @_transparent func load(_ p: UnsafePointer<Real>, _ v: Int) -> Lanes { lanes_load(p + place(v)) }
    var sums = registers8()
    // One block after another; the first of all, where it goes on from y.
    @_transparent func single(_ r: Int) {
        let count = min(blockRows, rows - r)
        var row = x + r * rowStride
        for v in 0..<vectors { sums[v] = load(row, v) }
        if r == 0 && accumulate {
            for v in 0..<vectors { sums[v] = lanes_add(load(UnsafePointer(y), v), sums[v]) }
        }
        for _ in 1..<count {
            row += rowStride
            for v in 0..<vectors { sums[v] = lanes_add(sums[v], load(row, v)) }
        }
    }
    if rows <= blockRows {
        single(0)
        for v in 0..<vectors { lanes_store(y + place(v), sums[v]) }
        return
    }
    let room = PairwiseStack.room(width: vectors, blocks: (rows + blockRows - 1) / blockRows)
    let memory: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, room)
    var stack = PairwiseStack(memory.assumingMemoryBound(to: Lanes.self), width: vectors)
    var r = 0
    while r < rows {
        if isStopped() { return }
        if blocks > 1 && rows - r >= blocks * blockRows {
            var row = x + r * rowStride
            let far = blockRows * rowStride
            for b in 0..<blocks { for v in 0..<vectors { sums[b * vectors + v] = load(row + b * far, v) } }
            if r == 0 && accumulate {
                for v in 0..<vectors { sums[v] = lanes_add(load(UnsafePointer(y), v), sums[v]) }
            }
            for _ in 1..<blockRows {
                row += rowStride
                for b in 0..<blocks {
                    for v in 0..<vectors {
                        sums[b * vectors + v] = lanes_add(sums[b * vectors + v], load(row + b * far, v))
                    }
                }
            }
            // Neighbours in pairs, as the stack would add them.
            var apart = 1
            while apart < blocks {
                var b = 0
                while b < blocks {
                    for v in 0..<vectors {
                        sums[b * vectors + v] = lanes_add(sums[b * vectors + v], sums[(b + apart) * vectors + v])
                    }
                    b += 2 * apart
                }
                apart *= 2
            }
            let target = stack.next
            for v in 0..<vectors { target[v] = sums[v] }
            stack.advance(blocks: blocks)
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
    for v in 0..<vectors { lanes_store(y + place(v), total[v]) }
}

private func sumGroup16(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ accumulate: Bool
) {
    sumGroup(y, x, rows, stride, 16, accumulate, vectors: 1, blocks: 4)
}
private func sumGroup31(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ accumulate: Bool
) {
    if lanes_many_registers() != 0 {
        sumGroup(y, x, rows, stride, width, accumulate, vectors: 2, blocks: 4)
    } else {
        sumGroup(y, x, rows, stride, width, accumulate, vectors: 2, blocks: 2)
    }
}
private func sumGroup32(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ accumulate: Bool
) {
    sumGroup(y, x, rows, stride, 32, accumulate, vectors: 2, blocks: 2)
}
private func sumGroup48(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ accumulate: Bool
) {
    if lanes_many_registers() != 0 {
        sumGroup(y, x, rows, stride, width, accumulate, vectors: 3, blocks: 2)
    } else {
        sumGroup(y, x, rows, stride, width, accumulate, vectors: 3, blocks: 1)
    }
}
private func sumGroup64(
    _ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ rows: Int, _ stride: Int, _ width: Int,
    _ accumulate: Bool
) {
    if lanes_many_registers() != 0 {
        sumGroup(y, x, rows, stride, width, accumulate, vectors: 4, blocks: 2)
    } else {
        sumGroup(y, x, rows, stride, width, accumulate, vectors: 4, blocks: 1)
    }
}
