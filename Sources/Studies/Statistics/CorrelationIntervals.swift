// Intervals of correlations by Fisher's z = artanh r, whose spread hardly depends on r. Pearson: 1/√(n − 3) (Fisher 1921), exact enough
// for normal pairs; from ten pairs on the wider of it and the bootstrap-t of z, which follows pairs of other shapes. Spearman:
// √((1 + ρ²/2)/(n − 3)) (Bonett and Wright 2000). Kendall: √(.437/(n − 4)) (Fieller, Hartley and Pearson 1957), or what the pairs' own
// concordances say where that is more, as with ties. Ranks that agree in full are taken for half a step short of it.

import Engine
import Foundation

extension Correlation {
    /// Below so many pairs there is no interval: Fisher's needs four; of fewer than six ranks most orders are extreme.
    private var smallest: Int { self == .pearson ? 4 : 6 }

    /// - Throws: `tooFew`, `perfect`, `degenerate`.
    func interval(_ pairs: Pairs, _ value: Double, _ bootstrap: Bootstrap) throws(Undefined) -> Interval {
        let n = Double(pairs.count)
        if pairs.count < smallest { throw .tooFew(count: pairs.count, needed: smallest) }
        let factor = normalQuantile((1 + bootstrap.level) / 2)
        var largest = 1.0
        var low = -factor
        var high = factor
        let error: Double
        switch self {
        case .pearson:
            if abs(value) > 1 - 1e-14 { throw .perfect }
            error = 1 / (n - 3).squareRoot()
            let once = [Int32](repeating: 1, count: pairs.count)
            let own = PairMoments(pairs, once).error(pairs, once)
            if (10...Bootstrap.largest).contains(pairs.count) {
                let z = atanh(value)
                if let found = bootstrap.quantiles(count: pairs.count, studentised: { counts in
                    let resampled = PairMoments(pairs, counts)
                    return abs(resampled.r) > 1 - 1e-12 ? .nan : (atanh(resampled.r) - z) / resampled.error(pairs, counts)
                }) {
                    low = Swift.min(low, found.low * own / error)
                    high = Swift.max(high, found.high * own / error)
                }
            } else if pairs.count > Bootstrap.largest, own > error {
                low *= own / error
                high *= own / error
            }
        case .spearman:
            largest = 1 - 6 / (n * (n * n - 1))
            let rho = Swift.min(abs(value), largest)
            error = ((1 + rho * rho / 2) / (n - 3)).squareRoot()
        case .kendall:
            largest = 1 - 2 / (n * (n - 1))
            let tau = Swift.min(abs(value), largest)
            error = Swift.max((0.437 / (n - 4)).squareRoot(), pairs.kendallError(value) / (1 - tau * tau))
        }
        let z = atanh(Swift.min(Swift.max(value, -largest), largest))
        let lower = value <= -largest ? -1 : tanh(z - high * error)
        let upper = value >= largest ? 1 : tanh(z - low * error)
        if lower.isNaN || upper.isNaN { throw .degenerate }
        return Interval(lower: lower, upper: upper, level: bootstrap.level, method: .fisher)
    }
}

/// Moments of pairs with multiplicities.
private struct PairMoments {
    let xMean: Double
    let yMean: Double
    let xSpread: Double
    let ySpread: Double
    let r: Double

    init(_ pairs: Pairs, _ counts: [Int32]) {
        let n = Double(pairs.count)
        var x = 0.0
        var y = 0.0
        for i in 0..<pairs.count {
            let w = Double(counts[i])
            x += w * pairs.x[i]
            y += w * pairs.y[i]
        }
        xMean = x / n
        yMean = y / n
        var xx = 0.0
        var yy = 0.0
        var xy = 0.0
        for i in 0..<pairs.count {
            let w = Double(counts[i])
            let dx = pairs.x[i] - xMean
            let dy = pairs.y[i] - yMean
            xx += w * dx * dx
            yy += w * dy * dy
            xy += w * dx * dy
        }
        xSpread = (xx / n).squareRoot()
        ySpread = (yy / n).squareRoot()
        r = xy / n / (xSpread * ySpread)
    }

    /// The standard error of artanh r from the influence of each pair, (a b − r (a² + b²)/2)/(1 − r²) with a and b standardised.
    func error(_ pairs: Pairs, _ counts: [Int32]) -> Double {
        var squares = 0.0
        for i in 0..<pairs.count {
            let w = Double(counts[i])
            let a = (pairs.x[i] - xMean) / xSpread
            let b = (pairs.y[i] - yMean) / ySpread
            let influence = a * b - r * (a * a + b * b) / 2
            squares += w * influence * influence
        }
        return squares.squareRoot() / Double(pairs.count) / (1 - r * r)
    }
}

extension Pairs {
    /// The standard error of τ-b from the influence of each pair on the shares of concordant pairs and of pairs not tied.
    func kendallError(_ tau: Double) -> Double {
        let n = Double(count)
        let (score, xUntied, yUntied) = concordances()
        let mean = score.reduce(0, +) / n
        let xMean = xUntied.reduce(0, +) / n
        let yMean = yUntied.reduce(0, +) / n
        let root = (xMean * yMean).squareRoot()
        var squares = 0.0
        for i in 0..<count {
            let ties = (xUntied[i] - xMean) / xMean + (yUntied[i] - yMean) / yMean
            let influence = (score[i] - mean) / root - tau / 2 * ties
            squares += influence * influence
        }
        return 2 * squares.squareRoot() / n
    }

    /// Of each point: the others concordant with it minus those discordant, and those not tied with it in x and in y.
    private func concordances() -> (score: [Double], xUntied: [Double], yUntied: [Double]) {
        var xWeight = [Int](repeating: 0, count: xLevels)
        var yWeight = [Int](repeating: 0, count: yLevels)
        for i in 0..<count {
            xWeight[xLevel[i]] += 1
            yWeight[yLevel[i]] += 1
        }
        var yBefore = [Int](repeating: 0, count: yLevels + 1)
        for level in 0..<yLevels { yBefore[level + 1] = yBefore[level] + yWeight[level] }
        var score = [Double](repeating: 0, count: count)
        var tree = FenwickTree(count: yLevels)
        var start = 0
        while start < count {
            if start & 0xFFF == 0, Interruption.isRequested { break }
            var end = start
            while end < count, xLevel[end] == xLevel[start] { end += 1 }
            let group = FenwickTree.Counts(yLevel[start..<end])
            for i in start..<end {
                let level = yLevel[i]
                // Lower in x, then higher in x: all that lie below or above in y but those before and beside.
                let below = tree.sum(below: level)
                let above = tree.total - tree.sum(below: level + 1)
                let besideBelow = group.below(level)
                let besideAbove = end - start - group.below(level + 1)
                let higherAbove = count - yBefore[level + 1] - above - besideAbove
                let higherBelow = yBefore[level] - below - besideBelow
                score[i] = Double(below - above + higherAbove - higherBelow)
            }
            for i in start..<end { tree.add(1, at: yLevel[i]) }
            start = end
        }
        return (score, (0..<count).map { Double(count - xWeight[xLevel[$0]]) }, (0..<count).map { Double(count - yWeight[yLevel[$0]]) })
    }
}

/// Counts at levels, with the sum below a level in logarithmic time (Fenwick 1994).
struct FenwickTree {
    private var tree: [Int]
    private(set) var total = 0

    init(count: Int) { tree = [Int](repeating: 0, count: count + 1) }

    func sum(below level: Int) -> Int {
        var i = level
        var sum = 0
        while i > 0 {
            sum += tree[i]
            i &= i - 1
        }
        return sum
    }

    mutating func add(_ weight: Int, at level: Int) {
        total += weight
        var i = level + 1
        while i < tree.count {
            tree[i] += weight
            i += i & -i
        }
    }

    /// Levels in ascending order.
    struct Counts {
        private let levels: ArraySlice<Int>
        init(_ levels: ArraySlice<Int>) { self.levels = levels }

        /// How many lie below `level`.
        func below(_ level: Int) -> Int {
            var low = levels.startIndex
            var high = levels.endIndex
            while low < high {
                let middle = (low + high) / 2
                if levels[middle] < level { low = middle + 1 } else { high = middle }
            }
            return low - levels.startIndex
        }
    }
}
