// Signed correlation of pairs: Pearson's r, Spearman's ρ (Pearson's r of average ranks) and Kendall's τ-b.

/// A coefficient of correlation in −1...1.
public enum Correlation: String, CaseIterable, Sendable {
    /// Linear: r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²). Needs finite scores.
    case pearson
    /// Monotone: Pearson's r of the ranks, equal scores sharing their average rank. Infinite scores are ranked.
    case spearman
    /// (concordant − discordant) / √((pairs not tied in x)(pairs not tied in y)). Infinite scores are ranked.
    case kendall

    /// The coefficient of the pairs (xs[i], ys[i]).
    /// - Throws: `tooFew` below three pairs, `constant` when a side does not vary, `infinite` for Pearson, `notANumber`.
    public func of(_ xs: [Double], _ ys: [Double]) throws(Undefined) -> Double {
        let pairs = try Pairs(xs, ys)
        let value = value(pairs, [Int32](repeating: 1, count: pairs.count))
        if value.isNaN { throw .infinite }
        return value
    }

    /// The coefficient with its interval, or the reasons why there is none.
    /// - Parameter groups: of each pair, where those of one group are not independent: there is then no interval.
    public func estimate(_ xs: [Double], _ ys: [Double], groups: [Int]? = nil, bootstrap: Bootstrap = Bootstrap()) -> Estimate {
        do { return estimate(try Pairs(xs, ys), groups: groups, bootstrap: bootstrap) } catch { return Estimate(undefined: error) }
    }

    /// "Pearson"
    public var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    /// All of them, of pairs that are ranked once.
    public static func estimates(_ xs: [Double], _ ys: [Double], groups: [Int]? = nil, bootstrap: Bootstrap = Bootstrap()) -> [Correlation: Estimate] {
        do {
            let pairs = try Pairs(xs, ys)
            return Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.estimate(pairs, groups: groups, bootstrap: bootstrap)) })
        } catch {
            return Dictionary(uniqueKeysWithValues: allCases.map { ($0, Estimate(undefined: error)) })
        }
    }

    func estimate(_ pairs: Pairs, groups: [Int]? = nil, bootstrap: Bootstrap) -> Estimate {
        let value = value(pairs, [Int32](repeating: 1, count: pairs.count))
        if value.isNaN { return Estimate(undefined: .infinite) }
        if let groups { return Estimate(value, interval: .failure(.sharedData(dataSets: Set(groups).count))) }
        return Estimate(value) { () throws(Undefined) in try interval(pairs, value, bootstrap) }
    }

    /// The coefficient under multiplicities; NaN where it does not exist.
    func value(_ pairs: Pairs, _ counts: [Int32]) -> Double {
        switch self {
        case .pearson:
            return pairs.pearson(counts)
        case .spearman:
            let xRank = pairs.averageRanks(pairs.xLevel, pairs.xLevels, counts)
            let yRank = pairs.averageRanks(pairs.yLevel, pairs.yLevels, counts)
            return weightedPearson(counts, { xRank[pairs.xLevel[$0]] }, { yRank[pairs.yLevel[$0]] })
        case .kendall:
            return pairs.kendall(counts)
        }
    }
}

extension Pairs {
    func pearson(_ counts: [Int32]) -> Double { weightedPearson(counts, { x[$0] }, { y[$0] }) }
}

/// Pearson's r of (x(i), y(i)) with multiplicities, in two passes; NaN when a side does not vary or is infinite.
@inline(__always)
private func weightedPearson(_ counts: [Int32], _ x: (Int) -> Double, _ y: (Int) -> Double) -> Double {
    var (xSum, ySum, n) = (CompensatedSum(), CompensatedSum(), 0.0)
    for i in 0..<counts.count where counts[i] > 0 {
        let w = Double(counts[i])
        xSum.add(w * x(i))
        ySum.add(w * y(i))
        n += w
    }
    let (xMean, yMean) = (xSum.total / n, ySum.total / n)
    var (xx, yy, xy) = (CompensatedSum(), CompensatedSum(), CompensatedSum())
    var (xVaries, yVaries, first) = (false, false, -1)
    for i in 0..<counts.count where counts[i] > 0 {
        if first < 0 { first = i }
        xVaries = xVaries || x(i) != x(first)
        yVaries = yVaries || y(i) != y(first)
        let (w, dx, dy) = (Double(counts[i]), x(i) - xMean, y(i) - yMean)
        xx.add(w * dx * dx)
        yy.add(w * dy * dy)
        xy.add(w * dx * dy)
    }
    guard xVaries, yVaries else { return .nan }
    // One root of the product keeps a perfect correlation exactly 1; two where the product would overflow or vanish.
    let product = xx.total * yy.total
    let r = xy.total / (product.isNormal ? product.squareRoot() : xx.total.squareRoot() * yy.total.squareRoot())
    return r.isNaN ? .nan : Swift.min(Swift.max(r, -1), 1)
}
