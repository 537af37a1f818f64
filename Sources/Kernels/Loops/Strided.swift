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
