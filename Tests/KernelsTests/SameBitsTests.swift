// Every function of every instruction set's float table gives the bits of the first table. (Double may call libm, which is not
// under this promise; its functions without libm are compared too.)
import Kernels
import XCTest

final class SameBitsTests: XCTestCase {
    func compare<R: Element>(_ what: String, _: R.Type, _ run: (KernelTable) -> Memory<R>) {
        let expected = run(R.tables[0].table).bits
        for (name, table) in R.tables.dropFirst() {
            let got = run(table).bits
            if got != expected {
                let i = zip(got, expected).enumerated().first { $0.element.0 != $0.element.1 }!.offset
                XCTFail("\(what): \(name) differs from \(R.tables[0].name) at \(i)")
            }
        }
    }

    func testUnaryOverAllExponents() {
        let count = 1 << 18
        let x = Memory<Float>(count) { Float(bitPattern: UInt32(truncatingIfNeeded: $0 &* 16411)) }
        for code in UnaryCode.allCases {
            compare("\(code)", Float.self) { table in
                let y = Memory<Float>(count)
                table.unary[code.rawValue](y.raw, x.raw, 1, count)
                return y
            }
        }
    }

    /// The fused update gives the bits of its formula by the elementwise loops.
    func adam<R: Element>(_: R.Type) {
        var values = TestValues(21)
        let count = 77
        let p = Memory<R>(values.array(count, -2, 2)), m = Memory<R>(values.array(count, -1, 1)), v = Memory<R>(values.array(count, 0, 1))
        let g = Memory<R>(values.array(count, -3, 3)), numbers = Memory<R>([0.03, 1.9, 5.5, 0.7].map { R($0) })
        var constants = AdamStep.Constants()
        (constants.weightDecay, constants.shrinkage) = (0.25, 0.5)
        func fused(_ table: KernelTable, scaled: Bool) -> Memory<R> {
            let new = Memory<R>(3 * count)
            var step = AdamStep(
                newParameters: new.raw, newMean: UnsafeMutableRawPointer(new.pointer + count), newSquare: UnsafeMutableRawPointer(new.pointer + 2 * count),
                parameters: p.raw, mean: m.raw, square: v.raw, gradient: g.raw, scale: scaled ? UnsafeRawPointer(numbers.pointer + 3) : nil,
                rate: numbers.raw, meanCorrection: UnsafeRawPointer(numbers.pointer + 1), squareCorrection: UnsafeRawPointer(numbers.pointer + 2),
                constants: constants)
            table.adamStep(&step, count)
            return new
        }
        for scaled in [true, false] { compare("adam scaled \(scaled)", R.self) { fused($0, scaled: scaled) } }
        compare("adam by elementwise loops", R.self) { table in
            func apply(_ code: BinaryCode, _ a: Memory<R>, _ b: Memory<R>) -> Memory<R> {
                let y = Memory<R>(count)
                table.binary[code.rawValue](y.raw, a.raw, 1, b.raw, 1, count)
                return y
            }
            func times(_ c: R, _ a: Memory<R>) -> Memory<R> { apply(.multiply, Memory<R>(Array(repeating: c, count: count)), a) }
            func number(_ i: Int) -> R { numbers.pointer[i] }
            let scaled = apply(.add, times(number(3), g), times(R(constants.weightDecay), p))
            let newM = apply(.add, times(R(constants.meanDecay), m), times(R(constants.meanShare), scaled))
            let newV = apply(.add, times(R(constants.squareDecay), v), times(R(constants.squareShare), apply(.multiply, scaled, scaled)))
            let root = Memory<R>(count)
            table.unary[UnaryCode.squareRoot.rawValue](root.raw, times(number(2), newV).raw, 1, count)
            let below = apply(.add, root, Memory<R>(Array(repeating: R(constants.epsilon), count: count)))
            let direction = apply(.divide, times(number(1), newM), below)
            let base = apply(.subtract, p, times(number(0) * R(constants.shrinkage), p))
            let newP = apply(.subtract, base, times(number(0), direction))
            XCTAssertEqual((0..<count).map { newP.pointer[$0] } + (0..<count).map { newM.pointer[$0] } + (0..<count).map { newV.pointer[$0] },
                           { let new = fused(table, scaled: true); return (0..<3 * count).map { new.pointer[$0] } }())
            return newP
        }
    }
    func testFloatAdam() { adam(Float.self) }
    func testDoubleAdam() { adam(Double.self) }

    func elementwise<R: Element>(_: R.Type) {
        var values = TestValues(20)
        let count = 5003
        let special = specialValues(R.self)
        func operand(_ k: Int) -> Memory<R> {
            Memory<R>(count) { $0 % 5 == k ? special[$0 % special.count] : values.uniform(-9, 9) }
        }
        let a = operand(0), b = operand(1), c = operand(2)
        for code in BinaryCode.allCases {
            compare("\(code)", R.self) { table in
                let y = Memory<R>(count)
                table.binary[code.rawValue](y.raw, a.raw, 1, b.raw, 1, count)
                return y
            }
        }
        for code in TernaryCode.allCases {
            compare("\(code)", R.self) { table in
                let y = Memory<R>(count)
                table.ternary[code.rawValue](y.raw, a.raw, 1, b.raw, 1, c.raw, 1, count)
                return y
            }
        }
        let x = Memory<R>(values.array(300_000, -1.5, 1.5))
        for code in ReductionCode.allCases {
            for count in [5, 16, 100, 5000, 300_000] {
                compare("rows \(code) \(count)", R.self) { table in
                    let y = Memory<R>(1)
                    table.reduceRows[code.rawValue](y.raw, x.raw, 1, count, count)
                    return y
                }
            }
            for count in [2, 5, 10, 16, 24, 50, 100, 1000] {
                compare("columns \(code) \(count)", R.self) { table in
                    let y = Memory<R>(count)
                    table.reduceColumns[code.rawValue](y.raw, x.raw, 200, count, count, 0)
                    return y
                }
            }
        }
        for (rows, count) in [(1, 300_000), (1000, 300), (30_000, 10), (5, 63)] {
            for reverse in [0, 1] {
                compare("cumulativeRows \(rows) \(count) \(reverse)", R.self) { table in
                    let y = Memory<R>(rows * count)
                    table.cumulativeRows(y.raw, x.raw, rows, count, reverse)
                    return y
                }
                compare("cumulativeColumns \(rows) \(count) \(reverse)", R.self) { table in
                    let y = Memory<R>(rows * count)
                    table.cumulativeColumns(y.raw, x.raw, rows, count, reverse)
                    return y
                }
            }
        }
        compare("sumLanes", R.self) { table in
            let y = Memory<R>(50)
            table.sumLanes(y.raw, x.raw, 50, 7, 1600)
            return y
        }
        compare("dotLanes", R.self) { table in
            let y = Memory<R>(16)
            table.dotLanes(y.raw, x.raw, x.raw + 32000 * MemoryLayout<R>.size, 1001, 13)
            return y
        }
        for terms in 1...8 {
            compare("linearCombination \(terms)", R.self) { table in
                let y = Memory<R>(1001)
                let pointers = (0..<terms).map { UnsafeRawPointer(x.pointer + 2000 * $0) }
                table.linearCombination(y.raw, pointers.map { Optional($0) }, pointers, terms, 1001)
                return y
            }
        }
        for (m, n, k) in [(1, 16, 5), (3, 7, 9), (16, 16, 16), (33, 40, 65), (5, 100, 1)] {
            for accumulate in [0, 1] {
                compare("matmul \(m) \(n) \(k)", R.self) { table in
                    let y = Memory<R>(m * n) { R($0) }
                    table.matmul(y.raw, n, x.raw, k, 1, x.raw + 64000, n, m, n, k, accumulate)
                    return y
                }
            }
        }
        compare("outerLanes", R.self) { table in
            let y = Memory<R>(7 * 9 * 16) { R($0) }
            table.outerLanes(y.raw, x.raw, x.raw + 64000, 7, 9, 11)
            return y
        }
        compare("addLanes", R.self) { table in
            let y = Memory<R>(160) { R($0) }
            table.addLanes(y.raw, x.raw, 10, 11)
            return y
        }
    }

    func testFloat() { elementwise(Float.self) }
    func testDouble() { elementwise(Double.self) }

    func testRandom() {
        var position = RandomPosition(seed: 9, step: 8, stream: 7)
        for elements in [1, 6, 64, 1000] {
            compare("normalPacked \(elements)", Float.self) { table in
                let y = Memory<Float>(16 * elements)
                table.normalPacked(y.raw, elements, 160, &position)
                return y
            }
            compare("normalRows \(elements)", Float.self) { table in
                let y = Memory<Float>(333 * elements)
                table.normalRows(y.raw, 333, elements, &position)
                return y
            }
            compare("uniformPacked \(elements)", Float.self) { table in
                let y = Memory<Float>(16 * elements)
                table.uniformPacked(y.raw, elements, 160, &position)
                return y
            }
            compare("uniformRows \(elements)", Double.self) { table in
                let y = Memory<Double>(33 * elements)
                table.uniformRows(y.raw, 33, elements, &position)
                return y
            }
        }
    }

    func convolutions<R: Element>(_: R.Type) {
        var values = TestValues(21)
        let x = Memory<R>(values.array(1 << 16)), w = Memory<R>(values.array(1 << 14)), bias = Memory<R>(values.array(64))
        for (channels, out, groups, height, length, taps, dilation, mode) in [
            (1, 1, 1, 1, 64, 9, 1, PaddingMode.circular), (1, 16, 1, 1, 64, 3, 1, .zeros), (16, 1, 1, 1, 64, 3, 1, .zeros),
            (16, 16, 1, 1, 20, 5, 2, .circular), (4, 6, 2, 1, 33, 3, 1, .reflect), (8, 8, 8, 1, 17, 5, 1, .zeros),
            (3, 5, 1, 6, 7, 3, 1, .zeros), (5, 7, 1, 1, 10, 7, 3, .zeros),
        ] {
            var g = ConvolutionGeometry()
            (g.inChannels, g.outChannels, g.groups, g.inHeight, g.inLength) = (channels, out, groups, height, length)
            (g.outHeight, g.outLength, g.taps, g.dilation) = (height, length, taps, dilation)
            g.tapHeight = height > 1 ? 3 : 1
            (g.padTop, g.padLeft, g.mode) = (g.tapHeight / 2, taps / 2 * dilation, mode)
            compare("convolve \(g)", R.self) { table in
                let y = Memory<R>(16 * g.outCount)
                table.convolve(y.raw, x.raw, w.raw, bias.raw, &g)
                return y
            }
            compare("convolveTransposed \(g)", R.self) { table in
                let y = Memory<R>(16 * g.inCount)
                table.convolveTransposed(y.raw, x.raw, w.raw, &g)
                return y
            }
            compare("convolveWeightGradient \(g)", R.self) { table in
                let y = Memory<R>(16 * g.weightCount) { R($0 % 7) }
                table.convolveWeightGradient(y.raw, x.raw, x.raw + 4096, &g, 13)
                return y
            }
        }
        for (inChannels, hidden, out, length, taps, mode) in [
            (1, 16, 1, 64, 3, PaddingMode.zeros), (1, 16, 1, 64, 5, .circular), (1, 8, 1, 30, 9, .zeros), (2, 5, 3, 20, 3, .zeros),
            (1, 16, 1, 64, 7, .zeros),
        ] {
            var g = TwoLayerGeometry()
            (g.inChannels, g.hidden, g.outChannels, g.length, g.taps1, g.taps2) = (inChannels, hidden, out, length, taps, taps)
            (g.padLeft1, g.padLeft2, g.mode) = (taps / 2, taps / 2, mode)
            let xCount = 16 * inChannels * length, yCount = 16 * out * length
            let n1 = hidden * inChannels * taps, n2 = out * hidden * taps
            compare("twoLayerForward \(g)", R.self) { table in
                let y = Memory<R>(yCount), scratch = Memory<R>(16 * table.twoLayerScratch(&g))
                table.twoLayerForward(y.raw, x.raw, w.raw, bias.raw, w.pointer + n1, bias.pointer + hidden, nil, scratch.raw, &g)
                return y
            }
            compare("twoLayerBackward \(g)", R.self) { table in
                let scratch = Memory<R>(16 * table.twoLayerScratch(&g))
                let all = Memory<R>(xCount + 16 * (n1 + hidden + n2 + out))
                let gw1 = all.pointer + xCount, gb1 = gw1 + 16 * n1, gw2 = gb1 + 16 * hidden, gb2 = gw2 + 16 * n2
                var b = TwoLayerBackward(
                    x: x.raw, gy: x.pointer + 32768, w1: w.raw, b1: bias.raw, w2: w.pointer + n1, hidden: nil, gx: all.raw,
                    gw1: UnsafeMutableRawPointer(gw1), gb1: UnsafeMutableRawPointer(gb1), gw2: UnsafeMutableRawPointer(gw2),
                    gb2: UnsafeMutableRawPointer(gb2), scratch: scratch.raw, lanes: 15)
                table.twoLayerBackward(&b, &g)
                return all
            }
        }
    }

    func testFloatConvolutions() { convolutions(Float.self) }
    func testDoubleConvolutions() { convolutions(Double.self) }
}
