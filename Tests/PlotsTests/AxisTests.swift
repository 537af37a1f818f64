import XCTest
@testable import Plots

/// Ticks stand at 1, 2 or 5 times a power of ten within the limits, and their texts read back as their values.
final class AxisTests: XCTestCase {
    func testTicksAreNice() {
        for (low, high) in [(0.0, 1.0), (-3.7, 12.9), (0.0123, 0.0187), (1e6, 7e6), (-1e-9, 2e-9), (99.5, 100.5), (-2e300, 3e300 / 2)] {
            let axis = Axis(limits: low...high)
            for count in 2...12 {
                let ticks = axis.ticks(count)
                XCTAssertTrue((1...(2 * count + 1)).contains(ticks.count), "\(ticks.count) ticks for \(count) in \(low)...\(high)")
                XCTAssertEqual(Set(ticks.map(\.text)).count, ticks.count, "\(ticks.map(\.text))")
                let slack = (high - low) * 1e-6
                XCTAssertTrue(ticks.allSatisfy { $0.value >= low - slack && $0.value <= high + slack })
            }
        }
        XCTAssertEqual(Axis(limits: 0...10).ticks(5).map(\.text), ["0", "2", "4", "6", "8", "10"])
        XCTAssertEqual(Axis(limits: -1...1).ticks(4).map(\.text), ["−1.0", "−0.5", "0.0", "0.5", "1.0"])
        XCTAssertEqual(Axis(limits: 0...4e6).ticks(4).map(\.text), ["0", "1·10⁶", "2·10⁶", "3·10⁶", "4·10⁶"])
    }

    func testLogarithmicTicks() {
        XCTAssertEqual(Axis(scale: .logarithmic, limits: 0.1...1000).ticks(6).map(\.text), ["0.1", "1", "10", "100", "1000"])
        XCTAssertEqual(Axis(scale: .logarithmic, limits: 1...30).ticks(6).map(\.text), ["1", "2", "5", "10", "20"])
        XCTAssertEqual(Axis(scale: .logarithmic, limits: 1e-8...1e8).ticks(5).map(\.text), ["10⁻⁸", "10⁻⁴", "1", "10000", "10⁸"])
    }

    func testLimitsOfConstantAndExtremeValues() {
        for value in [0.0, 5, -3e299, .leastNonzeroMagnitude * 9, 7e-8] {
            let limits = Limits.around(value, value)
            XCTAssertTrue(limits.lowerBound < value && value < limits.upperBound, "\(value)")
        }
        XCTAssertTrue((Limits.around(-1e300, 1e300).upperBound - Limits.around(-1e300, 1e300).lowerBound).isFinite)
    }

    func testText() {
        XCTAssertEqual(PlainText.lines("a\nb\r\nc\td\u{1B}[31m"), ["a", "b", "c d\u{FFFD}[31m"])
        XCTAssertEqual(PlainText.line("a\u{202E}b\u{0}"), "a\u{FFFD}b\u{FFFD}")
        XCTAssertEqual(TextMetrics.width("architecture", 8), 41.792, accuracy: 0.001)
        XCTAssertEqual(TextMetrics.cut("architecture", to: 20, 8).last, "…")
    }
}
