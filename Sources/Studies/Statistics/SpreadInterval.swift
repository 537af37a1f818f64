// The interval of a standard deviation that does not take the scores for normal: the logarithm of the variance, whose own spread follows
// from their kurtosis (Bonett 2006, Computational Statistics & Data Analysis 50, 775). The χ² interval, by comparison, covers normal
// scores alone: 58 % for log-normal ones, 99 % for uniform ones.

import Foundation

extension Sample {
    /// Below this many scores a sample says next to nothing of its kurtosis.
    static let smallestForSpread = 10
    /// Above this kurtosis (3 is the normal distribution's) the spread rests on a few scores, and no interval of it covers.
    static let largestKurtosis = 6.0

    /// - Throws: `tooFew` below ten scores, `infinite`, `constant`, `heavyTails`.
    func spreadInterval(level: Double) throws(Undefined) -> Interval {
        if count < Sample.smallestForSpread { throw .tooFew(count: count, needed: Sample.smallestForSpread) }
        if hasInfinity { throw .infinite }
        if sorted[0] == sorted[count - 1] { throw .constant }
        let n = Double(count)
        let z = normalQuantile((1 + level) / 2)
        let center = mean(once)
        let unit = unit(around: center)
        let trimmed = Int(n / (2 * (n - 4).squareRoot()))
        let kept = sorted[trimmed..<(count - trimmed)]
        let middle = kept.reduce(0) { $0 + ($1 - center) * unit / Double(kept.count) }
        var squares = 0.0
        var fourths = 0.0
        for score in sorted {
            let d = (score - center) * unit
            squares += d * d
            let e = d - middle
            fourths += e * e * e * e
        }
        let kurtosis = n * fourths / (squares * squares)
        if kurtosis > Sample.largestKurtosis { throw .heavyTails }
        let c = n / (n - z)
        let error = c * (Swift.max(kurtosis - (n - 3) / n, 0) / (n - 1)).squareRoot()
        let std = standardDeviation(once)
        func bound(_ sign: Double) -> Double { std * (c * exp(sign * z * error)).squareRoot() }
        return Interval(lower: bound(-1), upper: bound(1), level: level, method: .bonett)
    }
}
