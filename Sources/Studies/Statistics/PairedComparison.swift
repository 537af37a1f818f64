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
    public let meanDifference: Estimate
    public let medianDifference: Estimate
    /// The standard error of the mean difference.
    public let standardError: Estimate
    /// Pairs in which A is higher, equal and lower.
    public let wins: Int
    public let ties: Int
    public let losses: Int
    /// Two-sided p of the mean difference under random signs: exact up to 14 pairs, else from 20000 draws ((1 + hits) / (1 + draws)).
    public let pValue: Estimate
    /// Two-sided p of the sign test, ties dropped.
    public let signP: Estimate
    /// Two-sided p of Wilcoxon's signed-rank test, ties dropped.
    public let wilcoxonP: Estimate

    /// Compares scores keyed alike (by data and seed, say). A score that is NaN counts as unpaired.
    public init<Key: Hashable & Comparable>(_ a: [Key: Double], _ b: [Key: Double], bootstrap: Bootstrap = Bootstrap()) {
        let keys = a.keys.filter { a[$0]?.isNaN == false && b[$0]?.isNaN == false }.sorted()
        let pairs = keys.map { (a[$0]!, b[$0]!) }
        count = pairs.count
        unpaired = a.count + b.count - 2 * pairs.count
        // Two equal infinities differ by nothing; their subtraction would be NaN.
        let differences = pairs.map { $0 == $1 ? 0 : $0 - $1 }
        wins = differences.filter { $0 > 0 }.count
        losses = differences.filter { $0 < 0 }.count
        ties = pairs.count - wins - losses
        meanDifference = Statistic.mean.estimate(differences, bootstrap: bootstrap)
        medianDifference = Statistic.median.estimate(differences, bootstrap: bootstrap)
        standardError = Estimate { () throws(Undefined) in try Statistic.standardError.of(differences) }
        let enough: Undefined? = differences.isEmpty ? .noScores : nil
        signP = enough.map { Estimate(undefined: $0) } ?? Estimate { () throws(Undefined) in try signTest(differences) }
        wilcoxonP = enough.map { Estimate(undefined: $0) } ?? Estimate { () throws(Undefined) in try wilcoxonTest(differences) }
        pValue = Estimate { () throws(Undefined) in try signFlip(differences, seed: bootstrap.seed) }
    }
}

/// P(|Σ ±d| ≥ |Σ d|) over independent fair signs.
private func signFlip(_ differences: [Double], seed: UInt64) throws(Undefined) -> Double {
    if differences.count < 2 { throw .tooFew(count: differences.count, needed: 2) }
    if differences.contains(where: \.isInfinite) { throw .infinite }
    let n = differences.count
    // Rounding must not separate sums that are equal on paper.
    let observed = abs(differences.reduce(0, +)) * (1 - 1e-12)
    if n <= 14 {
        var extreme = 0
        for signs in 0..<(1 << n) {
            var sum = 0.0
            for i in 0..<n { sum += signs >> i & 1 == 1 ? -differences[i] : differences[i] }
            if abs(sum) >= observed { extreme += 1 }
        }
        return Double(extreme) / Double(1 << n)
    }
    let draws = 20000
    let stream = ResamplingStream(seed: seed)
    var (extreme, counter, word, left) = (0, UInt64(0), UInt64(0), 0)
    for _ in 0..<draws {
        var sum = 0.0
        for d in differences {
            if left == 0 {
                word = stream.word(counter)
                counter += 1
                left = 64
            }
            sum += word & 1 == 1 ? -d : d
            word >>= 1
            left -= 1
        }
        if abs(sum) >= observed { extreme += 1 }
    }
    return Double(1 + extreme) / Double(1 + draws)
}
