// Sums and products against double precision, extremes exactly; the column reductions bit by bit, since their order is fixed.
import Kernels
import XCTest

final class ReductionTests: XCTestCase {
    func testRows() {
        func check<R: Element>(_: R.Type, _ tolerance: Double) {
            var values = TestValues(7)
            for (name, table) in R.tables {
                for count in Array(0...40) + [63, 64, 65, 200, 4095, 4096, 4097, 9000] {
                    let rows = 3, stride = count + 5
                    let x = Memory<R>(values.array(rows * stride, 0.5, 1.5), offset: count % 4), y = Memory<R>(rows)
                    for code in ReductionCode.allCases {
                        table.reduceRows[code.rawValue](y.raw, x.raw, rows, stride, count)
                        y.assertGuardsIntact("\(name) \(code)")
                        for r in 0..<rows {
                            let row = (0..<count).map { Double(x.pointer[r * stride + $0]) }
                            let got = Double(y.pointer[r])
                            switch code {
                            case .sum: XCTAssertEqual(got, row.reduce(0, +), accuracy: tolerance * Double(count) + 1e-30, "\(name) \(count)")
                            case .product:
                                let wanted = row.reduce(1, *)
                                if wanted > 1e-30 && wanted < 1e30 {
                                    XCTAssertEqual(got, wanted, accuracy: tolerance * Double(count + 1) * wanted, "\(name) \(count)")
                                }
                            case .maximum: XCTAssertEqual(got, row.max() ?? -.infinity, "\(name) \(count)")
                            case .minimum: XCTAssertEqual(got, row.min() ?? .infinity, "\(name) \(count)")
                            }
                        }
                    }
                }
            }
        }
        check(Float.self, 5e-7)
        check(Double.self, 1e-14)
    }

    func testNaNReachesTheExtremes() {
        for (name, table) in Float.tables {
            for count in [1, 5, 16, 17, 64, 100] {
                for place in 0..<count {
                    let x = Memory<Float>(count) { $0 == place ? .nan : Float($0) }, y = Memory<Float>(1)
                    for code in [ReductionCode.maximum, .minimum] {
                        table.reduceRows[code.rawValue](y.raw, x.raw, 1, count, count)
                        XCTAssert(y.pointer[0].isNaN, "\(name) rows \(code) \(count) \(place)")
                        table.reduceColumns[code.rawValue](y.raw, x.raw, count, 1, 1, 0)
                        XCTAssert(y.pointer[0].isNaN, "\(name) columns \(code) \(count) \(place)")
                    }
                }
            }
        }
    }

    func testSumOfTenMillion() {
        var values = TestValues(8)
        let count = 10_000_000
        let x = Memory<Float>(count) { _ in values.uniform(0, 1) }
        var exact = 0.0
        for i in 0..<count { exact += Double(x.pointer[i]) }
        for (name, table) in Float.tables {
            let y = Memory<Float>(1)
            table.reduceRows[ReductionCode.sum.rawValue](y.raw, x.raw, 1, count, count)
            XCTAssertEqual(Double(y.pointer[0]), exact, accuracy: 1e-6 * exact, name)
        }
    }

    func testColumns() {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(9)
            let f: [(R, R) -> R] = [{ $0 + $1 }, { $0 > $1 ? $0 : $1 }, { $0 < $1 ? $0 : $1 }, { $0 * $1 }]
            let neutral: [R] = [0, -.infinity, .infinity, 1]
            for (name, table) in R.tables {
                for count in [1, 7, 15, 16, 17, 32, 64, 65, 127, 128, 130, 333, 2048, 5000] {
                    for rows in [0, 1, 2, 3, 4, 5, 9, 16] {
                        let stride = count + rows % 3
                        let x = Memory<R>(values.array(rows * stride), offset: count % 3)
                        for code in ReductionCode.allCases {
                            for accumulate in [0, 1] {
                                let y = Memory<R>(values.array(count), offset: rows % 2)
                                let expected = (0..<count).map { i in
                                    let column = (0..<rows).map { x.pointer[$0 * stride + i] }
                                    if accumulate == 1 { return column.reduce(y.pointer[i], f[code.rawValue]) }
                                    return column.first.map { column.dropFirst().reduce($0, f[code.rawValue]) } ?? neutral[code.rawValue]
                                }
                                table.reduceColumns[code.rawValue](y.raw, x.raw, rows, stride, count, accumulate)
                                XCTAssertEqual(y.values, expected, "\(name) \(code) \(rows) x \(count)")
                                y.assertGuardsIntact("\(name) \(code)")
                            }
                        }
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }
}
