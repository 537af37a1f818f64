// Running sums along rows and down columns, from the first element or (reverse) from the last. They are made in double
// precision; of float64, what each addition rounds away (Knuth, TAOCP 2, 4.2.2) is summed beside it and added to the
// result. A row goes in pieces of 64: four after another in each of 16 lanes, then the lanes by their running sums, and
// to all of them the sum of the pieces before. What is left of a row, and columns, go one after another.
import CLanes

func cumulativeRows(_ y: Out, _ x: In, _ rows: Int, _ count: Int, _ reverse: Int) {
    let y = y.assumingMemoryBound(to: Real.self)
    let x = x.assumingMemoryBound(to: Real.self)
    var since = 0
    for r in 0..<max(rows, 0) {
        since += count
        if since >= stoppingPiece {
            if isStopped() { return }
            since = 0
        }
        if reverse != 0 {
            cumulateBackwards(y + r * count, x + r * count, count)
        } else {
            cumulate(y + r * count, x + r * count, count)
        }
    }
}

@inline(__always)
private func cumulate(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ count: Int) {
    var i = 0
    var last = OneByOne()
    if count >= 64 {
        var sum = RunningSum()
        while i + 64 <= count {
            if isStopped(at: i) { return }
            var v = FourVectors(x + i)
            if sum.next(&v) {
                lanes_store_interleaved(y + i, v.a, v.b, v.c, v.d)
            } else {
                var one = sum.oneByOne
                for j in i..<(i + 64) { y[j] = one.next(x[j]) }
                sum = RunningSum(one)
            }
            i += 64
        }
        last = sum.oneByOne
    }
    while i < count {
        y[i] = last.next(x[i])
        i += 1
    }
}

@inline(__always)
private func cumulateBackwards(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ count: Int) {
    var left = count
    var last = OneByOne()
    if count >= 64 {
        var sum = RunningSum()
        while left >= 64 {
            if isStopped(at: count - left) { return }
            left -= 64
            var v = FourVectors(x + left)
            v.reverse()
            if sum.next(&v) {
                v.reverse()
                lanes_store_interleaved(y + left, v.a, v.b, v.c, v.d)
            } else {
                var one = sum.oneByOne
                for j in 0..<64 { y[left + 63 - j] = one.next(x[left + 63 - j]) }
                sum = RunningSum(one)
            }
        }
        last = sum.oneByOne
    }
    while left > 0 {
        left -= 1
        y[left] = last.next(x[left])
    }
}

/// 64 numbers: lane l of the vectors has the numbers 4 l to 4 l + 3.
private struct FourVectors {
    var a: Lanes
    var b: Lanes
    var c: Lanes
    var d: Lanes

    @inline(__always)
    init(_ x: UnsafePointer<Real>) {
        let first = lanes_load(x)
        let second = lanes_load(x + 16)
        let third = lanes_load(x + 32)
        let fourth = lanes_load(x + 48)
        let even = lanes_even(first, second)
        let odd = lanes_odd(first, second)
        let evenAfter = lanes_even(third, fourth)
        let oddAfter = lanes_odd(third, fourth)
        a = lanes_even(even, evenAfter)
        b = lanes_even(odd, oddAfter)
        c = lanes_odd(even, evenAfter)
        d = lanes_odd(odd, oddAfter)
    }

    /// The last number becomes the first.
    @inline(__always)
    mutating func reverse() {
        let last = lanes_reversed(a)
        let third = lanes_reversed(b)
        a = lanes_reversed(d)
        b = lanes_reversed(c)
        c = third
        d = last
    }
}

#if OCHE_DOUBLE
/// What was added up so far, and what that has lost by rounding.
private struct OneByOne {
    var sum = 0.0
    var lost = 0.0

    @inline(__always)
    mutating func next(_ value: Double) -> Double {
        let new = sum + value
        let added = new - sum
        let error = (sum - (new - added)) + (value - added)
        // An infinite sum has lost nothing.
        lost += error == error ? error : 0
        sum = new
        return new + lost
    }
}

/// The same in every lane.
private struct RunningSum {
    private var sum = wide_splat(0)
    private var lost = wide_splat(0)

    @inline(__always) init() {}
    @inline(__always) init(_ other: OneByOne) {
        sum = wide_splat(other.sum)
        lost = wide_splat(other.lost)
    }
    @inline(__always) var oneByOne: OneByOne { OneByOne(sum: wide_get(sum, 0), lost: wide_get(lost, 0)) }

    /// The running sums of the next 64 numbers; false, and nothing has been added, where they are not finite: sums of
    /// lanes can overflow where those of the numbers one by one do not.
    @inline(__always)
    mutating func next(_ v: inout FourVectors) -> Bool {
        let two = wide_add(v.a, v.b)
        let twoLost = lostBySum(v.a, v.b, two)
        let three = wide_add(two, v.c)
        let threeLost = wide_add(twoLost, lostBySum(two, v.c, three))
        let four = wide_add(three, v.d)
        let fourLost = wide_add(threeLost, lostBySum(three, v.d, four))
        // What the running sums of the lanes lose: each lane less the difference of neighbours, which two numbers hold
        // exactly.
        let upTo = wide_prefix_sums(four)
        let before = wide_before(upTo)
        let step = wide_sub(upTo, before)
        let stepLost = lostBySum(upTo, wide_negate(before), step)
        let upToLost = wide_prefix_sums(wide_add(wide_sub(wide_sub(four, step), stepLost), fourLost))
        let start = wide_add(sum, before)
        let startLost = wide_add(lost, wide_add(wide_before(upToLost), lostBySum(sum, before, start)))
        v.a = wide_add(start, wide_add(v.a, startLost))
        v.b = total(start, startLost, two, twoLost)
        v.c = total(start, startLost, three, threeLost)
        v.d = total(start, startLost, four, fourLost)
        let check = wide_add(wide_add(v.a, v.b), wide_add(v.c, v.d))
        if lanes_any(lanes_not_equal(wide_sub(check, check), wide_splat(0))) != 0 { return false }
        let last = wide_last(upTo)
        let new = wide_add(sum, last)
        lost = wide_add(lost, wide_add(wide_last(upToLost), lostBySum(sum, last, new)))
        sum = new
        return true
    }

    /// What is rounded away here goes nowhere else: it is not summed.
    @inline(__always)
    private func total(_ start: Wide, _ startLost: Wide, _ part: Wide, _ partLost: Wide) -> Wide {
        wide_add(start, wide_add(part, wide_add(startLost, partLost)))
    }
}

/// a + b - sum, where sum is a + b rounded.
@inline(__always)
private func lostBySum(_ a: Wide, _ b: Wide, _ sum: Wide) -> Wide {
    let added = wide_sub(sum, a)
    return wide_add(wide_sub(a, wide_sub(sum, added)), wide_sub(b, added))
}
#else
/// What was added up so far.
private struct OneByOne {
    var sum = 0.0

    @inline(__always)
    mutating func next(_ value: Float) -> Float {
        sum += Double(value)
        return Float(sum)
    }
}

/// The same in every lane.
private struct RunningSum {
    private var sum = wide_splat(0)

    @inline(__always) init() {}
    @inline(__always) init(_ other: OneByOne) { sum = wide_splat(other.sum) }
    @inline(__always) var oneByOne: OneByOne { OneByOne(sum: wide_get(sum, 0)) }

    /// The running sums of the next 64 numbers; always true.
    @inline(__always)
    mutating func next(_ v: inout FourVectors) -> Bool {
        let one = lanes_widen(v.a)
        let two = wide_add(one, lanes_widen(v.b))
        let three = wide_add(two, lanes_widen(v.c))
        let four = wide_add(three, lanes_widen(v.d))
        let upTo = wide_prefix_sums(four)
        let start = wide_add(sum, wide_before(upTo))
        v.a = lanes_narrow(wide_add(start, one))
        v.b = lanes_narrow(wide_add(start, two))
        v.c = lanes_narrow(wide_add(start, three))
        v.d = lanes_narrow(wide_add(start, four))
        sum = wide_add(sum, wide_last(upTo))
        return true
    }
}
#endif

func cumulativeColumns(_ y: Out, _ x: In, _ rows: Int, _ count: Int, _ reverse: Int) {
    let y = y.assumingMemoryBound(to: Real.self)
    let x = x.assumingMemoryBound(to: Real.self)
    // The sums so far of a strip of columns, and (float64) what they have lost.
    let strip = 1024
    let width = (min(strip, max(count, 1)) + 15) / 16
    let sums = lanes_scratch(lanes_scratch_sums, 4 * width).assumingMemoryBound(to: Wide.self)
    let lost = sums + width
    let piece = max(1, stoppingPiece / (16 * width))
    var i = 0
    while i < count {
        let columns = min(strip, count - i)
        for v in 0..<width {
            sums[v] = wide_splat(0)
            lost[v] = wide_splat(0)
        }
        for r in 0..<max(rows, 0) {
            if r % piece == 0 && r > 0 && isStopped() { return }
            let place = (reverse != 0 ? rows - 1 - r : r) * count + i
            var j = 0
            while j + 16 <= columns {
                lanes_store(y + place + j, addRow(sums + j / 16, lost + j / 16, lanes_load(x + place + j)))
                j += 16
            }
            if j < columns {
                let rest = Int32(columns - j)
                let values = lanes_load_first(x + place + j, rest)
                lanes_store_first(y + place + j, addRow(sums + j / 16, lost + j / 16, values), rest)
            }
        }
        i += columns
    }
}

@inline(__always)
private func addRow(_ sum: UnsafeMutablePointer<Wide>, _ lost: UnsafeMutablePointer<Wide>, _ x: Lanes) -> Lanes {
    let before = sum[0]
    let value = lanes_widen(x)
    let new = wide_add(before, value)
    sum[0] = new
    #if OCHE_DOUBLE
    let error = lostBySum(before, value, new)
    lost[0] = wide_add(lost[0], lanes_select(lanes_equal(error, error), error, wide_splat(0)))
    return wide_add(new, lost[0])
    #else
    return lanes_narrow(new)
    #endif
}
