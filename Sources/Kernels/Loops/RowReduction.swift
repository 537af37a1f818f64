// Reductions of each row. Four accumulators of 16 lanes run through blocks of 4096 elements; block sums are added per 64
// blocks, and those in pairs, so that a sum of n elements goes through 134 + log2(n / 262144) roundings at most.
// The shape of the tree depends on the row's length only. A reduction of nothing gives its neutral element.
import CLanes

func sumRows(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    for r in 0..<max(rows, 0) { y[r] = sumRow(x + r * rowStride, count) }
}
func maximumRows(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int) {
    reduceRows(y, x, rows, rowStride, count, -.infinity) { lanes_maximum($0, $1) }
}
func minimumRows(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int) {
    reduceRows(y, x, rows, rowStride, count, .infinity) { lanes_minimum($0, $1) }
}
func productRows(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int) {
    reduceRows(y, x, rows, rowStride, count, 1) { lanes_mul($0, $1) }
}

@inline(__always)
private func sumRow(_ x: UnsafePointer<Real>, _ count: Int) -> Real {
    if count <= 16 { return lanes_sum(lanes_load_first(x, Int32(max(count, 0)))) }
    if count <= 262144 { return lanes_sum(sumBlocks(x, count)) }
    let room: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_sums, PairwiseStack.room(width: 1, blocks: (count + 262143) / 262144))
    var sums = PairwiseStack(room.assumingMemoryBound(to: Lanes.self), width: 1)
    var i = 0
    while i < count {
        if isStopped() { return 0 }
        sums.next[0] = sumBlocks(x + i, min(count - i, 262144))
        sums.advance()
        i += 262144
    }
    return lanes_sum(sums.finish()[0])
}

/// At most 64 blocks, in order.
@inline(__always)
private func sumBlocks(_ x: UnsafePointer<Real>, _ count: Int) -> Lanes {
    var sum = lanes_splat(0)
    var i = 0
    while i < count {
        let size = min(count - i, 4096)
        sum = lanes_add(sum, sumBlock(x + i, size))
        i += size
    }
    return sum
}

@inline(__always)
private func sumBlock(_ x: UnsafePointer<Real>, _ count: Int) -> Lanes {
    var a = lanes_splat(0), b = a, c = a, d = a
    var i = 0
    while i + 64 <= count {
        a = lanes_add(a, lanes_load(x + i))
        b = lanes_add(b, lanes_load(x + i + 16))
        c = lanes_add(c, lanes_load(x + i + 32))
        d = lanes_add(d, lanes_load(x + i + 48))
        i += 64
    }
    while i + 16 <= count {
        a = lanes_add(a, lanes_load(x + i))
        i += 16
    }
    if i < count { b = lanes_add(b, lanes_load_first(x + i, Int32(count - i))) }
    return lanes_add(lanes_add(a, b), lanes_add(c, d))
}

@inline(__always)
private func reduceRows(
    _ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ neutral: Real, _ f: (Lanes, Lanes) -> Lanes
) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    let neutral = lanes_splat(neutral)
    for r in 0..<max(rows, 0) {
        let row = x + r * rowStride
        var a = neutral, b = neutral, c = neutral, d = neutral
        var i = 0
        while i + 64 <= count {
            let piece = min(count, i + stoppingPiece)
            while i + 64 <= piece {
                a = f(a, lanes_load(row + i))
                b = f(b, lanes_load(row + i + 16))
                c = f(c, lanes_load(row + i + 32))
                d = f(d, lanes_load(row + i + 48))
                i += 64
            }
            if i + 64 <= count && isStopped() { return }
        }
        while i + 16 <= count {
            a = f(a, lanes_load(row + i))
            i += 16
        }
        if i < count {
            let rest = Int32(count - i)
            b = f(b, lanes_first_or(lanes_load_first(row + i, rest), neutral, rest))
        }
        // i with i + 8, then i + 4, i + 2, i + 1.
        var v = f(f(a, b), f(c, d))
        v = f(v, lanes_rotate8(v))
        v = f(v, lanes_rotate4(v))
        v = f(v, lanes_rotate2(v))
        v = f(v, lanes_rotate1(v))
        y[r] = lanes_get(v, 0)
    }
}
