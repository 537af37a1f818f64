// Matrix product C = A B with B and C of unit stride: 16 columns of B are one vector, an element of A is broadcast.
// Small products read A and B in place; large ones go through packed panels that fit the caches (Goto and van de Geijn,
// "Anatomy of high-performance matrix multiplication", 2008).
// Invariant: an element of C is one chain of fused multiply-adds over k in order, whatever the blocks.
import CLanes
import KernelInterface

#if OCHE_DOUBLE
let matmulPanelRows = 6
#else
let matmulPanelRows = 12
#endif

/// C[rows][16 * vectors] (+)= A[rows][k] B[k][16 * vectors].
@_transparent
func matmulBlock(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ k: Int, _ accumulate: Bool, rows: Int, vectors: Int
) {
    var sums = registers24()
    if accumulate {
        for i in 0..<rows { for v in 0..<vectors { sums[i * vectors + v] = lanes_load(c + i * cRow + 16 * v) } }
    }
    var a = a, b = b
    for _ in 0..<k {
        for i in 0..<rows {
            for v in 0..<vectors { sums[i * vectors + v] = lanes_fma(lanes_load(b + 16 * v), lanes_splat(a[i * aRow]), sums[i * vectors + v]) }
        }
        a += aColumn
        b += bRow
    }
    for i in 0..<rows { for v in 0..<vectors { lanes_store(c + i * cRow + 16 * v, sums[i * vectors + v]) } }
}

/// All rows of one strip of 16 columns; A in place.
@inline(never)
func matmulStrip(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ k: Int, _ accumulate: Bool
) {
    var i = 0
    while m - i >= 16 {
        matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 16, vectors: 1)
        i += 16
    }
    while m - i >= 8 {
        matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 8, vectors: 1)
        i += 8
    }
    while m - i >= 4 {
        matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 4, vectors: 1)
        i += 4
    }
    while i < m {
        matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 1, vectors: 1)
        i += 1
    }
}

/// The same for A packed as [k][matmulPanelRows] and 32 columns.
@inline(never)
func matmulPacked(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ b: UnsafePointer<Real>, _ k: Int, _ accumulate: Bool
) {
    matmulBlock(c, cRow, a, 1, matmulPanelRows, b, 32, k, accumulate, rows: matmulPanelRows, vectors: 2)
}

func matmul(
    _ c: UnsafeMutableRawPointer, _ cRow: Int, _ a: UnsafeRawPointer, _ aRow: Int, _ aColumn: Int, _ b: UnsafeRawPointer, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Int
) {
    let c = c.assumingMemoryBound(to: Real.self), a = a.assumingMemoryBound(to: Real.self), b = b.assumingMemoryBound(to: Real.self)
    if m >= 2 * matmulPanelRows && n >= 32 && k >= 16 && k * n > 8192 {
        matmulLarge(c, cRow, a, aRow, aColumn, b, bRow, m, n, k, accumulate != 0)
    } else {
        matmulColumns(c, cRow, a, aRow, aColumn, b, bRow, m, n, k, accumulate != 0)
    }
}

/// Strip by strip; the last, incomplete one through copies of B and C that are 16 wide.
@inline(never)
func matmulColumns(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Bool
) {
    var j = 0
    while n - j >= 16 {
        matmulStrip(c + j, cRow, a, aRow, aColumn, b + j, bRow, m, k, accumulate)
        j += 16
    }
    let left = n - j
    if left == 0 { return }
    let copyB = lanes_scratch(lanes_scratch_right, k + m).assumingMemoryBound(to: Real.self), copyC = copyB + 16 * k
    for l in 0..<k { matmulCopyRow(copyB + 16 * l, b + l * bRow + j, left) }
    if accumulate { for i in 0..<m { matmulCopyRow(copyC + 16 * i, c + i * cRow + j, left) } }
    matmulStrip(copyC, 16, a, aRow, aColumn, copyB, 16, m, k, accumulate)
    for i in 0..<m { for q in 0..<left { c[i * cRow + j + q] = copyC[16 * i + q] } }
}

/// `count` numbers and zeros up to 16.
@inline(__always)
func matmulCopyRow(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ count: Int) {
    lanes_store(y, lanes_splat(0))
    for q in 0..<count { y[q] = x[q] }
}

/// k in blocks so that 32 columns of B stay in the L1 cache, columns in blocks so that B's panels stay in the L2 cache.
@inline(never)
func matmulLarge(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Bool
) {
    let depth = 256, breadth = 512, rows = matmulPanelRows
    let wide = n & ~31
    var first = 0
    while first < k {
        let kb = min(depth, k - first), add = accumulate || first > 0
        // Every panel of `rows` rows of A, [k][rows].
        let packedA = lanes_scratch(lanes_scratch_left, (m * kb + 15) / 16).assumingMemoryBound(to: Real.self)
        let panels = m / rows
        for p in 0..<panels { matmulPackRows(packedA + p * rows * kb, a + p * rows * aRow + first * aColumn, aRow, aColumn, kb) }
        var j = 0
        while j < wide {
            let nb = min(breadth, wide - j)
            let packedB = lanes_scratch(lanes_scratch_right, kb * nb / 16).assumingMemoryBound(to: Real.self)
            for v in 0..<nb / 32 {
                let source = b + first * bRow + j + 32 * v, target = packedB + v * 32 * kb
                for l in 0..<kb {
                    lanes_store(target + 32 * l, lanes_load(source + l * bRow))
                    lanes_store(target + 32 * l + 16, lanes_load(source + l * bRow + 16))
                }
            }
            for v in 0..<nb / 32 {
                for p in 0..<panels { matmulPacked(c + p * rows * cRow + j + 32 * v, cRow, packedA + p * rows * kb, packedB + v * 32 * kb, kb, add) }
            }
            j += nb
        }
        let done = panels * rows
        if done < m {
            matmulColumns(c + done * cRow, cRow, a + done * aRow + first * aColumn, aRow, aColumn, b + first * bRow, bRow, m - done, wide, kb, add)
        }
        if wide < n {
            matmulColumns(c + wide, cRow, a + first * aColumn, aRow, aColumn, b + first * bRow + wide, bRow, m, n - wide, kb, add)
        }
        first += kb
    }
}

@inline(never)
func matmulPackRows(_ packed: UnsafeMutablePointer<Real>, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ k: Int) {
    if aRow == 1 {
        for l in 0..<k { for i in 0..<matmulPanelRows { packed[l * matmulPanelRows + i] = a[l * aColumn + i] } }
    } else {
        for i in 0..<matmulPanelRows { for l in 0..<k { packed[l * matmulPanelRows + i] = a[i * aRow + l * aColumn] } }
    }
}

func outerLanes(_ g: UnsafeMutableRawPointer, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ m: Int, _ n: Int, _ lanes: Int) {
    let g = g.assumingMemoryBound(to: Lanes.self), a = a.assumingMemoryBound(to: Lanes.self), b = b.assumingMemoryBound(to: Lanes.self)
    for i in 0..<m {
        // Both factors, for a lane without a sample may hold infinity, and 0 times that is not 0.
        let ai = lanes_first(a[i], Int32(lanes)), row = g + i * n
        for j in 0..<n { row[j] = lanes_fma(ai, lanes_first(b[j], Int32(lanes)), row[j]) }
    }
}
