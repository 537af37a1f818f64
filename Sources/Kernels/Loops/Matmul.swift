// Matrix product C = A B with B and C of unit stride: 16 columns of B are one vector, an element of A is broadcast.
// Small products read A and B in place; large ones go through packed panels that fit the caches (Goto and van de Geijn,
// "Anatomy of high-performance matrix multiplication", 2008).
// Invariant: an element of C is a sum over blocks of 256 k, each one chain of fused multiply-adds from zero: up to 16 of them in
// order, and the sums of 16 in pairs (PairwiseSums). That depends on k alone, not on the way through the kernel.
import CLanes
import KernelInterface

/// The part of C that stays in registers: rows times vectors of 16 columns, as the registers of the instruction set allow.
let matmulPanelRows = Int(lanes_panel_rows), matmulPanelVectors = Int(lanes_panel_vectors)
/// Rows of a strip of 16 columns, and vectors of a single row, that are worked on together.
let matmulStripRows = Int(lanes_strip_rows), matmulRowVectors = Int(lanes_row_vectors)

/// The k of one chain, and of the blocks that are added in order.
let matmulDepth = 256, matmulRun = 16 * 256

/// C[rows][16 * vectors] (+)= A[rows][k] B[k][16 * vectors]: one chain over k.
@_transparent
func matmulBlock(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ k: Int, _ accumulate: Bool, rows: Int, vectors: Int, packed: Bool = false
) {
    var sums = registers24()
    // Four rows to a pointer, by strides that the optimiser must not make one long chain of additions of.
    let once = packed ? aRow : Int(lanes_opaque(aRow)), thrice = packed ? 3 * aRow : Int(lanes_opaque(3 * aRow))
    let four = packed ? 4 * aRow : Int(lanes_opaque(4 * aRow))
    var a = a, b = b
    for _ in 0..<k {
        @_transparent func multiply(_ i: Int, _ element: Real) {
            for v in 0..<vectors { sums[i * vectors + v] = lanes_fma(lanes_load(b + 16 * v), lanes_splat(element), sums[i * vectors + v]) }
        }
        for q in 0..<(rows + 3) / 4 {
            let row = a + q * four
            multiply(4 * q, row[0])
            if 4 * q + 1 < rows { multiply(4 * q + 1, row[once]) }
            if 4 * q + 2 < rows { multiply(4 * q + 2, row[2 * once]) }
            if 4 * q + 3 < rows { multiply(4 * q + 3, row[thrice]) }
        }
        a += aColumn
        b += bRow
    }
    if accumulate {
        for i in 0..<rows { for v in 0..<vectors {
            sums[i * vectors + v] = lanes_add(lanes_load(c + i * cRow + 16 * v), sums[i * vectors + v])
        } }
    }
    for i in 0..<rows { for v in 0..<vectors { lanes_store(c + i * cRow + 16 * v, sums[i * vectors + v]) } }
}

func matmul(
    _ c: UnsafeMutableRawPointer, _ cRow: Int, _ a: UnsafeRawPointer, _ aRow: Int, _ aColumn: Int, _ b: UnsafeRawPointer, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Int
) {
    let c = c.assumingMemoryBound(to: Real.self), a = a.assumingMemoryBound(to: Real.self), b = b.assumingMemoryBound(to: Real.self)
    if k <= matmulRun { return matmulShallow(c, cRow, a, aRow, aColumn, b, bRow, m, n, k, accumulate != 0) }
    // Tiles of C, so that the partial sums that wait for one another stay small.
    let height = 64 * matmulPanelRows
    let breadth = 1024
    var i = 0
    while i < m {
        let rows = min(height, m - i)
        var j = 0
        while j < n {
            matmulDeep(c + i * cRow + j, cRow, a + i * aRow, aRow, aColumn, b + j, bRow, rows, min(breadth, n - j), k, accumulate != 0)
            if isStopped() { return }
            j += breadth
        }
        i += height
    }
}

/// A tile of C over any k.
@inline(never)
private func matmulDeep(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Bool
) {
    let width = (m * n + 15) / 16
    let room: UnsafeMutableRawPointer = lanes_scratch(lanes_scratch_deep, PairwiseStack.room(width: width, blocks: (k + matmulRun - 1) / matmulRun))
    var sums = PairwiseStack(room.assumingMemoryBound(to: Lanes.self), width: width)
    var first = 0
    while first < k {
        // What lies behind the last element is added along, and never read.
        sums.next[width - 1] = lanes_splat(0)
        let part = UnsafeMutableRawPointer(sums.next).assumingMemoryBound(to: Real.self)
        matmulShallow(part, n, a + first * aColumn, aRow, aColumn, b + first * bRow, bRow, m, n, min(matmulRun, k - first), false)
        if isStopped() { return }
        sums.advance()
        first += matmulRun
    }
    let total = UnsafeMutableRawPointer(sums.finish()).assumingMemoryBound(to: Real.self)
    for i in 0..<m {
        let row = c + i * cRow
        var j = 0
        while j < n {
            let columns = Int32(min(16, n - j))
            var sum = lanes_load_first(total + i * n + j, columns)
            if accumulate { sum = lanes_add(lanes_load_first(row + j, columns), sum) }
            lanes_store_first(row + j, sum, columns)
            j += 16
        }
    }
}

/// At most `matmulRun` k.
@inline(__always)
private func matmulShallow(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Bool
) {
    if n == 1 && m >= 16 && aColumn == 1 {
        matmulVector(c, cRow, a, aRow, b, bRow, m, k, accumulate)
    } else if n == 1 && aRow == 1 && cRow == 1 {
        // The transposed product: columns of A are contiguous.
        matmulColumns(c, m, b, 0, bRow, a, aColumn, 1, m, k, accumulate)
    } else if m >= matmulPanelRows && n >= 32 && k >= 16 && k * n > 8192 {
        matmulLarge(c, cRow, a, aRow, aColumn, b, bRow, m, n, k, accumulate)
    } else {
        // Many rows in pieces: copies of them are smaller, and an interrupt has not long to wait.
        let piece = 1 << 14
        var i = 0
        while i < m {
            matmulColumns(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, min(piece, m - i), n, k, accumulate)
            i += piece
        }
    }
}

/// The blocks of k, each with whether it is added to what is there.
@inline(__always)
private func matmulBlocks(_ k: Int, _ accumulate: Bool, _ body: (_ first: Int, _ depth: Int, _ add: Bool) -> Void) {
    if k <= matmulDepth { return body(0, k, accumulate) }
    var first = 0
    while first < k {
        body(first, min(matmulDepth, k - first), accumulate || first > 0)
        first += matmulDepth
    }
}

// MARK: In place

/// All rows of one strip of 16 columns.
@inline(never)
func matmulStrip(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ k: Int, _ accumulate: Bool
) {
    var i = 0
    if matmulStripRows == 16 {
        while m - i >= 16 {
            matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 16, vectors: 1)
            i += 16
        }
        while m - i >= 8 {
            matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 8, vectors: 1)
            i += 8
        }
    }
    if matmulStripRows == 6 {
        while m - i >= 6 {
            matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 6, vectors: 1)
            i += 6
        }
    }
    if matmulStripRows > 3 {
        while m - i >= 4 {
            matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 4, vectors: 1)
            i += 4
        }
    }
    while m - i >= 3 {
        matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 3, vectors: 1)
        i += 3
    }
    while i < m {
        matmulBlock(c + i * cRow, cRow, a + i * aRow, aRow, aColumn, b, bRow, k, accumulate, rows: 1, vectors: 1)
        i += 1
    }
}

/// A single row: its chains side by side, along whole cache lines of B.
@inline(never)
func matmulRow(
    _ c: UnsafeMutablePointer<Real>, _ a: UnsafePointer<Real>, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int, _ k: Int, _ accumulate: Bool
) {
    matmulBlock(c, 0, a, 0, aColumn, b, bRow, k, accumulate, rows: 1, vectors: Int(lanes_row_vectors))
}

/// Strip by strip; the last, incomplete one through copies of B and C that are 16 wide.
@inline(never)
func matmulColumns(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Bool
) {
    var j = 0
    if m < 3 {
        while n - j >= 16 * matmulRowVectors {
            matmulBlocks(k, accumulate) { l, depth, add in
                for i in 0..<m { matmulRow(c + i * cRow + j, a + i * aRow + l * aColumn, aColumn, b + l * bRow + j, bRow, depth, add) }
            }
            j += 16 * matmulRowVectors
        }
    }
    while n - j >= 16 {
        if isStopped() { return }
        matmulBlocks(k, accumulate) { l, depth, add in
            matmulStrip(c + j, cRow, a + l * aColumn, aRow, aColumn, b + l * bRow + j, bRow, m, depth, add)
        }
        j += 16
    }
    let left = n - j
    if left == 0 { return }
    let copyB = lanes_scratch(lanes_scratch_right, k + m).assumingMemoryBound(to: Real.self), copyC = copyB + 16 * k
    for l in 0..<k { lanes_store(copyB + 16 * l, lanes_load_first(b + l * bRow + j, Int32(left))) }
    if accumulate { for i in 0..<m { lanes_store(copyC + 16 * i, lanes_load_first(c + i * cRow + j, Int32(left))) } }
    matmulBlocks(k, accumulate) { l, depth, add in
        matmulStrip(copyC, 16, a + l * aColumn, aRow, aColumn, copyB + 16 * l, 16, m, depth, add)
    }
    for i in 0..<m { lanes_store_first(c + i * cRow + j, lanes_load(copyC + 16 * i), Int32(left)) }
}

/// One column, rows of A contiguous: 16 rows are the lanes, tiles of 16 x 16 are turned.
@inline(never)
func matmulVector(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ k: Int, _ accumulate: Bool
) {
    let tile = lanes_scratch(lanes_scratch_right, 16).assumingMemoryBound(to: Real.self)
    var i = 0
    while i < m {
        if isStopped() { return }
        let rows = min(16, m - i), target = c + i * cRow
        var sums = lanes_splat(0)
        if accumulate { for r in 0..<rows { sums = lanes_set(sums, Int32(r), target[r * cRow]) } }
        matmulBlocks(k, accumulate) { first, depth, add in
            var chain = lanes_splat(0)
            var l = first
            while l < first + depth {
                let tall = min(16, first + depth - l)
                lanes_pack_square(tile, a + i * aRow + l, aRow, tall, rows)
                for e in 0..<tall { chain = lanes_fma(lanes_load(tile + 16 * e), lanes_splat(b[(l + e) * bRow]), chain) }
                l += 16
            }
            sums = add ? lanes_add(sums, chain) : chain
        }
        if cRow == 1 {
            lanes_store_first(target, sums, Int32(rows))
        } else {
            for r in 0..<rows { target[r * cRow] = lanes_get(sums, Int32(r)) }
        }
        i += 16
    }
}

// MARK: Through panels

/// A block of A (in the L2 cache) times a block of B (there as well): panels of A, [k][matmulPanelRows], stay in the L1
/// cache while the panels of B, [k][16 * matmulPanelVectors], pass. What is incomplete is filled up and goes through a tile.
@inline(never)
func matmulLarge(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ b: UnsafePointer<Real>, _ bRow: Int,
    _ m: Int, _ n: Int, _ k: Int, _ accumulate: Bool
) {
    let rows = matmulPanelRows, columns = 16 * matmulPanelVectors
    let depth = matmulDepth, height = 32 * rows, breadth = 256
    let packedA = lanes_scratch(lanes_scratch_left, (min(m + rows, height) * min(k, depth) + 15) / 16 + 1).assumingMemoryBound(to: Real.self)
    let packedB = lanes_scratch(lanes_scratch_right, (min(n + columns, breadth) * min(k, depth) + 15) / 16).assumingMemoryBound(to: Real.self)
    let tile = lanes_scratch(lanes_scratch_sums, rows * matmulPanelVectors).assumingMemoryBound(to: Real.self)
    var first = 0
    while first < k {
        let kb = min(depth, k - first), add = accumulate || first > 0
        var i = 0
        while i < m {
            let mb = min(height, m - i)
            var p = 0
            while p < mb {
                matmulPackRows(packedA + p * kb, a + (i + p) * aRow + first * aColumn, aRow, aColumn, min(rows, mb - p), kb)
                p += rows
            }
            var j = 0
            while j < n {
                if isStopped() { return }
                let nb = min(breadth, n - j)
                var q = 0
                while q < nb {
                    matmulPackColumns(packedB + q * kb, b + first * bRow + j + q, bRow, min(columns, nb - q), kb)
                    q += columns
                }
                p = 0
                while p < mb {
                    q = 0
                    while q < nb {
                        matmulPanels(c + (i + p) * cRow + j + q, cRow, packedA + p * kb, packedB + q * kb, min(rows, mb - p), min(columns, nb - q), kb, add, tile)
                        q += columns
                    }
                    p += rows
                }
                j += nb
            }
            i += mb
        }
        first += kb
    }
}

/// C[m][n] (+)= one panel of A times one panel of B.
@inline(__always)
func matmulPanels(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ b: UnsafePointer<Real>, _ m: Int, _ n: Int, _ k: Int,
    _ accumulate: Bool, _ tile: UnsafeMutablePointer<Real>
) {
    let rows = matmulPanelRows, columns = 16 * matmulPanelVectors
    if m == rows && n == columns { return matmulPanelsWhole(c, cRow, a, b, k, accumulate) }
    if accumulate {
        for i in 0..<m { matmulCopy(tile + i * columns, c + i * cRow, n) }
    }
    if n <= 16 && columns > 16 {
        matmulPanelsHalf(tile, columns, a, b, k, accumulate)
    } else if m <= rows / 3 {
        matmulPanelsLow(tile, columns, a, b, k, accumulate)
    } else {
        matmulPanelsWhole(tile, columns, a, b, k, accumulate)
    }
    for i in 0..<m { matmulCopy(c + i * cRow, tile + i * columns, n) }
}
@inline(never)
func matmulPanelsWhole(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ b: UnsafePointer<Real>, _ k: Int, _ accumulate: Bool
) {
    matmulBlock(c, cRow, a, 1, Int(lanes_panel_rows), b, 16 * Int(lanes_panel_vectors), k, accumulate,
                rows: Int(lanes_panel_rows), vectors: Int(lanes_panel_vectors), packed: true)
}
/// The first 16 columns alone.
@inline(never)
func matmulPanelsHalf(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ b: UnsafePointer<Real>, _ k: Int, _ accumulate: Bool
) {
    matmulBlock(c, cRow, a, 1, Int(lanes_panel_rows), b, 16 * Int(lanes_panel_vectors), k, accumulate, rows: Int(lanes_panel_rows), vectors: 1, packed: true)
}
/// The first third of the rows alone.
@inline(never)
func matmulPanelsLow(
    _ c: UnsafeMutablePointer<Real>, _ cRow: Int, _ a: UnsafePointer<Real>, _ b: UnsafePointer<Real>, _ k: Int, _ accumulate: Bool
) {
    matmulBlock(c, cRow, a, 1, Int(lanes_panel_rows), b, 16 * Int(lanes_panel_vectors), k, accumulate,
                rows: Int(lanes_panel_rows) / 3, vectors: Int(lanes_panel_vectors), packed: true)
}

@inline(__always)
func matmulCopy(_ y: UnsafeMutablePointer<Real>, _ x: UnsafePointer<Real>, _ count: Int) {
    var i = 0
    while i < count {
        let n = Int32(min(16, count - i))
        lanes_store_first(y + i, lanes_load_first(x + i, n), n)
        i += 16
    }
}

/// packed[l][i] = a[i][l] for i < rows; what is missing to a panel repeats the last row. Every row of the panel is stored
/// 16 wide, over the beginning of the next: the memory ends that much later.
@inline(never)
func matmulPackRows(_ packed: UnsafeMutablePointer<Real>, _ a: UnsafePointer<Real>, _ aRow: Int, _ aColumn: Int, _ rows: Int, _ k: Int) {
    let width = matmulPanelRows
    if aColumn == 1 {
        let tile = lanes_scratch(lanes_scratch_patch, 16).assumingMemoryBound(to: Real.self)
        var l = 0
        while l < k {
            let depth = min(16, k - l)
            lanes_pack_square(tile, a + l, aRow, depth, rows)
            for e in 0..<depth { lanes_store(packed + (l + e) * width, lanes_load(tile + 16 * e)) }
            l += 16
        }
    } else if aRow == 1 {
        for l in 0..<k { lanes_store(packed + l * width, lanes_load_first(a + l * aColumn, Int32(rows))) }
    } else {
        for l in 0..<k { for i in 0..<width { packed[l * width + i] = a[min(i, rows - 1) * aRow + l * aColumn] } }
    }
}

/// packed[l][j] = b[l][j] for j < columns, zeros up to the width of a panel.
@inline(never)
func matmulPackColumns(_ packed: UnsafeMutablePointer<Real>, _ b: UnsafePointer<Real>, _ bRow: Int, _ columns: Int, _ k: Int) {
    let vectors = matmulPanelVectors
    if columns == 16 * vectors {
        for l in 0..<k { for v in 0..<vectors { lanes_store(packed + 16 * (l * vectors + v), lanes_load(b + l * bRow + 16 * v)) } }
    } else {
        for l in 0..<k {
            for v in 0..<vectors {
                lanes_store(packed + 16 * (l * vectors + v), lanes_load_first(b + l * bRow + 16 * v, Int32(max(0, min(16, columns - 16 * v)))))
            }
        }
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
