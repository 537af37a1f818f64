// Matrix product and per-lane outer product.
import CLanes
import KernelInterface

func matmul(
    _ c: UnsafeMutableRawPointer, _ cRow: Int, _ a: UnsafeRawPointer, _ aRow: Int, _ aColumn: Int, _ b: UnsafeRawPointer, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Int
) {
    let c = c.assumingMemoryBound(to: Real.self), a = a.assumingMemoryBound(to: Real.self), b = b.assumingMemoryBound(to: Real.self)
    for i in 0..<m {
        for j in 0..<n {
            var sum: Real = accumulate != 0 ? c[i * cRow + j] : 0
            for l in 0..<k { sum = real_fma(a[i * aRow + l * aColumn], b[l * bRow + j], sum) }
            c[i * cRow + j] = sum
        }
    }
}

func outerLanes(_ g: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ m: Int, _ n: Int, _ lanes: Int) {
    let g = g.assumingMemoryBound(to: Lanes.self), a = a.assumingMemoryBound(to: Lanes.self), b = b.assumingMemoryBound(to: Lanes.self)
    for i in 0..<m {
        let ai = lanes_first(a[i], Int32(lanes))
        for j in 0..<n { g[i * n + j] = lanes_fma(ai, lanes_first(b[j], Int32(lanes)), g[i * n + j]) }
    }
}
