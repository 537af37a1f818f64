// The definitions of the packed kernels written out naively in Double, and the buffers that carry numbers to and from
// every compiled variant. The other Convolution, TwoLayer and Matmul tests compare with these.
import Foundation
import Kernels
import XCTest

/// SplitMix64: the same geometries and numbers in every run.
struct SeededNumbers {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next() % UInt64(range.count)) }
    mutating func pick<T>(_ choices: [T]) -> T { choices[int(0...choices.count - 1)] }
    /// Uniform on [-1, 1), exact in Float.
    mutating func real() -> Double { Double(Int64(bitPattern: next()) >> 40) / Double(1 << 23) }
    mutating func reals(_ count: Int) -> [Double] { (0..<count).map { _ in real() } }
}

/// Numbers in the precision of one table, with guard values behind them that no kernel may touch.
final class KernelBuffer {
    let bytes: UnsafeMutableRawPointer
    let count: Int, elementSize: Int
    private static let guards = 64
    /// Kernels see raw pointers only, so buffers are held until the next check begins.
    nonisolated(unsafe) private static var held: [KernelBuffer] = []
    static func release() { held = [] }
    init(_ values: [Double], _ table: KernelTable) {
        (count, elementSize) = (values.count, table.elementSize)
        bytes = .allocate(byteCount: (values.count + Self.guards) * table.elementSize, alignment: 64)
        let all = values + [Double](repeating: 12345, count: Self.guards)
        if elementSize == 8 { bytes.copyMemory(from: all, byteCount: 8 * all.count) } else { bytes.copyMemory(from: all.map(Float.init), byteCount: 4 * all.count) }
        Self.held.append(self)
    }
    convenience init(count: Int, _ table: KernelTable) { self.init([Double](repeating: 777, count: count), table) }
    deinit { bytes.deallocate() }
    private func read(_ range: Range<Int>) -> [Double] {
        if elementSize == 8 { return Array(UnsafeBufferPointer(start: bytes.assumingMemoryBound(to: Double.self), count: range.upperBound)[range]) }
        return UnsafeBufferPointer(start: bytes.assumingMemoryBound(to: Float.self), count: range.upperBound)[range].map(Double.init)
    }
    var values: [Double] { read(0..<count) }
    /// The bits, for comparing instruction sets.
    var bits: Data { Data(bytes: bytes, count: count * elementSize) }
    var overrun: Bool { read(count..<count + Self.guards) != [Double](repeating: 12345, count: Self.guards) }
}

func assertClose(
    _ buffer: KernelBuffer, _ expected: [Double], scale: Double = 1, packed: Bool = true, _ what: @autoclosure () -> String,
    file: StaticString = #filePath, line: UInt = #line
) {
    let tolerance = (buffer.elementSize == 4 ? 1e-5 : 1e-12) * max(1, scale)
    XCTAssertFalse(buffer.overrun, "wrote past the end: \(what())", file: file, line: line)
    let values = buffer.values
    for i in values.indices where Reference.lanes.contains(i % 16) || !packed {
        if abs(values[i] - expected[i]) <= tolerance { continue }
        return XCTFail("[\(i / 16)][lane \(i % 16)]: \(values[i]), expected \(expected[i]): \(what())", file: file, line: line)
    }
}

/// The inner product of two packed arrays over the lanes that are checked.
func packedDot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for e in stride(from: 0, to: a.count, by: 16) { for l in Reference.lanes { sum += a[e + l] * b[e + l] } }
    return sum
}

enum Reference {
    /// The lanes that are written out naively: the loops treat all alike, and these are slow in a debug build.
    static let lanes = [0, 6, 15]

    static func position(_ p: Int, _ count: Int, _ mode: PaddingMode) -> Int? {
        if (0..<count).contains(p) { return p }
        switch mode {
        case .zeros: return nil
        case .circular: return ((p % count) + count) % count
        case .reflect:
            if count == 1 { return 0 }
            if p < 0 { return position(-p, count, mode) }
            return position(2 * (count - 1) - p, count, mode)
        }
    }

    /// Calls `body` with every (weight, x element, y element) of which y is the sum of products.
    static func terms(_ g: ConvolutionGeometry, _ body: (_ w: Int, _ x: Int, _ y: Int) -> Void) {
        let inGroup = g.inChannels / g.groups, outGroup = g.outChannels / g.groups
        for o in 0..<g.outChannels { for i in 0..<g.outHeight { for p in 0..<g.outLength {
            for c in 0..<inGroup { for s in 0..<g.tapHeight { for t in 0..<g.taps {
                guard let row = position(i * g.strideHeight + s * g.dilationHeight - g.padTop, g.inHeight, g.mode),
                      let column = position(p * g.stride + t * g.dilation - g.padLeft, g.inLength, g.mode) else { continue }
                let channel = o / outGroup * inGroup + c
                body(((o * inGroup + c) * g.tapHeight + s) * g.taps + t, (channel * g.inHeight + row) * g.inLength + column,
                     (o * g.outHeight + i) * g.outLength + p)
            } } }
        } } }
    }

    static func convolve(_ x: [Double], _ w: [Double], _ bias: [Double]?, _ g: ConvolutionGeometry) -> [Double] {
        var y = [Double](repeating: 0, count: g.outCount * 16)
        if let bias { for i in y.indices { y[i] = bias[i / 16 / (g.outHeight * g.outLength)] } }
        terms(g) { k, i, j in for l in lanes { y[j * 16 + l] += w[k] * x[i * 16 + l] } }
        return y
    }
    static func transposed(_ gy: [Double], _ w: [Double], _ g: ConvolutionGeometry) -> [Double] {
        var gx = [Double](repeating: 0, count: g.inCount * 16)
        terms(g) { k, i, j in for l in lanes { gx[i * 16 + l] += w[k] * gy[j * 16 + l] } }
        return gx
    }
    static func weightGradient(_ x: [Double], _ gy: [Double], _ g: ConvolutionGeometry) -> [Double] {
        var gw = [Double](repeating: 0, count: g.weightCount * 16)
        terms(g) { k, i, j in for l in lanes { gw[k * 16 + l] += x[i * 16 + l] * gy[j * 16 + l] } }
        return gw
    }
}

/// Every table of this machine: all instruction sets, both precisions.
let allKernelTables: [(name: String, table: KernelTable)] = Kernels.available.flatMap { set in
    [false, true].map { ("\(set) \($0 ? "double" : "float")", Kernels.table(instructionSet: set, double: $0)) }
}
