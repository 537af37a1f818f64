// Sums down columns bit by bit against their definition, however many columns there are and however they are walked;
// running sums against additions one by one.
import Foundation
import Kernels
import Testing

struct LongSumsTests {
    /// 64 numbers in order; the largest power of two of such blocks, and the sum of what is left.
    private func definition<R: Element>(_ values: ArraySlice<R>, after first: R?) -> R {
        let blocks = (values.count + 63) / 64
        if blocks <= 1 { return first.map { values.reduce($0, +) } ?? values.dropFirst().reduce(values.first!, +) }
        var half = 1
        while 2 * half < blocks { half *= 2 }
        let middle = values.startIndex + 64 * half
        return definition(values[..<middle], after: first) + definition(values[middle...], after: nil)
    }

    private func check<R: Element>(_: R.Type, _ rows: Int, _ count: Int, _ slack: Int) {
        var values = TestValues(UInt64(rows + 10_000 * count))
        let stride = count + slack
        let x = Memory<R>(values.array(rows * stride), offset: count % 3)
        let old: [R] = values.array(count)
        for accumulate in [0, 1] {
            let expected = (0..<count).map { i in
                definition((0..<rows).map { x.pointer[$0 * stride + i] }[...], after: accumulate == 1 ? old[i] : nil)
            }
            for (name, table) in R.tables {
                let y = Memory<R>(old, offset: rows % 2)
                table.reduceColumns[ReductionCode.sum.rawValue](y.raw, x.raw, rows, stride, count, accumulate)
                let place = "\(rows) x \(count), stride \(stride), accumulate \(accumulate)"
                #expect(y.values == expected, "\(name) \(R.self): \(place)")
                y.assertGuardsIntact("\(name): \(rows) x \(count)")
            }
        }
    }

    @Test(arguments: [
        1, 2, 3, 4, 5, 8, 9, 10, 15, 16, 17, 24, 31, 32, 33, 48, 50, 64, 65, 80, 100, 127, 128, 129, 200,
    ])
    func columnsAreSummedAsDefined(_ count: Int) {
        for rows in [1, 2, 17, 64, 65, 128, 129, 511, 512, 513, 600, 1100] {
            for slack in [0, 3] {
                check(Float.self, rows, count, slack)
                check(Double.self, rows, count, slack)
            }
        }
    }

    @Test(arguments: [512, 1000, 1024, 2048, 2049, 2063, 2064, 2065, 4111])
    func manyColumnsAreSummedAsDefined(_ count: Int) {
        for rows in [5, 65, 200] {
            check(Float.self, rows, count, 0)
            check(Double.self, rows, count, 1)
        }
    }

    #if os(Linux)
    /// The page after the last row's end cannot be read.
    @Test func nothingIsReadPastTheLastRow() throws {
        let page = Int(getpagesize())
        func check<R: Element>(_: R.Type) throws {
            let rows = 700
            for count in 1...40 {
                for stride in [count, count + 1] {
                    let elements = (rows - 1) * stride + count
                    let bytes = (elements * MemoryLayout<R>.size + page - 1) / page * page
                    let mapped = mmap(nil, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                    let memory = try #require(mapped != MAP_FAILED ? mapped : nil)
                    defer { munmap(memory, bytes + page) }
                    try #require(mprotect(memory + bytes, page, PROT_NONE) == 0)
                    let x = memory + (bytes - elements * MemoryLayout<R>.size)
                    for (name, table) in R.tables {
                        for r in [1, 2, 65, 512, 700] {
                            let y = Memory<R>(count) { _ in 1 }
                            let first = (rows - r) * stride * MemoryLayout<R>.size
                            table.reduceColumns[ReductionCode.sum.rawValue](y.raw, x + first, r, stride, count, 0)
                            #expect(y.values == [R](repeating: 0, count: count), "\(name)")
                        }
                    }
                }
            }
        }
        try check(Float.self)
        try check(Double.self)
    }
    #endif

    /// The kernel's running sums of one line, as a row and as the middle one of three columns.
    private func runningSums<R: Element>(_ line: [R], _ table: KernelTable, reverse: Bool) -> [[R]] {
        let row = Memory<R>(line)
        let y = Memory<R>(line.count)
        table.cumulativeRows(y.raw, row.raw, 1, line.count, reverse ? 1 : 0)
        y.assertGuardsIntact("rows")
        let columns = Memory<R>(3 * line.count) { line[$0 / 3] }
        let z = Memory<R>(3 * line.count)
        table.cumulativeColumns(z.raw, columns.raw, line.count, 3, reverse ? 1 : 0)
        z.assertGuardsIntact("columns")
        return [y.values, (0..<line.count).map { z.pointer[3 * $0 + 1] }]
    }

    private func oneByOne<R: Element>(_ line: [R]) -> [R] {
        var sum: R = 0
        return line.map { value in
            sum += value
            return sum
        }
    }

    private func checkRunningSums<R: Element>(_ line: [R], _ expected: [R]) {
        for (name, table) in R.tables {
            for reverse in [false, true] {
                for got in runningSums(reverse ? line.reversed() : line, table, reverse: reverse) {
                    let forward = reverse ? got.reversed() : got
                    for i in line.indices {
                        let (a, b) = (Double(forward[i]), Double(expected[i]))
                        let isSame = a == b || (a.isNaN && b.isNaN)
                        #expect(isSame, "\(name) \(R.self): \(a) for \(b) at \(i) of \(line.count), reverse \(reverse)")
                    }
                }
            }
        }
    }

    @Test(arguments: [1, 2, 15, 16, 63, 64, 65, 128, 130, 1000])
    func runningSumsOfWholeNumbersAreExact(_ count: Int) {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(3)
            let line = (0..<count).map { _ in R(Int(values.word() % 2001) - 1000) }
            checkRunningSums(line, oneByOne(line))
        }
        check(Float.self)
        check(Double.self)
    }

    /// Sums of a lane's numbers overflow here, those of the line do not; infinities reach only what comes after them.
    @Test func runningSumsOverflowWhereTheirValuesDo() {
        func check<R: Element>(_ large: R) {
            let pattern: [R] = [0, -large, large, large, -large]
            let line = pattern + (0..<195).map { [-large, large, large, -large][$0 % 4] }
            checkRunningSums(line, oneByOne(line))
            var infinite = [R](repeating: 1, count: 200)
            infinite[70] = .infinity
            infinite[140] = -.infinity
            checkRunningSums(infinite, (0..<200).map { $0 < 70 ? R($0 + 1) : $0 < 140 ? .infinity : .nan })
        }
        check(Float(3e38))
        check(1.7e308)
    }

    /// What additions of float64 lose comes back: a large number, many that vanish beside it, and the large one off.
    @Test func runningSumsKeepWhatAdditionsLose() {
        let line = [1e17] + [Double](repeating: 1, count: 998) + [-1e17]
        for (name, table) in Double.tables {
            for got in runningSums(line, table, reverse: false) { #expect(got[999] == 998, "\(name)") }
        }
    }
}
