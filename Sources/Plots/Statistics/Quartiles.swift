// What a box shows: quartiles by linear interpolation (Hyndman and Fan's type 7, NumPy's default), whiskers to the furthest
// values within 1.5 interquartile ranges of the box (Tukey 1977).

public struct Quartiles: Sendable, Equatable {
    public let lower, median, upper: Double
    public let whiskers: ClosedRange<Double>

    /// Of finite values, at least one.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        lower = Quartiles.quantile(0.25, ofSorted: sorted)
        median = Quartiles.quantile(0.5, ofSorted: sorted)
        upper = Quartiles.quantile(0.75, ofSorted: sorted)
        let reach = 1.5 * (upper - lower), (box, top) = (lower, upper)
        let low = sorted.first { $0 >= box - reach } ?? lower, high = sorted.last { $0 <= top + reach } ?? upper
        // An interpolated quartile may lie beyond every value that is near enough.
        whiskers = min(low, box)...max(high, top)
    }

    static func quantile(_ p: Double, ofSorted sorted: [Double]) -> Double {
        let at = p * Double(sorted.count - 1), i = min(Int(at), max(0, sorted.count - 2))
        let next = sorted[min(i + 1, sorted.count - 1)]
        return sorted[i] + (next - sorted[i]) * (at - Double(i))
    }
}
