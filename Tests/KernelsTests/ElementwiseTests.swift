// The elementwise functions that have one right answer, against the definition: every tail length, alignment and step.
import Kernels
import XCTest

final class ElementwiseTests: XCTestCase {
    func exactUnary<R: Element>(_ code: UnaryCode, _: R.Type) -> ((R) -> R)? {
        switch code {
        case .copy: return { $0 }
        case .negate: return { -$0 }
        case .absolute: return { $0.magnitude }
        case .sign: return { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
        case .squareRoot: return { $0.squareRoot() }
        case .reciprocal: return { 1 / $0 }
        case .relu: return { $0 < 0 ? 0 : $0 }
        case .floor: return { $0.rounded(.down) }
        default: return nil
        }
    }

    func exactBinary<R: Element>(_ code: BinaryCode, _: R.Type) -> ((R, R) -> R)? {
        switch code {
        case .add: return { $0 + $1 }
        case .subtract: return { $0 - $1 }
        case .multiply: return { $0 * $1 }
        case .divide: return { $0 / $1 }
        case .maximum: return { $0.isNaN || $1.isNaN ? .nan : $0 > $1 ? $0 : $1 }
        case .minimum: return { $0.isNaN || $1.isNaN ? .nan : $0 < $1 ? $0 : $1 }
        case .greater: return { $0 > $1 ? 1 : 0 }
        case .greaterEqual: return { $0 >= $1 ? 1 : 0 }
        case .less: return { $0 < $1 ? 1 : 0 }
        case .lessEqual: return { $0 <= $1 ? 1 : 0 }
        case .equal: return { $0 == $1 ? 1 : 0 }
        case .notEqual: return { $0 != $1 ? 1 : 0 }
        case .remainder:
            // By the standard library's fmod, which is exact.
            return { a, b in
                let r = a.truncatingRemainder(dividingBy: b)
                return r != 0 && (r < 0) != (b < 0) ? r + b : r
            }
        case .power: return nil
        }
    }

    let counts = Array(0...70) + [127, 128, 129, 1000]

    func testUnary() {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(1)
            let special = specialValues(R.self)
            for (name, table) in R.tables {
                XCTAssertEqual(table.unary.count, UnaryCode.allCases.count)
                for code in UnaryCode.allCases {
                    for count in counts {
                        let offset = count % 5
                        let x = Memory<R>(count, offset: offset) { $0 % 3 == 0 ? special[$0 % special.count] : values.uniform(-100, 100) }
                        let y = Memory<R>(count, offset: count % 3)
                        table.unary[code.rawValue](y.raw, x.raw, 1, count)
                        y.assertGuardsIntact("\(name) \(code)")
                        if let f = exactUnary(code, R.self) {
                            XCTAssertEqual(y.bits, x.values.map { f($0).bits }, "\(name) \(code) of \(count)")
                        }
                        // One value for all, and the same place.
                        if count > 0 {
                            let z = Memory<R>(count)
                            table.unary[code.rawValue](z.raw, x.raw, 0, count)
                            XCTAssertEqual(z.bits, [UInt64](repeating: y.bits[0], count: count), "\(name) \(code) of one value")
                            z.assertGuardsIntact("\(name) \(code)")
                        }
                        let expected = y.bits
                        table.unary[code.rawValue](x.raw, x.raw, 1, count)
                        XCTAssertEqual(x.bits, expected, "\(name) \(code) in place")
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    func testBinary() {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(2)
            let special = specialValues(R.self)
            for (name, table) in R.tables {
                XCTAssertEqual(table.binary.count, BinaryCode.allCases.count)
                for code in BinaryCode.allCases {
                    for count in counts where count > 0 {
                        for (aStep, bStep) in [(1, 1), (0, 1), (1, 0), (0, 0)] {
                            let a = Memory<R>(count, offset: count % 5) { $0 % 3 == 0 ? special[$0 % special.count] : values.uniform(-9, 9) }
                            let b = Memory<R>(count, offset: count % 4) { $0 % 4 == 0 ? special[$0 / 3 % special.count] : values.uniform(-9, 9) }
                            let y = Memory<R>(count, offset: count % 3)
                            table.binary[code.rawValue](y.raw, a.raw, aStep, b.raw, bStep, count)
                            y.assertGuardsIntact("\(name) \(code)")
                            if let f = exactBinary(code, R.self) {
                                let expected = (0..<count).map { f(a.pointer[$0 * aStep], b.pointer[$0 * bStep]).bits }
                                XCTAssertEqual(y.bits, expected, "\(name) \(code) of \(count), steps \(aStep) \(bStep)")
                            }
                            let expected = y.bits
                            let target = aStep == 1 ? a : b
                            if aStep + bStep > 0 {
                                table.binary[code.rawValue](target.raw, a.raw, aStep, b.raw, bStep, count)
                                XCTAssertEqual(target.bits, expected, "\(name) \(code) in place")
                            }
                        }
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    func testTernary() {
        func check<R: Element>(_: R.Type) {
            var values = TestValues(3)
            for (name, table) in R.tables {
                XCTAssertEqual(table.ternary.count, TernaryCode.allCases.count)
                for count in counts where count > 0 {
                    for steps in 0..<8 {
                        let (aStep, bStep, cStep) = (steps & 1, steps >> 1 & 1, steps >> 2)
                        let a = Memory<R>(count, offset: 1) { $0 % 3 == 0 ? 0 : values.uniform(-9, 9) }
                        let b = Memory<R>(values.array(count), offset: 2), c = Memory<R>(values.array(count))
                        let y = Memory<R>(count)
                        table.ternary[TernaryCode.select.rawValue](y.raw, a.raw, aStep, b.raw, bStep, c.raw, cStep, count)
                        XCTAssertEqual(y.values, (0..<count).map {
                            a.pointer[$0 * aStep] != 0 ? b.pointer[$0 * bStep] : c.pointer[$0 * cStep]
                        }, "\(name) select")
                        table.ternary[TernaryCode.multiplyAdd.rawValue](y.raw, a.raw, aStep, b.raw, bStep, c.raw, cStep, count)
                        XCTAssertEqual(y.values, (0..<count).map {
                            c.pointer[$0 * cStep].addingProduct(a.pointer[$0 * aStep], b.pointer[$0 * bStep])
                        }, "\(name) multiplyAdd")
                        y.assertGuardsIntact("\(name) ternary")
                    }
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    func testSelectTakesTheSecondForNaN() {
        for (name, table) in Float.tables {
            let a = Memory<Float>([.nan, -0, 0, .infinity]), b = Memory<Float>([1, 1, 1, 1]), c = Memory<Float>([2, 2, 2, 2])
            let y = Memory<Float>(4)
            table.ternary[TernaryCode.select.rawValue](y.raw, a.raw, 1, b.raw, 1, c.raw, 1, 4)
            XCTAssertEqual(y.values, [1, 2, 2, 1], name)
        }
    }
}
