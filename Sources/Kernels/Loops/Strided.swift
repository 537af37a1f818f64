// Copies between any strides, and filling with one value.
import CLanes

func copyStrided(_ y: Out, _ yStride: Int, _ x: In, _ xStride: Int, _ count: Int) {
    if yStride == 1 && (xStride == 1 || xStride == 0) { return unaryLoop(y, x, xStride, count) { $0 } }
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var i = 0
    while i + 4 <= count {
        let source = x + i * xStride, target = y + i * yStride
        let a = source[0], b = source[xStride], c = source[2 * xStride], d = source[3 * xStride]
        target[0] = a
        target[yStride] = b
        target[2 * yStride] = c
        target[3 * yStride] = d
        i += 4
    }
    while i < count {
        y[i * yStride] = x[i * xStride]
        i += 1
    }
}

/// Tile by tile, so that both sides go through whole cache lines.
func transpose(_ y: Out, _ yRow: Int, _ x: In, _ xRow: Int, _ rows: Int, _ columns: Int) {
    let y = y.assumingMemoryBound(to: Real.self), x = x.assumingMemoryBound(to: Real.self)
    var left = 0
    while left < columns {
        let right = min(left + 64, columns)
        var r = 0
        while r < rows {
            var c = left
            while c < right {
                lanes_transpose_square(y + c * yRow + r, yRow, x + r * xRow + c, xRow, min(16, rows - r), min(16, right - c))
                c += 16
            }
            r += 16
        }
        left = right
    }
}

func fill(_ y: Out, _ value: Double, _ count: Int) {
    let y = y.assumingMemoryBound(to: Real.self)
    let value = lanes_splat(Real(value))
    var i = 0
    while i + 16 <= count {
        lanes_store(y + i, value)
        i += 16
    }
    if i < count { lanes_store_first(y + i, value, Int32(count - i)) }
}
