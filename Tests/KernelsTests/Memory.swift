// Memory for a kernel to work on: 64-byte aligned, or `offset` elements off, between guards that show a write past the ends.
// It is never freed: a kernel knows only the pointer, and an object may end with the last use of its name.
import Kernels
import XCTest

protocol Element: BinaryFloatingPoint, SIMDScalar {
    static var tables: [(name: String, table: KernelTable)] { get }
    var bits: UInt64 { get }
}
extension Float: Element {
    static let tables: [(name: String, table: KernelTable)] = Kernels.available.map { (name: $0, table: Kernels.table(instructionSet: $0, double: false)) }
    var bits: UInt64 { isNaN ? .max : UInt64(bitPattern) }
}
extension Double: Element {
    static let tables: [(name: String, table: KernelTable)] = Kernels.available.map { (name: $0, table: Kernels.table(instructionSet: $0, double: true)) }
    var bits: UInt64 { isNaN ? .max : bitPattern }
}

final class Memory<R: Element> {
    let count: Int
    private let block: UnsafeMutableRawPointer
    private let guards: Int
    let pointer: UnsafeMutablePointer<R>
    static var guardValue: R { R(-12345.678) }

    init(_ count: Int, offset: Int = 0, _ value: (Int) -> R = { _ in 0 }) {
        self.count = count
        guards = 64
        block = .allocate(byteCount: (count + 2 * guards + offset) * MemoryLayout<R>.size, alignment: 64)
        let all = block.bindMemory(to: R.self, capacity: count + 2 * guards + offset)
        for i in 0..<count + 2 * guards + offset { all[i] = Self.guardValue }
        pointer = all + guards + offset
        for i in 0..<count { pointer[i] = value(i) }
    }

    convenience init(_ values: [R], offset: Int = 0) { self.init(values.count, offset: offset) { values[$0] } }

    var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(pointer) }
    var values: [R] { (0..<count).map { pointer[$0] } }
    var bits: [UInt64] { (0..<count).map { pointer[$0].bits } }

    func assertGuardsIntact(_ message: String, file: StaticString = #filePath, line: UInt = #line) {
        for i in 1...guards {
            if pointer[-i] != Self.guardValue || pointer[count + i - 1] != Self.guardValue {
                return XCTFail("\(message): wrote outside its memory", file: file, line: line)
            }
        }
    }
}

/// Values for tests that must not depend on the kernels: SplitMix64.
struct TestValues {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func word() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
    mutating func uniform<R: Element>(_ low: R, _ high: R) -> R { low + (high - low) * R(Double(word() >> 11) * 0x1p-53) }
    mutating func array<R: Element>(_ count: Int, _ low: R = -2, _ high: R = 2) -> [R] { (0..<count).map { _ in uniform(low, high) } }
}

/// 0, infinities, NaN, subnormals and what lies around powers of two, with both signs.
func specialValues<R: Element>(_: R.Type) -> [R] {
    let positive: [R] = [0, 0.5, 1, 1.5, 2, 3, 4.5, 1e-30, 1e30, 8388607.5, 8388608, 16777216, .leastNonzeroMagnitude,
                         .leastNormalMagnitude, .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, .infinity,
                         R(1).nextDown, R(1).nextUp, 88, 89, 103, 104, 105]
    return positive + positive.map { -$0 } + [.nan]
}
