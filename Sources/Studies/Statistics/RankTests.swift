// Tests of paired differences that assume no scale: the sign test and Wilcoxon's signed-rank test, and Holm's correction for having
// made several. Differences of zero are dropped (Wilcoxon 1945), equal magnitudes share their average rank.

import Foundation

/// Two-sided p of the sign test: P(|X − n/2| ≥ |wins − n/2|) for X ~ Binomial(n, 1/2), n the differences that are not zero.
/// - Throws: `constant` when all are zero.
func signTest(_ differences: [Double]) throws(Undefined) -> Double {
    let n = differences.count { $0 != 0 }
    if n == 0 { throw .constant }
    let wins = differences.count { $0 > 0 }
    let fewer = Swift.min(wins, n - wins)
    if 2 * fewer == n { return 1 }
    // From the middle outwards, each term a product of the one before: C(n, k) / 2ⁿ at the middle is ∏ (1 − 1/(2i)) up to n/2.
    var term = 1.0
    for i in stride(from: 1, through: n / 2, by: 1) { term *= 1 - 1 / Double(2 * i) }
    if n % 2 == 1 { term *= Double(n) / Double(n + 1) }
    var tail = 0.0
    for k in stride(from: n / 2, through: 0, by: -1) {
        if k <= fewer { tail += term }
        term *= Double(k) / Double(n - k + 1)
    }
    return Swift.min(1, 2 * tail)
}

/// Two-sided p of Wilcoxon's signed-rank test: the exact distribution of the rank sum under random signs, for the ranks that there are
/// (average ranks for ties), up to 50 differences other than zero; beyond, the normal approximation with the variance corrected for
/// ties, without continuity correction. SciPy 1.17 is exact in the same cases, with ties up to 13.
/// - Parameter rounding: magnitudes that are no further apart are equal. Differences of decimal scores are not equal in
///   binary where they are on paper: 24.1 − 24.0 and 25.5 − 25.4.
/// - Throws: `constant` when all are zero.
func wilcoxonTest(_ differences: [Double], rounding: Double = 0) throws(Undefined) -> Double {
    let kept = differences.filter { $0 != 0 }
    let n = kept.count
    if n == 0 { throw .constant }
    let order = kept.indices.sorted { abs(kept[$0]) < abs(kept[$1]) }
    // Ranks twice, so that averages of two are whole.
    var doubledRanks: [Int] = []
    var positive = 0
    var ties = 0.0
    var start = 0
    while start < n {
        let least = abs(kept[order[start]])
        // Infinite ones are equal; their difference would be NaN.
        var end = start + 1
        while end < n, abs(kept[order[end]]) == least || abs(kept[order[end]]) - least <= rounding { end += 1 }
        let rank = start + 1 + end
        let size = Double(end - start)
        for i in start..<end {
            doubledRanks.append(rank)
            if kept[order[i]] > 0 { positive += rank }
        }
        ties += size * size * size - size
        start = end
    }
    let all = n * (n + 1)
    if n <= 50 {
        let statistic = Swift.min(positive, all - positive)
        // ways[s]: sets of ranks whose doubled sum is s; at most 2⁵⁰, exact in a double.
        var ways = [Double](repeating: 0, count: all + 1)
        ways[0] = 1
        for rank in doubledRanks {
            for sum in stride(from: all, through: rank, by: -1) { ways[sum] += ways[sum - rank] }
        }
        return Swift.min(1, 2 * ways[0...statistic].reduce(0, +) / pow(2, Double(n)))
    }
    let variance = Double(n) * Double(n + 1) * Double(2 * n + 1) / 24 - ties / 48
    let z = (Double(positive) - Double(all) / 2) / 2 / variance.squareRoot()
    return Swift.min(1, 2 * normalDistribution(-abs(z)))
}

/// Holm's step-down adjustment (1979): the chance that any of the hypotheses rejected at a level is true stays below it.
/// - Returns: adjusted p in the order given; nil stays nil and counts for nothing.
func holmAdjusted(_ p: [Double?]) -> [Double?] {
    let order = p.indices.filter { p[$0] != nil }.sorted { p[$0]! < p[$1]! }
    var (adjusted, largest) = ([Double?](repeating: nil, count: p.count), 0.0)
    for (place, i) in order.enumerated() {
        largest = Swift.min(1, Swift.max(largest, Double(order.count - place) * p[i]!))
        adjusted[i] = largest
    }
    return adjusted
}
