// Bins of a histogram: equal, from the least to the largest value, the last one closed. Their number is by Freedman and
// Diaconis (1981), width 2·IQR·n^(−1/3), or by Sturges where half of the values are equal; never more than 500.

import Foundation

public struct Bins: Sendable, Equatable {
    public let edges: [Double]

    static let most = 500

    public static func number(for values: [Double]) -> Int {
        let sorted = values.sorted(), n = Double(values.count)
        guard let low = sorted.first, let high = sorted.last, high > low else { return 1 }
        let range = Quartiles.quantile(0.75, ofSorted: sorted) - Quartiles.quantile(0.25, ofSorted: sorted)
        let width = 2 * range / cbrt(n)
        let number = width > 0 ? ((high - low) / width).rounded(.up) : (log2(n) + 1).rounded(.up)
        return Int(min(Double(most), max(1, number)))
    }

    /// Over `limits`; a range without width gets one.
    public init(_ limits: ClosedRange<Double>, number: Int) {
        let wide = limits.lowerBound < limits.upperBound ? limits : (limits.lowerBound - 0.5)...(limits.upperBound + 0.5)
        let (low, high) = (wide.lowerBound, wide.upperBound)
        edges = (0...number).map { $0 == number ? high : low + (high - low) * Double($0) / Double(number) }
    }

    /// How many values fall into each.
    public func counts(_ values: [Double]) -> [Int] {
        let (low, high) = (edges.first!, edges.last!), number = edges.count - 1
        var counts = [Int](repeating: 0, count: number)
        for value in values where value >= low && value <= high {
            var i = min(number - 1, Int((value - low) / (high - low) * Double(number)))
            // The division rounds: an edge belongs to the bin above.
            if value < edges[i] { i -= 1 } else if i < number - 1, value >= edges[i + 1] { i += 1 }
            counts[i] += 1
        }
        return counts
    }
}
