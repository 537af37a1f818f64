// Philox against Random123's known answers, the draws against their definition, and their statistics.
import Foundation
import Kernels
import XCTest

final class RandomTests: XCTestCase {
    /// Random123 1.14, tests/kat_vectors, philox4x32 10.
    let knownAnswers: [(counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32), words: (UInt32, UInt32, UInt32, UInt32))] = [
        ((0, 0, 0, 0), (0, 0), (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
        ((.max, .max, .max, .max), (.max, .max), (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
        ((0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), (0xa409_3822, 0x299f_31d0),
         (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
    ]

    func testKnownAnswers() {
        for (counter, key, words) in knownAnswers {
            XCTAssert(philox4x32(counter: counter, key: key) == words)
            // The vector loops at the same counter: with four elements a row, the row number is the counter.
            var position = RandomPosition(
                seed: UInt64(key.1) << 32 | UInt64(key.0), step: UInt64(counter.3) << 32 | UInt64(counter.2), stream: counter.1)
            let wanted = [words.0, words.1, words.2, words.3]
            for (name, table) in Float.tables {
                let y = Memory<Float>(64)
                table.uniformPacked(y.raw, 4, Int(counter.0), &position)
                XCTAssertEqual((0..<4).map { y.pointer[16 * $0] }, wanted.map { Float($0 >> 8) * 0x1p-24 }, name)
            }
            for (name, table) in Double.tables {
                let y = Memory<Double>(32)
                table.uniformPacked(y.raw, 2, Int(counter.0), &position)
                let pairs = [(words.0, words.1), (words.2, words.3)]
                XCTAssertEqual((0..<2).map { y.pointer[16 * $0] }, pairs.map {
                    Double((UInt64($0) << 32 | UInt64($1)) >> 11) * 0x1p-53
                }, name)
            }
        }
    }

    let position = RandomPosition(seed: 0x0123_4567_89ab_cdef, step: 0xfedc_ba98_7654_3210, stream: 77)

    func testUniformIsItsDefinition() {
        var p = position
        for (name, table) in Float.tables {
            for elements in [1, 2, 3, 4, 5, 8, 9, 64, 67] {
                let rows = 37, quads = (elements + 3) / 4
                let y = Memory<Float>(rows * elements, offset: 1)
                table.uniformRows(y.raw, rows, elements, &p)
                y.assertGuardsIntact(name)
                XCTAssertEqual(y.values, (0..<rows * elements).map {
                    let (r, e) = ($0 / elements, $0 % elements), w = p.words(at: UInt32(r * quads + e / 4))
                    return Float([w.0, w.1, w.2, w.3][e % 4] >> 8) * 0x1p-24
                }, "\(name) \(elements)")
            }
        }
        for (name, table) in Double.tables {
            for elements in [1, 2, 3, 4, 7, 32] {
                let rows = 21, pairs = (2 * elements + 3) / 4
                let y = Memory<Double>(rows * elements)
                table.uniformRows(y.raw, rows, elements, &p)
                y.assertGuardsIntact(name)
                XCTAssertEqual(y.values, (0..<rows * elements).map {
                    let (r, e) = ($0 / elements, $0 % elements), w = p.words(at: UInt32(r * pairs + e / 2))
                    let (high, low) = e % 2 == 0 ? (w.0, w.1) : (w.2, w.3)
                    return Double((UInt64(high) << 32 | UInt64(low)) >> 11) * 0x1p-53
                }, "\(name) \(elements)")
            }
        }
    }

    func testNormalIsItsDefinition() {
        var p = position
        func exact(_ r: Int, _ e: Int, _ quads: Int) -> Double {
            let w = p.words(at: UInt32(r * quads + e / 4)), (a, b) = e % 4 < 2 ? (w.0, w.1) : (w.2, w.3)
            let radius = (-2 * Foundation.log((Double(a >> 1) + 0.5) * 0x1p-31)).squareRoot(), angle = Double(b) * (2 * .pi * 0x1p-32)
            return radius * (e % 2 == 0 ? Foundation.cos(angle) : Foundation.sin(angle))
        }
        func check<R: Element>(_: R.Type, _ tolerance: Double) {
            for (name, table) in R.tables {
                for elements in [1, 3, 4, 6, 64, 65] {
                    let rows = 100, quads = (elements + 3) / 4
                    let y = Memory<R>(rows * elements)
                    table.normalRows(y.raw, rows, elements, &p)
                    for i in 0..<rows * elements {
                        XCTAssertEqual(Double(y.pointer[i]), exact(i / elements, i % elements, quads), accuracy: tolerance, name)
                    }
                }
            }
        }
        check(Float.self, 1e-6)
        check(Double.self, 1e-14)
    }

    func testPackedAndRowsAreTheSame() {
        func check<R: Element>(_: R.Type) {
            var p = position
            for (name, table) in R.tables {
                for elements in [1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 63, 64] {
                    let rows = 64
                    for (packed, flat) in [(table.normalPacked!, table.normalRows!), (table.uniformPacked!, table.uniformRows!)] {
                        let y = Memory<R>(rows * elements)
                        flat(y.raw, rows, elements, &p)
                        y.assertGuardsIntact(name)
                        for firstRow in [0, 16, 48] {
                            let block = Memory<R>(16 * elements)
                            packed(block.raw, elements, firstRow, &p)
                            block.assertGuardsIntact(name)
                            XCTAssertEqual(block.values, (0..<16 * elements).map {
                                y.pointer[(firstRow + $0 % 16) * elements + $0 / 16]
                            }, "\(name) \(elements)")
                        }
                        // Fewer rows are the first of more.
                        let few = Memory<R>(5 * elements)
                        flat(few.raw, 5, elements, &p)
                        XCTAssertEqual(few.values, Array(y.values[0..<5 * elements]), "\(name) \(elements)")
                        few.assertGuardsIntact(name)
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    func draw(_ count: Int, _ p: RandomPosition) -> [Float] {
        var p = p
        let y = Memory<Float>(count)
        Kernels.float.normalRows(y.raw, 1, count, &p)
        return y.values
    }

    func testMoments() {
        // Standard errors for n draws: 1, sqrt(2), sqrt(15), sqrt(96) over sqrt(n).
        let n = 1 << 22, x = draw(n, RandomPosition(seed: 5, step: 0, stream: 0))
        var moments = [0.0, 0, 0, 0]
        for value in x {
            let v = Double(value)
            moments[0] += v
            moments[1] += v * v
            moments[2] += v * v * v
            moments[3] += v * v * v * v
        }
        for (moment, (wanted, deviation)) in zip(moments, [(0.0, 1.0), (1, 2.0.squareRoot()), (0, 15.0.squareRoot()), (3, 96.0.squareRoot())]) {
            XCTAssertEqual(moment / Double(n), wanted, accuracy: 5 * deviation / Double(n).squareRoot())
        }
    }

    /// Kolmogorov-Smirnov: sqrt(n) D exceeds 1.95 once in a thousand times.
    func testNormalDistribution() {
        for seed in [1, 2, 3] as [UInt64] {
            let n = 1 << 20, x = draw(n, RandomPosition(seed: seed, step: 9, stream: 4)).sorted()
            var distance = 0.0
            for (i, value) in x.enumerated() {
                let cdf = 0.5 * erfc(-Double(value) / 2.0.squareRoot())
                distance = max(distance, Double(i + 1) / Double(n) - cdf, cdf - Double(i) / Double(n))
            }
            XCTAssertLessThan(distance * Double(n).squareRoot(), 1.95, "seed \(seed)")
        }
    }

    func testUniformDistribution() {
        var p = RandomPosition(seed: 1, step: 2, stream: 3)
        let n = 1 << 20, y = Memory<Float>(n)
        Kernels.float.uniformRows(y.raw, 1, n, &p)
        let x = y.values.sorted()
        XCTAssert(x.first! >= 0 && x.last! < 1)
        var distance = 0.0
        for (i, value) in x.enumerated() { distance = max(distance, abs(Double(i) / Double(n) - Double(value))) }
        XCTAssertLessThan(distance * Double(n).squareRoot(), 1.95)
    }

    func testIndependence() {
        let n = 1 << 18, base = RandomPosition(seed: 11, step: 3, stream: 1)
        func correlation(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } / Double(a.count)
        }
        let x = draw(n, base), bound = 5 / Double(n).squareRoot()
        var others = [("step", base), ("stream", base), ("seed", base), ("high step", base), ("high seed", base)]
        others[0].1.step += 1
        others[1].1.stream += 1
        others[2].1.seed += 1
        others[3].1.step += 1 << 32
        others[4].1.seed += 1 << 32
        for (what, position) in others {
            let y = draw(n, position)
            XCTAssertEqual(correlation(x[...], y[...]), 0, accuracy: bound, what)
            XCTAssertEqual(correlation(x.map { $0 * $0 - 1 }[...], y.map { $0 * $0 - 1 }[...]) / 2, 0, accuracy: bound, "squares, \(what)")
        }
        let squares = x.map { $0 * $0 - 1 }
        for lag in 1...8 {
            XCTAssertEqual(correlation(x[..<(n - lag)], x[lag...]), 0, accuracy: bound, "lag \(lag)")
            XCTAssertEqual(correlation(squares[..<(n - lag)], squares[lag...]) / 2, 0, accuracy: bound, "squares, lag \(lag)")
        }
    }
}
