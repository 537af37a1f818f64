// Two methods compared trial by trial on the seeds they share: the same data and draws on both sides, so the spread between seeds
// cancels. Three tests go with it, none of which assumes a distribution: random signs of the mean difference, the signs alone, and
// Wilcoxon's signed ranks; the last two ask which method is higher more often, not by how many dB on average.

import Foundation

/// The comparison of method A with method B over shared seeds; differences are A − B, in the unit of the scores.
public struct PairedComparison: Equatable, Sendable {
    /// The pairs compared.
    public let count: Int
    /// Scores of either side without a partner, left out.
    public let unpaired: Int
    /// With the differences that `pValue` does not reject: 0 is in the interval exactly when p exceeds 0.05.
    public let meanDifference: Estimate
    /// With the medians that the sign test does not reject.
    public let medianDifference: Estimate
    /// The standard error of the mean difference.
    public let standardError: Estimate
    /// Pairs in which A is higher, equal and lower.
    public let wins: Int
    public let ties: Int
    public let losses: Int
    /// Two-sided p of the mean difference under random signs: exact up to 14 pairs, from 20000 draws ((1 + hits) / (1 + draws)) up to 1000,
    /// beyond that of the paired t test.
    public let pValue: Estimate
    /// Two-sided p of the sign test, ties dropped.
    public let signP: Estimate
    /// Two-sided p of Wilcoxon's signed-rank test, ties dropped.
    public let wilcoxonP: Estimate

    /// Compares scores keyed alike (by data and seed, say). A score that is NaN counts as unpaired.
    /// - Parameter group: of a key, where pairs of one group are not independent (trials on the same data): signs are then flipped
    ///   together, and the tests that know no groups say so.
    public init<Key: Hashable & Comparable>(_ a: [Key: Double], _ b: [Key: Double], group: [Key: Int]? = nil, bootstrap: Bootstrap = Bootstrap()) {
        let keys = a.keys.filter { a[$0]?.isNaN == false && b[$0]?.isNaN == false }.sorted()
        let pairs = keys.map { (a[$0]!, b[$0]!) }
        count = pairs.count
        unpaired = a.count + b.count - 2 * pairs.count
        // Two equal infinities differ by nothing; their subtraction would be NaN.
        let differences = pairs.map { $0 == $1 ? 0 : $0 - $1 }
        let groups = group.map { group in keys.enumerated().map { group[$1] ?? -1 - $0 } }
        wins = differences.count { $0 > 0 }
        losses = differences.count { $0 < 0 }
        ties = pairs.count - wins - losses
        standardError = Estimate { () throws(Undefined) in try Statistic.standardError.of(differences) }
        let mean = Statistic.mean.estimate(differences, groups: nil, bootstrap: bootstrap)
        do {
            let test = try SignFlip(differences, groups: groups, level: bootstrap.level, seed: bootstrap.seed)
            pValue = Estimate(test.p)
            meanDifference = mean.value.map { Estimate($0, interval: test.interval) } ?? mean
        } catch {
            pValue = Estimate(undefined: error)
            meanDifference = mean.value.map { Estimate($0, interval: .failure(error)) } ?? mean
        }
        let median = Statistic.median.estimate(differences, groups: nil, bootstrap: bootstrap)
        if let groups {
            let shared = Undefined.sharedData(dataSets: Set(groups).count)
            medianDifference = median.value.map { Estimate($0, interval: .failure(shared)) } ?? median
            signP = Estimate(undefined: differences.isEmpty ? .noScores : shared)
            wilcoxonP = signP
            return
        }
        medianDifference = median.value.map { value in
            Estimate(value) { () throws(Undefined) in try signInterval(differences, level: bootstrap.level) }
        } ?? median
        let enough: Undefined? = differences.isEmpty ? .noScores : nil
        signP = enough.map { Estimate(undefined: $0) } ?? Estimate { () throws(Undefined) in try signTest(differences) }
        // What subtracting rounds: two of the largest score's last digits.
        let largest = pairs.reduce(0) { max($0, abs($1.0), abs($1.1)) }
        let rounding = largest.isFinite ? 2 * largest.ulp : 0
        wilcoxonP = enough.map { Estimate(undefined: $0) }
            ?? Estimate { () throws(Undefined) in try wilcoxonTest(differences, rounding: rounding) }
    }
}
