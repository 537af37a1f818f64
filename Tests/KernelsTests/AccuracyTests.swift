// The float32 functions against double precision libm: errors in units of the last place over a sweep of all bit patterns,
// and the special values of C99. OCHE_SWEEP=1 takes every float (8 minutes), the default every 211th;
// the bounds are those of every float.
import Foundation
import Kernels
import XCTest

final class AccuracyTests: XCTestCase {
    let stride = Int(ProcessInfo.processInfo.environment["OCHE_SWEEP"] ?? "") ?? 211

    /// |y - exact| in units of the last place that float32 has at `exact`; 0 where both are the same infinity or NaN.
    func error(_ y: Float, _ exact: Double) -> Double {
        if exact.isNaN || y.isNaN { return exact.isNaN && y.isNaN ? 0 : .infinity }
        let rounded = Float(exact)
        if y == rounded { return rounded.isInfinite ? 0 : abs(Double(y) - exact) / unit(exact) }
        if y.isInfinite || rounded.isInfinite {
            // One of the two just overflowed.
            let largest = Double(Float.greatestFiniteMagnitude)
            return min(abs(exact), 0x1p128) >= largest && abs(Double(y)) >= largest && (y < 0) == (exact < 0) ? 1 : .infinity
        }
        return abs(Double(y) - exact) / unit(exact)
    }

    func unit(_ exact: Double) -> Double { scalbn(1, max(exact == 0 ? -126 : Int(exact.exponent), -126) - 23) }

    func sweep(_ code: UnaryCode, atMost bound: Double, _ exact: (Double) -> Double) {
        let f = Kernels.float.unary[code.rawValue], chunk = 4096
        let x = Memory<Float>(chunk), y = Memory<Float>(chunk)
        var worst = 0.0, at: Float = 0, pattern = 0
        while pattern < 1 << 32 {
            for i in 0..<chunk { x.pointer[i] = Float(bitPattern: UInt32(min(pattern + i * stride, 0xffff_ffff))) }
            f(y.raw, x.raw, 1, chunk)
            for i in 0..<chunk {
                let e = error(y.pointer[i], exact(Double(x.pointer[i])))
                if e > worst { (worst, at) = (e, x.pointer[i]) }
            }
            pattern += chunk * stride
        }
        print("\(code): \(String(format: "%.3f", worst)) ulp at \(at)")
        XCTAssertLessThanOrEqual(worst, bound, "\(code) at \(at)")
    }

    func testExponential() { sweep(.exponential, atMost: 1) { Foundation.exp($0) } }
    func testLogarithm() { sweep(.logarithm, atMost: 0.86) { Foundation.log($0) } }
    func testSine() { sweep(.sine, atMost: 1.5) { Foundation.sin($0) } }
    func testCosine() { sweep(.cosine, atMost: 1.5) { Foundation.cos($0) } }
    func testTangentHyperbolic() { sweep(.tangentHyperbolic, atMost: 1.34) { Foundation.tanh($0) } }
    func testSigmoid() { sweep(.sigmoid, atMost: 1.49) { 1 / (1 + Foundation.exp(-$0)) } }

    func testPower() {
        var values = TestValues(4)
        let f = Kernels.float.binary[BinaryCode.power.rawValue], chunk = 4096
        let x = Memory<Float>(chunk), y = Memory<Float>(chunk), z = Memory<Float>(chunk)
        var worst = 0.0, at: (Float, Float) = (0, 0)
        for round in 0..<2000 {
            for i in 0..<chunk {
                let w = values.word()
                switch round % 4 {
                case 0: (x.pointer[i], y.pointer[i]) = (Float(bitPattern: UInt32(truncatingIfNeeded: w)), Float(bitPattern: UInt32(w >> 32)))
                case 1: (x.pointer[i], y.pointer[i]) = (values.uniform(0, 10), values.uniform(-30, 30))
                case 2: (x.pointer[i], y.pointer[i]) = (values.uniform(0.9, 1.1), values.uniform(-900, 900))
                default: (x.pointer[i], y.pointer[i]) = (values.uniform(-20, 20), Float(Int(w % 60)) - 30)
                }
            }
            f(z.raw, x.raw, 1, y.raw, 1, chunk)
            for i in 0..<chunk {
                let e = error(z.pointer[i], Foundation.pow(Double(x.pointer[i]), Double(y.pointer[i])))
                if e > worst { (worst, at) = (e, (x.pointer[i], y.pointer[i])) }
            }
        }
        print("power: \(String(format: "%.3f", worst)) ulp at \(at)")
        XCTAssertLessThanOrEqual(worst, 0.55)
    }

    /// libm's own pow follows C99 Annex F; so must every pair of special values.
    func testPowerOfSpecialValues() {
        func check<R: Element>(_: R.Type, _ pow: (R, R) -> R) {
            let special = specialValues(R.self) + [5, -5, 1e9, -1e9, 0.25, -0.25, 33, -33, 16777217]
            for (name, table) in R.tables {
                let x = Memory(special.flatMap { a in special.map { _ in a } }), y = Memory(special.flatMap { _ in special })
                let z = Memory<R>(x.count)
                table.binary[BinaryCode.power.rawValue](z.raw, x.raw, 1, y.raw, 1, x.count)
                for i in 0..<x.count {
                    let (a, b, got) = (x.pointer[i], y.pointer[i], z.pointer[i]), wanted = b == 2 ? a * a : pow(a, b)
                    let close = got.bits == wanted.bits || (wanted.isFinite && wanted != 0 && abs(got - wanted) <= wanted.ulp)
                    XCTAssert(close, "\(name): \(a) ^ \(b) = \(got), not \(wanted)")
                }
            }
        }
        check(Float.self) { Float(Foundation.pow(Double($0), Double($1))) }
        check(Double.self) { Foundation.pow($0, $1) }
    }

    func testSquareIsExact() {
        var values = TestValues(5)
        for (name, table) in Float.tables {
            let x = Memory<Float>(values.array(1000, -100, 100)), two = Memory<Float>([2]), y = Memory<Float>(1000)
            table.binary[BinaryCode.power.rawValue](y.raw, x.raw, 1, two.raw, 0, 1000)
            XCTAssertEqual(y.values, x.values.map { $0 * $0 }, name)
            let twos = Memory<Float>(1000) { _ in 2 }
            table.binary[BinaryCode.power.rawValue](y.raw, x.raw, 1, twos.raw, 1, 1000)
            XCTAssertEqual(y.values, x.values.map { $0 * $0 }, name)
        }
    }

    func testSpecialValues() {
        let cases: [(UnaryCode, Float, Float)] = [
            (.exponential, 0, 1), (.exponential, -0.0, 1), (.exponential, .infinity, .infinity), (.exponential, -.infinity, 0),
            (.exponential, .nan, .nan), (.exponential, 89, .infinity), (.exponential, -105, 0),
            (.exponential, -103, Float(Foundation.exp(-103.0))),
            (.logarithm, 1, 0), (.logarithm, 0, -.infinity), (.logarithm, -0.0, -.infinity), (.logarithm, -1, .nan),
            (.logarithm, .infinity, .infinity), (.logarithm, -.infinity, .nan), (.logarithm, .nan, .nan),
            (.sine, 0, 0), (.sine, -0.0, -0.0), (.sine, .infinity, .nan), (.sine, -.infinity, .nan), (.sine, .nan, .nan),
            (.cosine, 0, 1), (.cosine, -0.0, 1), (.cosine, .infinity, .nan), (.cosine, .nan, .nan),
            (.tangentHyperbolic, 0, 0), (.tangentHyperbolic, -0.0, -0.0), (.tangentHyperbolic, .infinity, 1),
            (.tangentHyperbolic, -.infinity, -1), (.tangentHyperbolic, .nan, .nan), (.tangentHyperbolic, 1e-42, 1e-42),
            (.sigmoid, 0, 0.5), (.sigmoid, .infinity, 1), (.sigmoid, -.infinity, 0), (.sigmoid, .nan, .nan),
        ]
        for (name, table) in Float.tables {
            for (code, x, wanted) in cases {
                let input = Memory<Float>([x]), output = Memory<Float>(1)
                table.unary[code.rawValue](output.raw, input.raw, 1, 1)
                XCTAssertEqual(output.pointer[0].bits, wanted.bits, "\(name): \(code) of \(x) = \(output.pointer[0])")
            }
        }
    }

    func testDoubleIsLibm() {
        var values = TestValues(6)
        for (name, table) in Double.tables {
            let x = Memory<Double>(values.array(200, -30, 30)), y = Memory<Double>(200)
            for (code, f) in [(UnaryCode.exponential, Foundation.exp as (Double) -> Double), (.logarithm, Foundation.log),
                              (.sine, Foundation.sin), (.cosine, Foundation.cos), (.tangentHyperbolic, Foundation.tanh),
                              (.sigmoid, { 1 / (1 + Foundation.exp(-$0)) })] {
                table.unary[code.rawValue](y.raw, x.raw, 1, 200)
                for i in 0..<200 {
                    let wanted = f(x.pointer[i])
                    if wanted.isNaN { XCTAssert(y.pointer[i].isNaN) } else {
                        XCTAssertEqual(y.pointer[i], wanted, accuracy: 3e-16 * abs(wanted), "\(name) \(code)")
                    }
                }
            }
        }
    }
}
