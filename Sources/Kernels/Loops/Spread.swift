// How far numbers are spread: the root of their sum of squares, and the sum of squared deviations from their mean over a
// divisor, or its root. float32 adds in double precision, in which none of its squares overflows or vanishes and the mean is
// known beyond its last place. float64 takes the mean's rounding back out by a second pass, and where squares overflow or vanish
// goes once more through numbers that are scaled by a power of two.
// Blocks of 64 elements in each of four chains, whose sums are added in pairs: the tree depends on the count alone.
import CLanes
import KernelInterface

typealias Wide = SIMD16<Double>

func spreadRows(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ code: Int, _ divisor: Double) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    for r in 0..<max(rows, 0) {
        let row = x + r * rowStride
        if r & 1023 == 1023 && isStopped() { return }
        let source = SpreadSource(x: row, stride: 16, whole: count / 16, rest: Int32(count % 16), count: Double(count), isRow: true)
        y[r] = lanes_get(spread(source, code, divisor), 0)
    }
}

func spreadColumns(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ code: Int, _ divisor: Double) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var i = 0
    while i < count {
        if isStopped() { return }
        let columns = Int32(min(16, count - i))
        let source = SpreadSource(x: x + i, stride: rowStride, whole: columns == 16 ? rows : 0, rest: columns, count: Double(rows), isRow: false)
        if columns == 16 {
            lanes_store(y + i, spread(source, code, divisor))
        } else {
            lanes_store_first(y + i, spreadOfSome(source, rows, code, divisor), columns)
        }
        i += 16
    }
}

/// Vectors of 16 numbers, `stride` apart: pieces of one row (whose last has `rest` numbers), or 16 columns.
private struct SpreadSource {
    var x: UnsafePointer<Real>
    var stride: Int
    var whole: Int
    var rest: Int32
    var count: Double
    var isRow: Bool
}

/// Fewer than 16 columns, through a copy of some rows at a time that is 16 wide.
@inline(never)
private func spreadOfSome(_ s: SpreadSource, _ rows: Int, _ code: Int, _ divisor: Double) -> Lanes {
    spreadOf(s.count, code, divisor) { f in
        wideSum(rows) { f(lanes_widen(lanes_load_first(s.x + $0 * s.stride, s.rest))) }
    }
}

@inline(never)
private func spread(_ s: SpreadSource, _ code: Int, _ divisor: Double) -> Lanes {
    if !s.isRow {
        return spreadOf(s.count, code, divisor) { f in wideSum(s.whole) { f(lanes_widen(lanes_load(s.x + $0 * s.stride))) } }
    }
    return spreadOf(s.count, code, divisor) { f in
        var sum = wideSum(s.whole) { f(lanes_widen(lanes_load(s.x + 16 * $0))) }
        if s.rest > 0 {
            let last = f(lanes_widen(lanes_load_first(s.x + 16 * s.whole, s.rest)))
            sum = wide_add(sum, wide_first(last, s.rest))
        }
        return wide_splat(wide_sum(sum))
    }
}

/// `total(f)` is the sum of f over all numbers, in each lane.
@inline(__always)
private func spreadOf(_ count: Double, _ code: Int, _ divisor: Double, _ total: ((Wide) -> Wide) -> Wide) -> Lanes {
    let one = wide_splat(1)
    let squares = sumOfSquares(count, code, one, one, total)
    #if OCHE_DOUBLE
    // Squares that overflowed or vanished are seen by their sum: numbers, or their deviations, are scaled then.
    let isSmall = lanes_less(squares, lanes_splat(0x1p-900))
    let isLarge = bits_xor(lanes_less(squares, lanes_splat(.infinity)), bits_splat(-1))
    let isLost = bits_or(isSmall, isLarge)
    if lanes_any(isLost) != 0 {
        let before = lanes_select(isLarge, lanes_splat(0x1p-600), one)
        let after = lanes_select(isSmall, lanes_splat(0x1p600), one)
        let again = sumOfSquares(count, code, before, after, total)
        let scale = lanes_mul(before, after)
        let scaled = finished(again, code, divisor)
        let root = lanes_div(scaled, scale)
        let rescaled = code == SpreadCode.variance.rawValue ? lanes_div(root, scale) : root
        return lanes_select(isLost, rescaled, finished(squares, code, divisor))
    }
    #endif
    return finished(squares, code, divisor)
}

@inline(__always)
private func finished(_ squares: Wide, _ code: Int, _ divisor: Double) -> Lanes {
    switch code {
    case SpreadCode.norm.rawValue: lanes_narrow(wide_square_root(squares))
    case SpreadCode.variance.rawValue: lanes_narrow(wide_div(squares, wide_splat(divisor)))
    default: lanes_narrow(wide_square_root(wide_div(squares, wide_splat(divisor))))
    }
}

/// The sum of ((before x - mean) after)^2; for the norm the mean is 0.
@inline(__always)
private func sumOfSquares(_ count: Double, _ code: Int, _ before: Wide, _ after: Wide, _ total: ((Wide) -> Wide) -> Wide) -> Wide {
    if code == SpreadCode.norm.rawValue {
        return total {
            let x = wide_mul(wide_mul($0, before), after)
            return wide_mul(x, x)
        }
    }
    let n = wide_splat(count)
    let mean = wide_div(total { wide_mul($0, before) }, n)
    #if OCHE_DOUBLE
    let left = wide_div(total { wide_sub(wide_mul($0, before), mean) }, n)
    #else
    let left = wide_splat(0)
    #endif
    return total {
        let x = wide_mul(wide_sub(wide_sub(wide_mul($0, before), mean), left), after)
        return wide_mul(x, x)
    }
}

/// value(0) + ... + value(count - 1).
@inline(__always)
private func wideSum(_ count: Int, _ value: (Int) -> Wide) -> Wide {
    let block = 4 * blockRows
    if count <= block { return wideBlock(0, count, value) }
    // As PairwiseStack does it: one vector for each power of two of blocks, at most 2^48 of them.
    let waiting = lanes_scratch(lanes_scratch_sums, 104).assumingMemoryBound(to: Wide.self)
    var size = 0
    var blocks = 0
    var i = 0
    while i < count {
        if i & 0xffff == 0 && isStopped() { return wide_splat(0) }
        waiting[size] = wideBlock(i, min(count, i + block), value)
        size += 1
        blocks += 1
        var whole = blocks
        while whole & 1 == 0 {
            size -= 1
            waiting[size - 1] = wide_add(waiting[size - 1], waiting[size])
            whole >>= 1
        }
        i += block
    }
    while size > 1 {
        size -= 1
        waiting[size - 1] = wide_add(waiting[size - 1], waiting[size])
    }
    return waiting[0]
}

@inline(__always)
private func wideBlock(_ start: Int, _ end: Int, _ value: (Int) -> Wide) -> Wide {
    var a = wide_splat(0), b = a, c = a, d = a
    var i = start
    while i + 4 <= end {
        a = wide_add(a, value(i))
        b = wide_add(b, value(i + 1))
        c = wide_add(c, value(i + 2))
        d = wide_add(d, value(i + 3))
        i += 4
    }
    while i < end {
        a = wide_add(a, value(i))
        i += 1
    }
    return wide_add(wide_add(a, b), wide_add(c, d))
}
