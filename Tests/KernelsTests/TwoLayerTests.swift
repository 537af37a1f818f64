// twoLayerForward and twoLayerBackward against the definition, with and without the stored hidden map.
import Foundation
import Kernels
import XCTest

final class TwoLayerTests: XCTestCase {
    static func layers(_ g: TwoLayerGeometry) -> (ConvolutionGeometry, ConvolutionGeometry) {
        var a = ConvolutionGeometry(), b = ConvolutionGeometry()
        (a.inChannels, a.outChannels, a.inLength, a.outLength, a.taps, a.padLeft, a.mode) = (g.inChannels, g.hidden, g.length, g.length, g.taps1, g.padLeft1, g.mode)
        (b.inChannels, b.outChannels, b.inLength, b.outLength, b.taps, b.padLeft, b.mode) = (g.hidden, g.outChannels, g.length, g.length, g.taps2, g.padLeft2, g.mode)
        return (a, b)
    }

    func check(_ geometry: TwoLayerGeometry, _ n: inout SeededNumbers) {
        KernelBuffer.release()
        var g = geometry
        let (first, second) = Self.layers(g)
        let x = n.reals(first.inCount * 16), gy = n.reals(second.outCount * 16)
        let w1 = n.reals(first.weightCount), b1 = n.reals(g.hidden), w2 = n.reals(second.weightCount), b2 = n.reals(g.outChannels)
        let oldGW1 = n.reals(w1.count * 16), oldGB1 = n.reals(b1.count * 16), oldGW2 = n.reals(w2.count * 16)
        let oldGB2 = n.reals(g.outChannels * 16)
        // Kernels in Float may round a preactivation near zero to the other side of the ReLU, so keep those away from it.
        let before = Reference.convolve(x, w1, b1, first)
        let doubtful = before.indices.contains { Reference.lanes.contains($0 % 16) && abs(before[$0]) < 1e-5 }
        let h = before.map { max($0, 0) }
        let y = Reference.convolve(h, w2, b2, second)
        let gh = zip(Reference.transposed(gy, w2, second), h).map { $1 > 0 ? $0 : 0 }
        let gx = Reference.transposed(gh, w1, first)
        let gw1 = Reference.weightGradient(x, gh, first), gw2 = Reference.weightGradient(h, gy, second)
        var gb1 = [Double](repeating: 0, count: g.hidden * 16)
        for i in gh.indices { gb1[i / 16 / g.length * 16 + i % 16] += gh[i] }
        var gb2 = [Double](repeating: 0, count: g.outChannels * 16)
        for i in gy.indices { gb2[i / 16 / g.length * 16 + i % 16] += gy[i] }
        let scale = 4 * Double(g.taps1 * g.taps2).squareRoot()
        var patterns: [Int: [Data]] = [:]
        for (name, t) in allKernelTables where t.elementSize == 8 || !doubtful {
            let scratch = KernelBuffer(count: t.twoLayerScratch(&g) * 16, t)
            let bx = KernelBuffer(x, t), bgy = KernelBuffer(gy, t), bw1 = KernelBuffer(w1, t), bb1 = KernelBuffer(b1, t)
            let bw2 = KernelBuffer(w2, t), bb2 = KernelBuffer(b2, t)
            let by = KernelBuffer(count: y.count, t), by2 = KernelBuffer(count: y.count, t), bh = KernelBuffer(count: h.count, t)
            t.twoLayerForward(by.bytes, bx.bytes, bw1.bytes, bb1.bytes, bw2.bytes, bb2.bytes, bh.bytes, scratch.bytes, &g)
            t.twoLayerForward(by2.bytes, bx.bytes, bw1.bytes, bb1.bytes, bw2.bytes, bb2.bytes, nil, scratch.bytes, &g)
            assertClose(by, y, scale: scale, "forward \(name) \(g)")
            assertClose(bh, h, scale: 4, "hidden \(name) \(g)")
            XCTAssertEqual(by.bits, by2.bits, "storing the hidden map changes y \(name) \(g)")
            var bits = [by.bits, bh.bits]

            for (lanes, stored, input, weights) in [(16, true, true, true), (16, false, true, true), (n.int(1...15), true, true, true), (5, false, false, true), (16, true, true, false), (16, true, false, true)] {
                var (px, pgy) = (x, gy)
                for i in px.indices where i % 16 >= lanes { px[i] = .nan }
                for i in pgy.indices where i % 16 >= lanes { pgy[i] = i % 2 == 0 ? .infinity : .nan }
                let qx = KernelBuffer(px, t), qgy = KernelBuffer(pgy, t)
                let bgx = KernelBuffer(count: gx.count, t), bgw1 = KernelBuffer(oldGW1, t), bgb1 = KernelBuffer(oldGB1, t), bgw2 = KernelBuffer(oldGW2, t), bgb2 = KernelBuffer(oldGB2, t)
                var pointers = TwoLayerBackward(
                    x: qx.bytes, gy: qgy.bytes, w1: bw1.bytes, b1: bb1.bytes, w2: bw2.bytes, hidden: stored ? UnsafeRawPointer(bh.bytes) : nil,
                    gx: input ? bgx.bytes : nil, gw1: weights ? bgw1.bytes : nil, gb1: weights ? bgb1.bytes : nil, gw2: weights ? bgw2.bytes : nil,
                    gb2: weights ? bgb2.bytes : nil, scratch: scratch.bytes, lanes: lanes)
                t.twoLayerBackward(&pointers, &g)
                let what = "\(name) lanes \(lanes) stored \(stored) input \(input) weights \(weights) \(g)"
                func kept(_ old: [Double], _ new: [Double]) -> [Double] { old.indices.map { old[$0] + ($0 % 16 < lanes && weights ? new[$0] : 0) } }
                let wide = scale * Double(g.length).squareRoot()
                assertClose(bgw1, kept(oldGW1, gw1), scale: wide, "gw1 \(what)")
                assertClose(bgw2, kept(oldGW2, gw2), scale: wide, "gw2 \(what)")
                assertClose(bgb2, kept(oldGB2, gb2), scale: wide, "gb2 \(what)")
                assertClose(bgb1, kept(oldGB1, gb1), scale: wide, "gb1 \(what)")
                XCTAssertFalse(scratch.overrun, "scratch \(what)")
                if input {
                    XCTAssertFalse(bgx.overrun)
                    for (i, v) in bgx.values.enumerated() where i % 16 < lanes && Reference.lanes.contains(i % 16) && !(abs(v - gx[i]) <= (t.elementSize == 4 ? 1e-5 : 1e-12) * scale * 4) {
                        XCTFail("gx[\(i / 16)] lane \(i % 16): \(v), expected \(gx[i]) \(what)")
                        break
                    }
                    if lanes == 16 { bits.append(bgx.bits) }
                } else {
                    XCTAssertTrue(bgx.values.allSatisfy { $0 == 777 }, "gx written though nil \(what)")
                }
                if lanes == 16 { bits += [bgw1.bits, bgw2.bits, bgb1.bits, bgb2.bits] }
            }
            if let first = patterns[t.elementSize] { XCTAssertEqual(first, bits, "bits differ on \(name): \(g)") } else { patterns[t.elementSize] = bits }
            // Stored and recomputed hidden maps, all gradients and some of them: the same bits.
            XCTAssertEqual(Array(bits[2...6]), Array(bits[7...11]), "recomputing changes bits \(name) \(g)")
            XCTAssertEqual(bits[2], bits[12], "gx alone differs \(name) \(g)")
        }
    }

    /// The tangents beside their definition through the hidden map.
    func checkTangents(_ geometry: TwoLayerGeometry, _ n: inout SeededNumbers) {
        KernelBuffer.release()
        var g = geometry
        let (first, second) = Self.layers(g)
        let x = n.reals(first.inCount * 16), dx = n.reals(first.inCount * 16), gy = n.reals(second.outCount * 16), dgy = n.reals(second.outCount * 16)
        let w1 = n.reals(first.weightCount), b1 = n.reals(g.hidden), w2 = n.reals(second.weightCount)
        let dw1 = n.reals(first.weightCount), db1 = n.reals(g.hidden), dw2 = n.reals(second.weightCount), db2 = n.reals(g.outChannels)
        let p = Reference.convolve(x, w1, b1, first)
        let doubtful = p.indices.contains { Reference.lanes.contains($0 % 16) && abs(p[$0]) < 1e-5 }
        func added(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(+) }
        func masked(_ a: [Double]) -> [Double] { zip(a, p).map { $1 > 0 ? $0 : 0 } }
        let still = Reference.convolve(x, dw1, db1, first), h = masked(p)
        func dy(_ moving: Bool) -> [Double] {
            let dh = masked(moving ? added(still, Reference.convolve(dx, w1, nil, first)) : still)
            return added(Reference.convolve(dh, w2, nil, second), Reference.convolve(h, dw2, db2, second))
        }
        let d = masked(added(Reference.transposed(dgy, w2, second), Reference.transposed(gy, dw2, second)))
        let dgx = added(Reference.transposed(d, w1, first), Reference.transposed(masked(Reference.transposed(gy, w2, second)), dw1, first))
        let scale = 8 * Double(g.taps1 * g.taps2).squareRoot() * Double(g.hidden).squareRoot()
        var patterns: [Int: [Data]] = [:]
        for (name, t) in allKernelTables where t.elementSize == 8 || !doubtful {
            let scratch = KernelBuffer(count: t.twoLayerScratch(&g) * 16, t)
            let (bx, bdx, bgy, bdgy) = (KernelBuffer(x, t), KernelBuffer(dx, t), KernelBuffer(gy, t), KernelBuffer(dgy, t))
            let (bw1, bb1, bw2) = (KernelBuffer(w1, t), KernelBuffer(b1, t), KernelBuffer(w2, t))
            let (bdw1, bdb1, bdw2, bdb2) = (KernelBuffer(dw1, t), KernelBuffer(db1, t), KernelBuffer(dw2, t), KernelBuffer(db2, t))
            let mask = KernelBuffer(count: (g.maskBytes + t.elementSize - 1) / t.elementSize, t)
            var bits: [Data] = []
            for moving in [true, false] {
                let by = KernelBuffer(count: gy.count, t)
                var pointers = TwoLayerTangent(
                    x: bx.bytes, dx: moving ? UnsafeRawPointer(bdx.bytes) : nil, w1: bw1.bytes, b1: bb1.bytes, w2: bw2.bytes, dw1: bdw1.bytes, db1: bdb1.bytes,
                    dw2: bdw2.bytes, db2: bdb2.bytes, dy: by.bytes, mask: moving ? mask.bytes : nil, scratch: scratch.bytes)
                t.twoLayerTangent(&pointers, &g)
                assertClose(by, dy(moving), scale: scale, "dy \(name) moving \(moving) \(g)")
                XCTAssertFalse(by.overrun || scratch.overrun, "\(name) \(g)")
                bits.append(by.bits)
            }
            let bdgx = KernelBuffer(count: x.count, t)
            var pointers = TwoLayerTangentBackward(
                x: bx.bytes, gy: bgy.bytes, dgy: bdgy.bytes, w1: bw1.bytes, b1: bb1.bytes, w2: bw2.bytes, dw1: bdw1.bytes, dw2: bdw2.bytes, dgx: bdgx.bytes, scratch: scratch.bytes)
            t.twoLayerTangentBackward(&pointers, &g)
            assertClose(bdgx, dgx, scale: scale, "dgx \(name) \(g)")
            XCTAssertFalse(bdgx.overrun || scratch.overrun, "\(name) \(g)")
            bits.append(bdgx.bits)
            // The mask that the tangent leaves is the one that is found again from x.
            let shared = KernelBuffer(count: x.count, t)
            (pointers.dgx, pointers.mask) = (shared.bytes, UnsafeRawPointer(mask.bytes))
            t.twoLayerTangentBackward(&pointers, &g)
            XCTAssertEqual(shared.bits, bdgx.bits, "a shared mask changes dgx \(name) \(g)")
            XCTAssertFalse(shared.overrun || mask.overrun || scratch.overrun, "\(name) \(g)")
            if let first = patterns[t.elementSize] { XCTAssertEqual(first, bits, "bits differ on \(name): \(g)") } else { patterns[t.elementSize] = bits }
        }
    }

    func testTangents() {
        var n = SeededNumbers(13)
        for mode in [PaddingMode.zeros, .circular] {
            for taps in [3, 5, 7, 9] {
                for (hidden, length) in [(1, taps - 1), (2, 8), (3, 9), (5, 23), (4, 31), (6, 75), (1, 64)] { checkTangents(geometry(hidden, taps, taps, max(length, taps - 1), mode), &n) }
                for pad in [(0, 0), (taps - 1, 0), (0, taps - 1), (1, taps)] {
                    var g = geometry(2, taps, taps, 17, mode)
                    (g.padLeft1, g.padLeft2) = pad
                    checkTangents(g, &n)
                }
            }
            checkTangents(geometry(16, 3, 3, 64, mode), &n)
        }
        for _ in 0..<20 {
            var g = geometry(n.int(1...6), n.int(1...9), n.int(1...9), n.int(1...20), n.pick([.zeros, .circular]))
            (g.inChannels, g.outChannels) = (n.int(1...3), n.int(1...3))
            checkTangents(g, &n)
        }
    }

    func geometry(_ hidden: Int, _ taps1: Int, _ taps2: Int, _ length: Int, _ mode: PaddingMode) -> TwoLayerGeometry {
        var g = TwoLayerGeometry()
        (g.hidden, g.taps1, g.taps2, g.length, g.mode) = (hidden, taps1, taps2, length, mode)
        (g.padLeft1, g.padLeft2) = ((taps1 - 1) / 2, (taps2 - 1) / 2)
        return g
    }

    func testFusedShapes() {
        var n = SeededNumbers(10)
        for mode in [PaddingMode.zeros, .circular] {
            for taps in [3, 5, 7, 9] {
                for (hidden, length) in [(1, taps - 1), (2, 8), (3, 9), (8, 16), (5, 23), (4, 31)] { check(geometry(hidden, taps, taps, max(length, taps - 1), mode), &n) }
            }
            check(geometry(16, 3, 3, 64, mode), &n)
            check(geometry(8, 5, 5, 32, mode), &n)
        }
    }

    func testUnevenPadding() {
        var n = SeededNumbers(11)
        for mode in [PaddingMode.zeros, .circular] {
            for taps in [3, 5, 9] {
                for pad in [(0, 0), (taps - 1, 0), (0, taps - 1), (taps - 1, taps - 1), (1, taps), (-1, 2)] {
                    var g = geometry(2, taps, taps, 17, mode)
                    (g.padLeft1, g.padLeft2) = pad
                    check(g, &n)
                }
            }
        }
    }

    func testAnyTapsAndChannels() {
        var n = SeededNumbers(12)
        for _ in 0..<40 {
            var g = geometry(n.int(1...6), n.int(1...9), n.int(1...9), n.int(1...20), n.pick([.zeros, .circular]))
            (g.inChannels, g.outChannels) = (n.int(1...3), n.int(1...3))
            if n.int(0...1) == 0 { (g.inChannels, g.outChannels) = (1, 1) }
            check(g, &n)
        }
    }
}
