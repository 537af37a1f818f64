// An axis: its label, limits, scale, and where its ticks stand. Ticks are found for as many as there is room for, at 1, 2 or 5
// times a power of ten; on a logarithmic scale at powers of ten, and at 2 and 5 times them where the range is short.

import Foundation

public struct Axis: Sendable {
    public enum Scale: Sendable, Equatable {
        case linear, logarithmic
        /// Names at 1, 2, 3 ..
        case categories([String])
    }
    public var label: String
    public var scale: Scale
    public var limits: ClosedRange<Double>
    /// Categories from top to bottom, rows of a matrix.
    public var isReversed = false

    public init(label: String = "", scale: Scale = .linear, limits: ClosedRange<Double>) {
        (self.label, self.scale, self.limits) = (label, scale, limits)
    }

    public static func categories(_ names: [String], label: String = "") -> Axis {
        Axis(label: label, scale: .categories(names), limits: 0.5...(Double(names.count) + 0.5))
    }

    var isLogarithmic: Bool { scale == .logarithmic }
    var isCategorical: Bool { if case .categories = scale { return true } else { return false } }

    /// Where a value stands between the limits, 0 to 1; outside of it beyond them.
    func share(_ value: Double) -> Double {
        let (low, high) = (limits.lowerBound, limits.upperBound)
        let share = isLogarithmic ? (value > 0 ? log(value / low) / log(high / low) : -1) : (value - low) / (high - low)
        return isReversed ? 1 - share : share
    }

    /// The value at a share of the way.
    func value(_ share: Double) -> Double {
        let (low, high) = (limits.lowerBound, limits.upperBound), share = isReversed ? 1 - share : share
        return isLogarithmic ? low * pow(high / low, share) : low + (high - low) * share
    }

    struct Tick: Equatable {
        var value: Double
        var text: String
    }

    /// About `count` ticks, never more than twice that for numbers; as many categories as are at most `count`, evenly left out.
    func ticks(_ count: Int) -> [Tick] {
        switch scale {
        case .categories(let names):
            let every = max(1, (names.count + max(1, count) - 1) / max(1, count))
            return stride(from: 0, to: names.count, by: every).map { Tick(value: Double($0 + 1), text: names[$0]) }
        case .linear:
            // One tick tells no scale.
            let found = linearTicks(count)
            return found.count >= 2 ? found : (count + 1...count + 4).lazy.map { linearTicks($0) }.first { $0.count >= 2 } ?? found
        case .logarithmic: return logarithmicTicks(count)
        }
    }

    private func linearTicks(_ count: Int) -> [Tick] {
        let (low, high) = (limits.lowerBound, limits.upperBound), span = high - low
        let rough = span / Double(max(1, count)), power = pow(10, floor(log10(rough)))
        let step = power * ([1.0, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10)
        guard step.isFinite, step > 0 else { return [] }
        let slack = span * 1e-9
        let first = ((low - slack) / step).rounded(.up), last = ((high + slack) / step).rounded(.down)
        guard first <= last, last - first < 1000 else { return [] }
        let values = stride(from: first, through: last, by: 1).map { $0 * step }
        return zip(values, NumberText.labels(values, step: step)).map { Tick(value: $0, text: $1) }
    }

    private func logarithmicTicks(_ count: Int) -> [Tick] {
        let low = log10(limits.lowerBound), high = log10(limits.upperBound), slack = 1e-9
        let decades = Int((low - slack).rounded(.up))...max(Int((low - slack).rounded(.up)), Int((high + slack).rounded(.down)))
        var values: [Double] = []
        if high - low < 2.2 {
            for decade in (decades.lowerBound - 1)...decades.upperBound { for digit in [1.0, 2, 5] { values.append(digit * pow(10, Double(decade))) } }
        } else {
            let every = max(1, Int((Double(decades.count) / Double(max(1, count))).rounded(.up)))
            values = decades.filter { $0 % every == 0 }.map { pow(10, Double($0)) }
        }
        let inside = values.filter { log10($0) >= low - slack && log10($0) <= high + slack }
        // Less than a factor of two or so: as on a linear scale.
        guard inside.count >= 2 else { return linearTicks(count).filter { $0.value > 0 } }
        return inside.map { Tick(value: $0, text: NumberText.decade($0)) }
    }
}

/// Limits that hold the data: a margin at both ends, and some width where the data have none.
enum Limits {
    /// Values larger than this are treated as infinite: differences of two must be finite.
    static let largest = 1e300

    static func around(_ low: Double, _ high: Double, margin: Double = 0.05) -> ClosedRange<Double> {
        let size = max(abs(low), abs(high))
        if high - low <= size * 1e-12 || high - low < 1e-300 {
            let half = size < 1e-290 ? 0.5 : size * 0.05
            return (low - half)...(high + half)
        }
        let room = (high - low) * margin
        return (low - room)...(high + room)
    }

    /// For positive values.
    static func logarithmic(_ low: Double, _ high: Double) -> ClosedRange<Double> {
        // Denormals leave no room below.
        let low = max(low, 1e-300), high = max(high, low)
        if high / low < 1.000001 { return (low / 1.5)...(high * 1.5) }
        let room = pow(high / low, 0.05)
        return (low / room)...(high * room)
    }
}
