// Tests of independence by a correlation, two-sided, as SciPy has them but for ranks of fewer than ten pairs: there all orders of one
// side are tried, with whatever ties there are, so that p is exact and no smaller than n pairs can give.

import Engine
import Foundation

extension Correlation {
    /// Below so many pairs all orders are tried: 9! is 362880.
    static let permuted = 10

    /// Two-sided p of independence, or why there is none.
    ///
    /// Pearson: Student's t with n − 2 degrees of freedom, exact for normal pairs. Spearman from ten pairs on: the same of ρ. Kendall from
    /// ten on: the exact distribution of concordances up to 33 pairs without ties (Kendall 1938), else the normal approximation with
    /// the variance corrected for ties.
    public func pValue(_ xs: [Double], _ ys: [Double]) -> Estimate {
        Estimate { () throws(Undefined) in try p(try Pairs(xs, ys)) }
    }

    private func p(_ pairs: Pairs) throws(Undefined) -> Double {
        let n = pairs.count
        let once = [Int32](repeating: 1, count: n)
        let value = value(pairs, once)
        if value.isNaN { throw .infinite }
        if self != .pearson, n < Correlation.permuted { return pairs.permutationP(self) }
        if self == .kendall { return pairs.kendallP() }
        let degrees = Double(n - 2)
        if abs(value) == 1 { return 0 }
        return studentTwoSided(abs(value) * (degrees / ((1 - value) * (1 + value))).squareRoot(), degrees: degrees)
    }
}

extension Pairs {
    /// The share of all orders of y whose coefficient is as far from 0 as that of the pairs. Both coefficients are a sum over pairs of
    /// whole numbers, which the order decides, over a constant.
    fileprivate func permutationP(_ correlation: Correlation) -> Double {
        let n = count
        let once = [Int32](repeating: 1, count: n)
        // Ranks twice and centred are whole: twice the average rank minus n + 1.
        let xRank = averageRanks(xLevel, xLevels, once).map { Int(2 * $0) - n - 1 }
        let yRank = averageRanks(yLevel, yLevels, once).map { Int(2 * $0) - n - 1 }
        let x = xLevel.map { xRank[$0] }
        let y = yLevel.map { yRank[$0] }
        let isKendall = correlation == .kendall
        func term(_ place: Int, _ value: Int, _ order: [Int]) -> Int {
            if !isKendall { return x[place] * value }
            var sum = 0
            for j in 0..<place { sum += (x[place] - x[j]).signum() * (value - order[j]).signum() }
            return sum
        }
        var observed = 0
        for i in 0..<n { observed += term(i, y[i], y) }
        var order = [Int](repeating: 0, count: n)
        var extreme = 0
        var all = 0
        func place(_ i: Int, _ used: Int, _ sum: Int) {
            if i == n {
                all += 1
                if abs(sum) >= abs(observed) { extreme += 1 }
                return
            }
            for j in 0..<n where used >> j & 1 == 0 {
                order[i] = y[j]
                place(i + 1, used | 1 << j, sum + term(i, y[j], order))
            }
        }
        place(0, 0, 0)
        return Double(extreme) / Double(all)
    }

    /// Of ten pairs and more.
    fileprivate func kendallP() -> Double {
        let n = count
        let hasTies = xLevels < n || yLevels < n
        let all = n * (n - 1) / 2
        let once = [Int32](repeating: 1, count: n)
        let score = concordance(once)
        if !hasTies, n <= 33 || (all - abs(score)) / 2 <= 1 {
            // share[d]: of the orders of k with d discordant pairs, k from 1 to n.
            let fewer = (all - abs(score)) / 2
            var share = [Double](repeating: 0, count: fewer + 1)
            share[0] = 1
            for k in 2...n {
                var window = 0.0
                var next = share
                for d in 0...fewer {
                    window += share[d]
                    if d >= k { window -= share[d - k] }
                    next[d] = window / Double(k)
                }
                share = next
            }
            return score == 0 ? 1 : Swift.min(1, 2 * share.reduce(0, +))
        }
        func ties(_ level: [Int], _ levels: Int) -> (pairs: Double, triples: Double, weighted: Double) {
            var weight = [Double](repeating: 0, count: levels)
            for l in level { weight[l] += 1 }
            return weight.reduce((0, 0, 0)) { sum, t in
                (sum.0 + t * (t - 1) / 2, sum.1 + t * (t - 1) * (t - 2), sum.2 + t * (t - 1) * (2 * t + 5))
            }
        }
        let x = ties(xLevel, xLevels)
        let y = ties(yLevel, yLevels)
        let m = Double(n) * Double(n - 1)
        var variance = (m * Double(2 * n + 5) - x.weighted - y.weighted) / 18
        variance += 2 * x.pairs * y.pairs / m + x.triples * y.triples / (9 * m * Double(n - 2))
        return Swift.min(1, 2 * normalDistribution(-abs(Double(score)) / variance.squareRoot()))
    }
}
