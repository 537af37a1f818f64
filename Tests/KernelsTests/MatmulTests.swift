// matmul and outerLanes against the definition: any strides of A, any shape, nothing written outside C.
import Foundation
import Kernels
import XCTest

final class MatmulTests: XCTestCase {
    func check(_ m: Int, _ n: Int, _ k: Int, _ numbers: inout SeededNumbers, transposed: Bool = false, slack: Int = 0, accumulate: Bool = false) {
        KernelBuffer.release()
        let (aRow, aColumn) = transposed ? (1, m + slack) : (k + slack, 1)
        let bRow = n + slack, cRow = n + 2 * slack
        let a = numbers.reals(max(1, (m - 1) * aRow + (k - 1) * aColumn + 1)), b = numbers.reals(max(1, k * bRow)), old = numbers.reals(max(1, m * cRow))
        var expected = old
        for i in 0..<m { for j in 0..<n {
            var sum = accumulate ? old[i * cRow + j] : 0
            for l in 0..<k { sum += a[i * aRow + l * aColumn] * b[l * bRow + j] }
            expected[i * cRow + j] = sum
        } }
        var patterns: [Int: Data] = [:]
        for (name, t) in allKernelTables {
            let ba = KernelBuffer(a, t), bb = KernelBuffer(b, t), c = KernelBuffer(old, t)
            t.matmul(c.bytes, cRow, ba.bytes, aRow, aColumn, bb.bytes, bRow, m, n, k, accumulate ? 1 : 0)
            let what = "\(name) \(m)x\(n)x\(k) transposed \(transposed) slack \(slack) accumulate \(accumulate)"
            assertClose(c, expected, scale: Double(k).squareRoot(), packed: false, what)
            let values = c.values
            let start = KernelBuffer(old, t).values
            XCTAssertTrue(old.indices.allSatisfy { $0 % cRow < n || values[$0] == start[$0] }, "wrote between rows \(what)")
            if let first = patterns[t.elementSize] { XCTAssertEqual(first, c.bits, "bits differ \(what)") } else { patterns[t.elementSize] = c.bits }
        }
    }

    func testPackedShapes() {
        var n = SeededNumbers(20)
        for (m, k) in [(8, 8), (16, 64), (64, 16), (33, 7), (5, 5), (1, 1), (3, 50)] {
            for transposed in [false, true] { for accumulate in [false, true] { check(m, 16, k, &n, transposed: transposed, accumulate: accumulate) } }
        }
    }

    func testRandomShapes() {
        var n = SeededNumbers(21)
        for _ in 0..<40 {
            check(n.int(1...40), n.int(1...70), n.int(0...40), &n, transposed: n.int(0...1) == 1, slack: n.int(0...3), accumulate: n.int(0...1) == 1)
        }
    }

    func testCacheBlocks() {
        var n = SeededNumbers(22)
        for (m, w, k) in [(70, 40, 300), (9, 150, 265), (131, 33, 20)] {
            check(m, w, k, &n, slack: 1)
            check(m, w, k, &n, transposed: true, accumulate: true)
        }
    }

    /// Every way through the kernel: panels with incomplete edges, single rows and columns, several blocks of k.
    func testEdges() {
        var n = SeededNumbers(25)
        for (m, w, k) in [(13, 33, 260), (12, 32, 257), (14, 48, 300), (29, 65, 129), (400, 34, 30), (25, 300, 40), (1, 200, 64), (2, 131, 70),
                          (1, 1, 500), (17, 1, 300), (40, 1, 33), (16, 1, 16), (5, 1, 40), (3, 16, 600), (7, 17, 513)] {
            check(m, w, k, &n)
            check(m, w, k, &n, slack: 3, accumulate: true)
            check(m, w, k, &n, transposed: true, slack: w == 1 ? 0 : 2)
            check(m, w, k, &n, transposed: true, accumulate: true)
        }
    }

    func testTranspose() {
        var n = SeededNumbers(26)
        for (rows, columns) in [(1, 1), (16, 16), (5, 70), (33, 17), (64, 3), (100, 130)] {
            for slack in [0, 3] {
                let x = n.reals(rows * (columns + slack)), old = n.reals(columns * (rows + slack))
                for (name, t) in allKernelTables {
                    let from = KernelBuffer(x, t), to = KernelBuffer(old, t)
                    t.transpose(to.bytes, rows + slack, from.bytes, columns + slack, rows, columns)
                    var expected = KernelBuffer(old, t).values
                    let values = from.values
                    for r in 0..<rows { for c in 0..<columns { expected[c * (rows + slack) + r] = values[r * (columns + slack) + c] } }
                    XCTAssertEqual(to.values, expected, "\(name) \(rows)x\(columns)")
                }
            }
        }
    }

    /// A row's bits do not depend on the rows and columns around it.
    func testRowsAndColumnsStandAlone() {
        var n = SeededNumbers(23)
        let (m, w, k) = (19, 53, 37)
        let a = n.reals(m * k), b = n.reals(k * w)
        for (name, t) in allKernelTables {
            let ba = KernelBuffer(a, t), bb = KernelBuffer(b, t), whole = KernelBuffer(count: m * w, t)
            t.matmul(whole.bytes, w, ba.bytes, k, 1, bb.bytes, w, m, w, k, 0)
            let all = whole.values
            for (i, j) in [(0, 0), (18, 52), (7, 16), (11, 48)] {
                let one = KernelBuffer(count: 1, t)
                t.matmul(one.bytes, 1, ba.bytes + i * k * t.elementSize, k, 1, bb.bytes + j * t.elementSize, w, 1, 1, k, 0)
                XCTAssertEqual(one.values[0], all[i * w + j], name)
            }
        }
    }

    func testOuterLanes() {
        var n = SeededNumbers(24)
        for (m, w, lanes) in [(1, 1, 16), (16, 16, 16), (5, 9, 3), (13, 6, 15), (7, 33, 16)] {
            var a = n.reals(m * 16), b = n.reals(w * 16)
            let old = n.reals(m * w * 16)
            var expected = old
            for i in 0..<m { for j in 0..<w { for l in 0..<lanes { expected[(i * w + j) * 16 + l] += a[i * 16 + l] * b[j * 16 + l] } } }
            for i in a.indices where i % 16 >= lanes { a[i] = .nan }
            for i in b.indices where i % 16 >= lanes { b[i] = .infinity }
            var patterns: [Int: Data] = [:]
            for (name, t) in allKernelTables {
                let g = KernelBuffer(old, t)
                t.outerLanes(g.bytes, KernelBuffer(a, t).bytes, KernelBuffer(b, t).bytes, m, w, lanes)
                assertClose(g, expected, name)
                if let first = patterns[t.elementSize] { XCTAssertEqual(first, g.bits) } else { patterns[t.elementSize] = g.bits }
            }
        }
    }
}
