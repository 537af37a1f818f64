// Copies between layouts, and the sums that leave packed blocks.
import Kernels
import XCTest

final class PackingTests: XCTestCase {
    func testPackAndUnpack() {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(10)
            for (name, table) in R.tables {
                for elements in [1, 3, 15, 16, 17, 32, 50] {
                    for lanes in [1, 2, 7, 15, 16] {
                        for (sampleStride, elementStride) in [(elements, 1), (elements + 3, 1), (1, 16), (1, 19), (2 * elements, 2)] {
                            let extent = (lanes - 1) * sampleStride + (elements - 1) * elementStride + 1
                            let x = Memory<R>(values.array(extent), offset: elements % 3), packed = Memory<R>(16 * elements)
                            table.pack(packed.raw, x.raw, sampleStride, elementStride, elements, lanes)
                            packed.assertGuardsIntact("\(name) pack")
                            XCTAssertEqual(packed.values, (0..<16 * elements).map {
                                x.pointer[min($0 % 16, lanes - 1) * sampleStride + $0 / 16 * elementStride]
                            }, "\(name) pack \(elements) \(lanes)")

                            let back = Memory<R>(values.array(extent), offset: 1)
                            var expected = back.values
                            for l in 0..<lanes {
                                for e in 0..<elements { expected[l * sampleStride + e * elementStride] = packed.pointer[16 * e + l] }
                            }
                            table.unpack(back.raw, sampleStride, elementStride, packed.raw, elements, lanes)
                            back.assertGuardsIntact("\(name) unpack")
                            XCTAssertEqual(back.values, expected, "\(name) unpack \(elements) \(lanes)")
                        }
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    func testCopyStridedAndFill() {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(11)
            for (name, table) in R.tables {
                for count in [0, 1, 3, 4, 15, 16, 17, 70] {
                    for (yStride, xStride) in [(1, 1), (1, 0), (1, 3), (2, 1), (3, 2), (1, -1)] {
                        let x = Memory<R>(values.array(3 * 70 + 1), offset: 1), y = Memory<R>(values.array(3 * 70 + 1))
                        let start = xStride < 0 ? 100 : 0
                        var expected = y.values
                        for i in 0..<count { expected[i * yStride] = x.pointer[start + i * xStride] }
                        table.copyStrided(y.raw, yStride, x.pointer + start, xStride, count)
                        XCTAssertEqual(y.values, expected, "\(name) copyStrided")
                    }
                    let y = Memory<R>(count, offset: 3)
                    table.fill(y.raw, 0.1, count)
                    XCTAssertEqual(y.values, [R](repeating: R(0.1), count: count), "\(name) fill")
                    y.assertGuardsIntact("\(name) fill")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    /// i with i + 8, then i + 4, i + 2, i + 1.
    func tree<R: Element>(_ x: ArraySlice<R>) -> R {
        if x.count == 1 { return x.first! }
        let half = x.count / 2
        return tree(ArraySlice((0..<half).map { x[x.startIndex + $0] + x[x.startIndex + half + $0] }))
    }

    func testLaneSums() {
        func check<R: Element>(_: R.Type, _ tolerance: Double) {
            var values = TestValues(12)
            for (name, table) in R.tables {
                for count in [1, 5, 16, 17, 40] {
                    for groups in [0, 1, 2, 5] {
                        let stride = count * 16 + 32
                        let x = Memory<R>(values.array(max(groups, 1) * stride)), y = Memory<R>(count)
                        table.sumLanes(y.raw, x.raw, count, groups, stride)
                        let expected = (0..<count).map { i in
                            let sums = (0..<groups).map { g -> R in
                                let start = g * stride + 16 * i
                                return tree(x.values[start..<start + 16])
                            }
                            return sums.first.map { sums.dropFirst().reduce($0, +) } ?? 0
                        }
                        XCTAssertEqual(y.values, expected, "\(name) sumLanes \(count) \(groups)")
                        y.assertGuardsIntact("\(name) sumLanes")
                    }
                }
                for elements in [0, 1, 3, 4, 7, 64] {
                    for lanes in [1, 9, 16] {
                        let a = Memory<R>(values.array(16 * elements)), b = Memory<R>(values.array(16 * elements))
                        let y = Memory<R>(values.array(16)), before = y.values
                        table.dotLanes(y.raw, a.raw, b.raw, elements, lanes)
                        for l in 0..<16 {
                            let dot = (0..<elements).reduce(0.0) { $0 + Double(a.pointer[16 * $1 + l]) * Double(b.pointer[16 * $1 + l]) }
                            if l < lanes {
                                XCTAssertEqual(Double(y.pointer[l]), Double(before[l]) + dot, accuracy: tolerance, "\(name) dotLanes")
                            } else {
                                XCTAssertEqual(y.pointer[l], before[l], "\(name) dotLanes past its lanes")
                            }
                        }
                        let z = Memory<R>(values.array(16 * elements)), old = z.values
                        table.addLanes(z.raw, a.raw, elements, lanes)
                        XCTAssertEqual(z.values, (0..<16 * elements).map { $0 % 16 < lanes ? old[$0] + a.pointer[$0] : old[$0] }, name)
                        z.assertGuardsIntact("\(name) addLanes")
                    }
                }
            }
        }
        check(Float.self, 1e-4)
        check(Double.self, 1e-13)
    }

    func testLinearCombination() {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(13)
            for (name, table) in R.tables {
                for terms in 0...9 {
                    for count in [1, 5, 16, 31, 32, 33, 64, 100, 200] {
                        let x = (0..<terms).map { Memory<R>(values.array(count), offset: $0 % 3) }
                        let c = (0..<terms).map { _ in Memory<R>(values.array(1)) }
                        let pointers = x.map { UnsafeRawPointer($0.raw) }
                        let coefficients = (0..<terms).map { $0 % 4 == 1 ? nil : UnsafeRawPointer(c[$0].raw) }
                        let expected = (0..<count).map { i -> R in
                            var sum: R = 0
                            for t in 0..<terms {
                                let k: R = t % 4 == 1 ? 1 : c[t].pointer[0]
                                sum = t == 0 ? k * x[t].pointer[i] : sum.addingProduct(k, x[t].pointer[i])
                            }
                            return sum
                        }
                        let y = Memory<R>(count, offset: 1)
                        table.linearCombination(y.raw, coefficients, pointers, terms, count)
                        XCTAssertEqual(y.values, expected, "\(name) \(terms) terms of \(count)")
                        y.assertGuardsIntact("\(name) linearCombination")
                        if let last = x.last {
                            table.linearCombination(last.raw, coefficients, pointers, terms, count)
                            XCTAssertEqual(last.values, expected, "\(name) in place")
                        }
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }
}
