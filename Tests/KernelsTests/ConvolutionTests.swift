// convolve, convolveTransposed and convolveWeightGradient against the definition, over random geometries.
import Foundation
import Kernels
import XCTest

final class ConvolutionTests: XCTestCase {
    static func randomGeometry(_ n: inout SeededNumbers, _ mode: PaddingMode) -> ConvolutionGeometry {
        var g = ConvolutionGeometry()
        g.mode = mode
        g.groups = n.pick([1, 1, 1, 2, 3])
        g.inChannels = g.groups * n.int(1...5)
        g.outChannels = g.groups * n.int(1...6)
        if n.int(0...2) == 0 {
            (g.inHeight, g.tapHeight) = (n.int(1...7), n.int(1...4))
            (g.strideHeight, g.dilationHeight, g.padTop) = (n.int(1...3), n.int(1...2), n.int(0...3))
        }
        g.inLength = n.pick([n.int(1...8), n.int(9...40)])
        g.taps = n.pick([1, 2, 3, 3, 5, n.int(1...12)])
        (g.stride, g.dilation) = (n.pick([1, 1, 1, 2, 3, 4]), n.pick([1, 1, 1, 2, 3]))
        g.padLeft = n.pick([0, (g.taps - 1) * g.dilation / 2, n.int(0...9)])
        // The output may be as long as the padding allows on the right as well, and longer where the signal repeats.
        g.outLength = n.int(1...max(1, (g.inLength + 2 * g.padLeft) / g.stride + 1))
        g.outHeight = n.int(1...max(1, (g.inHeight + g.padTop) / g.strideHeight))
        return g
    }

    func check(_ g: ConvolutionGeometry, _ n: inout SeededNumbers, weightScale: Double = 1) {
        KernelBuffer.release()
        var g = g
        let x = n.reals(g.inCount * 16), gy = n.reals(g.outCount * 16), w = n.reals(g.weightCount), bias = n.reals(g.outChannels)
        let old = n.reals(g.weightCount * 16)
        let y = Reference.convolve(x, w, bias, g), yNoBias = Reference.convolve(x, w, nil, g)
        let gx = Reference.transposed(gy, w, g), gw = Reference.weightGradient(x, gy, g)
        let lanes = n.int(1...16)
        var patterns: [Int: [Data]] = [:]
        for (name, t) in allKernelTables {
            let bx = KernelBuffer(x, t), bgy = KernelBuffer(gy, t), bw = KernelBuffer(w, t), bb = KernelBuffer(bias, t)
            let by = KernelBuffer(count: y.count, t), by2 = KernelBuffer(count: y.count, t), bgx = KernelBuffer(count: gx.count, t)
            t.convolve(by.bytes, bx.bytes, bw.bytes, bb.bytes, &g)
            assertClose(by, y, scale: 4, "convolve \(name) \(g)")
            t.convolve(by2.bytes, bx.bytes, bw.bytes, nil, &g)
            assertClose(by2, yNoBias, scale: 4, "convolve without bias \(name) \(g)")
            t.convolveTransposed(bgx.bytes, bgy.bytes, bw.bytes, &g)
            assertClose(bgx, gx, scale: 4, "convolveTransposed \(name) \(g)")
            // Lanes that hold no sample: not a number there must not reach a weight's sum.
            var (xNaN, gyNaN) = (x, gy)
            for i in xNaN.indices where i % 16 >= lanes { xNaN[i] = i % 2 == 0 ? .nan : .infinity }
            for i in gyNaN.indices where i % 16 >= lanes { gyNaN[i] = .nan }
            let bgw = KernelBuffer(old, t)
            t.convolveWeightGradient(bgw.bytes, KernelBuffer(xNaN, t).bytes, KernelBuffer(gyNaN, t).bytes, &g, lanes)
            let expected = old.indices.map { old[$0] + ($0 % 16 < lanes ? gw[$0] : 0) }
            assertClose(bgw, expected, scale: 10, "convolveWeightGradient \(name) lanes \(lanes) \(g)")
            let kept = bgw.values, start = KernelBuffer(old, t).values
            XCTAssertTrue(old.indices.allSatisfy { $0 % 16 < lanes || kept[$0] == start[$0] }, "lane without a sample changed")
            let bits = [by.bits, by2.bits, bgx.bits, bgw.bits]
            if let first = patterns[t.elementSize] { XCTAssertEqual(first, bits, "bits differ on \(name): \(g)") } else { patterns[t.elementSize] = bits }
            // <convolve(x), gy> = <x, convolveTransposed(gy)> = <w, gradient of w>, in the kernel's own numbers.
            let left = packedDot(by2.values, bgy.values), right = packedDot(bx.values, bgx.values)
            let size = sqrt(packedDot(by2.values, by2.values) * packedDot(gy, gy)) + 1e-30
            XCTAssertEqual(left / size, right / size, accuracy: t.elementSize == 4 ? 1e-5 : 1e-12, "adjoint in x \(name) \(g)")
            let full = KernelBuffer([Double](repeating: 0, count: old.count), t)
            t.convolveWeightGradient(full.bytes, bx.bytes, bgy.bytes, &g, 16)
            let third = packedDot(w.flatMap { [Double](repeating: $0, count: 16) }, full.values)
            XCTAssertEqual(left / size, third / size, accuracy: t.elementSize == 4 ? 1e-5 : 1e-12, "adjoint in w \(name) \(g)")
        }
    }

    func testRandomGeometriesZeros() { var n = SeededNumbers(1); for _ in 0..<40 { check(Self.randomGeometry(&n, .zeros), &n) } }
    func testRandomGeometriesCircular() { var n = SeededNumbers(2); for _ in 0..<40 { check(Self.randomGeometry(&n, .circular), &n) } }
    func testRandomGeometriesReflect() { var n = SeededNumbers(3); for _ in 0..<40 { check(Self.randomGeometry(&n, .reflect), &n) } }

    /// The shapes that have their own register blocking.
    func testCommonShapes() {
        var n = SeededNumbers(4)
        for mode in [PaddingMode.zeros, .circular, .reflect] {
            for (ci, co, k, length) in [(1, 1, 17, 64), (1, 1, 32, 32), (1, 1, 9, 50), (9, 8, 3, 24), (1, 16, 3, 33), (16, 1, 3, 37), (8, 9, 5, 11), (3, 7, 4, 17), (1, 1, 40, 20)] {
                var g = ConvolutionGeometry()
                (g.inChannels, g.outChannels, g.taps, g.inLength, g.outLength, g.mode, g.padLeft) = (ci, co, k, length, length, mode, (k - 1) / 2)
                check(g, &n)
            }
            var g = ConvolutionGeometry()
            (g.inChannels, g.outChannels, g.taps, g.tapHeight, g.padLeft, g.padTop, g.mode) = (2, 8, 3, 3, 1, 1, mode)
            (g.inLength, g.outLength, g.inHeight, g.outHeight) = (14, 14, 7, 7)
            check(g, &n)
            (g.stride, g.strideHeight, g.outLength, g.outHeight) = (2, 2, 7, 4)
            check(g, &n)
        }
    }

    func testReflectMirrorsWithoutRepeatingTheEdge() {
        // numpy.pad([0, 1, 2, 3], 5, mode="reflect")
        let padded = [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]
        for (i, expected) in padded.enumerated() { XCTAssertEqual(Reference.position(i - 5, 4, .reflect), expected) }
    }

    func testSymmetricKernels() {
        var n = SeededNumbers(11)
        for _ in 0..<60 {
            KernelBuffer.release()
            var g = ConvolutionGeometry()
            (g.mode, g.isSymmetric) = (n.pick([.zeros, .circular, .reflect]), true)
            (g.taps, g.inLength) = (2 * n.int(0...9) + 1, n.pick([n.int(10...20), n.int(21...70)]))
            g.padLeft = n.pick([g.taps / 2, n.int(0...9)])
            g.outLength = n.pick([g.inLength, n.int(1...g.inLength)])
            let half = n.reals(g.taps / 2), w = half + [n.real()] + half.reversed(), bias = n.reals(1)
            let x = n.reals(g.inCount * 16), y = Reference.convolve(x, w, bias, g)
            var bits: [Int: Set<Data>] = [:]
            for (name, t) in allKernelTables {
                let by = KernelBuffer(count: y.count, t)
                t.convolve(by.bytes, KernelBuffer(x, t).bytes, KernelBuffer(w, t).bytes, KernelBuffer(bias, t).bytes, &g)
                assertClose(by, y, scale: 4, "\(name) \(g)")
                bits[t.elementSize, default: []].insert(by.bits)
            }
            XCTAssertTrue(bits.values.allSatisfy { $0.count == 1 }, "instruction sets differ: \(g)")
        }
    }

    /// Whole strides round a circle: every phase of the adjoint goes round too.
    func testStridedCircularAdjoints() {
        var n = SeededNumbers(12)
        for _ in 0..<40 {
            var g = ConvolutionGeometry()
            (g.mode, g.stride, g.taps) = (.circular, n.int(1...4), n.int(1...12))
            g.outLength = n.int(1...20)
            (g.inLength, g.padLeft) = (g.outLength * g.stride, n.int(0...12))
            check(g, &n)
        }
    }
}
