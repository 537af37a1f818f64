// Intervals of quantiles from order statistics: the number of scores below the quantile at p is binomial, whatever the distribution
// (Conover 1999, 3.2). Bounds between two order statistics are interpolated as Hettmansperger and Sheather (1986) and Nyblom (1992) do,
// so that the chance is near the level instead of jumping with n; with tied scores the interval holds the quantile more often.

import Foundation

extension Sample {
    /// - Throws: `tooFew` where even the lowest and the highest score do not enclose the quantile often enough, `constant`, `infinite`.
    func quantileInterval(_ p: Double, level: Double) throws(Undefined) -> Interval {
        if sorted[0] == sorted[count - 1], count > 1 { throw .constant }
        let miss = 1 - level
        guard let (below, above) = OrderStatisticBounds.of(count, p, miss: miss) else {
            var needed = count
            while OrderStatisticBounds.of(needed, p, miss: miss) == nil { needed += 1 }
            throw .tooFew(count: count, needed: needed)
        }
        // Bounds are counted from their own end.
        let lower = below.read { sorted[$0] }
        let upper = above.read { sorted[count - 1 - $0] }
        if lower.isNaN || upper.isNaN { throw .infinite }
        return Interval(lower: lower, upper: upper, level: level, method: .orderStatistics)
    }
}

/// The bounds of a median that the sign test does not reject: order statistics without interpolation.
/// - Throws: `tooFew` below six, `constant`.
func signInterval(_ differences: [Double], level: Double) throws(Undefined) -> Interval {
    let sorted = differences.sorted()
    let n = sorted.count
    if n > 1, sorted[0] == sorted[n - 1] { throw .constant }
    var needed = 1
    while pow(0.5, Double(needed)) > (1 - level) / 2 { needed += 1 }
    guard let bound = OrderStatisticBounds.Bound(n, 0.5, miss: (1 - level) / 2) else { throw .tooFew(count: n, needed: needed) }
    return Interval(lower: sorted[bound.place], upper: sorted[n - 1 - bound.place], level: level, method: .orderStatistics)
}

enum OrderStatisticBounds {
    /// Order statistic number `place`, from 0 at its end, with a share `weight` of the next one inwards.
    struct Bound {
        var place: Int
        var weight: Double

        /// The place furthest in whose chance to lie beyond the quantile at p is at most `miss`; nil when that of the last score is not.
        init?(_ n: Int, _ p: Double, miss: Double) {
            // P(x₍r₎ > quantile) = P(fewer than r of n below it), r from 1.
            func beyond(_ r: Int) -> Double { binomialDistribution(r - 1, of: n, p) }
            guard n > 0, pow(1 - p, Double(n)) <= miss * (1 + 1e-12) else { return nil }
            var low = 1
            var high = n
            while low < high {
                let middle = (low + high + 1) / 2
                if beyond(middle) <= miss { low = middle } else { high = middle - 1 }
            }
            place = low - 1
            weight = 0
            let here = beyond(low)
            let next = beyond(low + 1)
            // What rounding leaves of a chance that is met exactly is no reason to interpolate.
            if low < n, here < miss * (1 - 1e-9), next > miss {
                let r = Double(low)
                weight = 1 / (1 + r * (1 - p) * (next - miss) / ((Double(n) - r) * p * (miss - here)))
            }
        }

        func read(_ score: (Int) -> Double) -> Double {
            weight == 0 ? score(place) : interpolate(score(place), score(place + 1), weight)
        }
    }

    /// The lower bound and the upper one, each counted from its end. Where one end can reach no less than its half of `miss`, it takes
    /// its last score and leaves what remains to the other. Nil when both together miss too often.
    static func of(_ n: Int, _ p: Double, miss: Double) -> (Bound, Bound)? {
        let lowest = pow(1 - p, Double(n))
        let highest = pow(p, Double(n))
        if n < 1 || lowest + highest > miss { return nil }
        let lower = lowest > miss / 2 ? lowest : highest > miss / 2 ? miss - highest : miss / 2
        guard let below = Bound(n, p, miss: lower), let above = Bound(n, 1 - p, miss: miss - lower) else { return nil }
        return (below, above)
    }
}
