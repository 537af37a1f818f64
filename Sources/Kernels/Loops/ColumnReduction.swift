// Extremes and products down the columns: every y[i] takes its rows strictly in order, whatever the shape (sums: ColumnSums).
// A few columns stay in registers for all rows; many columns take four rows at a time over a strip of y that stays in L1.
import CLanes

func maximumColumns(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ accumulate: Int) {
    reduceColumns(y, x, rows, rowStride, count, accumulate, -.infinity) { lanes_maximum($0, $1) }
}
func minimumColumns(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ accumulate: Int) {
    reduceColumns(y, x, rows, rowStride, count, accumulate, .infinity) { lanes_minimum($0, $1) }
}
func productColumns(_ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ accumulate: Int) {
    reduceColumns(y, x, rows, rowStride, count, accumulate, 1) { lanes_mul($0, $1) }
}

@inline(__always)
private func reduceColumns(
    _ y: Out, _ x: In, _ rows: Int, _ rowStride: Int, _ count: Int, _ accumulate: Int, _ neutral: Real, _ f: (Lanes, Lanes) -> Lanes
) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    if count <= 0 { return }
    var rows = max(rows, 0), first = x
    // The first row starts the reduction, unless y does.
    if accumulate == 0 {
        if rows == 0 {
            var i = 0
            while i < count {
                lanes_store_first(y + i, lanes_splat(neutral), Int32(min(count - i, 16)))
                i += 16
            }
            return
        }
        unaryLoop(y, x, 1, count) { $0 }
        rows -= 1
        first = x + rowStride
    }
    var i = 0
    if count < 128 {
        while i + 64 <= count {
            var a = lanes_load(y + i), b = lanes_load(y + i + 16), c = lanes_load(y + i + 32), d = lanes_load(y + i + 48)
            var row = first + i
            for _ in 0..<rows {
                a = f(a, lanes_load(row))
                b = f(b, lanes_load(row + 16))
                c = f(c, lanes_load(row + 32))
                d = f(d, lanes_load(row + 48))
                row += rowStride
            }
            lanes_store(y + i, a)
            lanes_store(y + i + 16, b)
            lanes_store(y + i + 32, c)
            lanes_store(y + i + 48, d)
            i += 64
        }
    } else {
        let strip = 2048
        while i + 16 <= count {
            let end = min(i + strip, count & ~15)
            var r = 0
            while r + 4 <= rows {
                let row = first + r * rowStride
                var j = i
                while j < end {
                    var a = f(lanes_load(y + j), lanes_load(row + j))
                    a = f(a, lanes_load(row + rowStride + j))
                    a = f(a, lanes_load(row + 2 * rowStride + j))
                    lanes_store(y + j, f(a, lanes_load(row + 3 * rowStride + j)))
                    j += 16
                }
                r += 4
            }
            while r < rows {
                let row = first + r * rowStride
                var j = i
                while j < end {
                    lanes_store(y + j, f(lanes_load(y + j), lanes_load(row + j)))
                    j += 16
                }
                r += 1
            }
            i = end
        }
    }
    while i + 16 <= count {
        var a = lanes_load(y + i)
        var row = first + i
        for _ in 0..<rows {
            a = f(a, lanes_load(row))
            row += rowStride
        }
        lanes_store(y + i, a)
        i += 16
    }
    if i < count {
        let rest = Int32(count - i)
        var a = lanes_load_first(y + i, rest)
        var row = first + i
        for _ in 0..<rows {
            a = f(a, lanes_load_first(row, rest))
            row += rowStride
        }
        lanes_store_first(y + i, a, rest)
    }
}
