// Where the spread of a method's scores comes from: the data drawn, the search run on them, the retraining of what it found. Nested
// random effects y = μ + dataᵢ + searchᵢⱼ + retrainᵢⱼₖ; variances by the analysis of variance for unequal group sizes (Searle, Casella
// and McCulloch 1992, chapter 3). Data seeds are independent, so intervals resample them, each with all its trials.

/// The variance components of scores whose seeds are nested: several retrainings of a search, several searches on a data set.
public struct VarianceComponents: Equatable, Sendable {
    public enum Source: String, CaseIterable, Sendable { case data, search, retrain }

    /// A score with the groups it belongs to.
    public struct Observation: Sendable {
        public var data: Int
        public var search: Int
        public var score: Double
        public init(data: Int, search: Int, score: Double) { (self.data, self.search, self.score) = (data, search, score) }
    }

    public let observations: Int
    public let dataSeeds: Int
    public let searches: Int
    /// In the square of the scores' unit. An estimate may be below zero; that says it cannot be told from zero.
    public let variance: [Source: Estimate]
    /// Of the sum of the variances, those below zero taken as zero; 0...1.
    public let share: [Source: Estimate]

    /// - Parameters:
    ///   - hasSearch: false for a method without a search: all trials of a data seed then differ by their retraining alone.
    ///   - bootstrap: of the intervals, over data seeds.
    public init(_ observations: [Observation], hasSearch: Bool = true, bootstrap: Bootstrap = Bootstrap()) {
        let groups = Groups(observations, hasSearch: hasSearch)
        (self.observations, dataSeeds, searches) = (observations.count, groups.data.count, groups.data.reduce(0) { $0 + $1.count })
        let sources: [Source] = hasSearch ? Source.allCases : [.data, .retrain]
        let ones = [Int32](repeating: 1, count: groups.data.count)
        var (variance, share) = ([Source: Estimate](), [Source: Estimate]())
        let whole = groups.components(ones)
        for (i, source) in sources.enumerated() {
            if let reason = groups.reason(observations, source: source, hasSearch: hasSearch) {
                (variance[source], share[source]) = (Estimate(undefined: reason), Estimate(undefined: reason))
                continue
            }
            func estimate(_ value: @escaping ([Double]) -> Double) -> Estimate {
                let point = value(whole)
                if point.isNaN { return Estimate(undefined: .constant) }
                return Estimate(point, interval: bootstrap.interval(count: groups.data.count, needed: 4, estimate: point) { value(groups.components($0)) })
            }
            variance[source] = estimate { $0[i] }
            share[source] = estimate { components in
                let sum = components.reduce(0) { $0 + Swift.max($1, 0) }
                return sum > 0 ? Swift.max(components[i], 0) / sum : .nan
            }
        }
        (self.variance, self.share) = (variance, share)
    }

    public static func == (a: VarianceComponents, b: VarianceComponents) -> Bool { a.variance == b.variance && a.share == b.share }
}

/// Scores by data seed and search.
private struct Groups {
    /// A search: how many retrainings, their mean, their squared deviations from it.
    struct Cell { var count: Double, mean: Double, within: Double }
    let data: [[Cell]]
    let hasSearch: Bool

    init(_ observations: [VarianceComponents.Observation], hasSearch: Bool) {
        self.hasSearch = hasSearch
        var scores: [Int: [Int: [Double]]] = [:]
        for o in observations { scores[o.data, default: [:]][hasSearch ? o.search : 0, default: []].append(o.score) }
        data = scores.keys.sorted().map { d in
            scores[d]!.keys.sorted().map { s in
                let values = scores[d]![s]!
                let mean = values.reduce(0, +) / Double(values.count)
                return Cell(count: Double(values.count), mean: mean, within: values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
            }
        }
    }

    /// Why the component of a source cannot be estimated.
    func reason(_ observations: [VarianceComponents.Observation], source: VarianceComponents.Source, hasSearch: Bool) -> Undefined? {
        if observations.isEmpty { return .noScores }
        let undefined = observations.count { $0.score.isNaN }
        if undefined > 0 { return .notANumber(count: undefined) }
        if observations.contains(where: \.score.isInfinite) { return .infinite }
        if data.count < 2 { return .notRepeated("the data seed") }
        if hasSearch, data.allSatisfy({ $0.count < 2 }) { return .notRepeated("the search seed of one data seed") }
        if data.allSatisfy({ $0.allSatisfy { $0.count < 2 } }) { return .notRepeated("the retraining seed of one \(hasSearch ? "search" : "data seed")") }
        return nil
    }

    /// The components in the order data, search (where there is one), retrain, with multiplicities of the data seeds;
    /// NaN where a source does not vary.
    func components(_ counts: [Int32]) -> [Double] {
        var (n, groups, cells) = (0.0, 0.0, 0.0)
        // Σ n_i², Σ_ij n_ij² and Σ_i (Σ_j n_ij²) / n_i of the coefficients.
        var (groupSquares, cellSquares, cellShares) = (0.0, 0.0, 0.0)
        var (sum, within, between) = (0.0, 0.0, 0.0)
        var means: [(weight: Double, size: Double, mean: Double)] = []
        means.reserveCapacity(data.count)
        for (i, group) in data.enumerated() where counts[i] > 0 {
            let w = Double(counts[i])
            let size = group.reduce(0) { $0 + $1.count }
            let mean = group.reduce(0) { $0 + $1.count * $1.mean } / size
            let squares = group.reduce(0) { $0 + $1.count * $1.count }
            n += w * size
            groups += w
            cells += w * Double(group.count)
            groupSquares += w * size * size
            cellSquares += w * squares
            cellShares += w * squares / size
            sum += w * size * mean
            within += w * group.reduce(0) { $0 + $1.within }
            between += w * group.reduce(0) { $0 + $1.count * ($1.mean - mean) * ($1.mean - mean) }
            means.append((w, size, mean))
        }
        let centre = sum / n
        let top = means.reduce(0) { $0 + $1.weight * $1.size * ($1.mean - centre) * ($1.mean - centre) }
        let (ofData, ofRetraining) = (top / (groups - 1), within / (n - cells))
        let k3 = (n - groupSquares / n) / (groups - 1)
        guard groups > 1, n > cells else { return [.nan, .nan, .nan] }
        guard hasSearch else { return [(ofData - ofRetraining) / k3, ofRetraining] }
        guard cells > groups else { return [.nan, .nan, .nan] }
        let k1 = (n - cellShares) / (cells - groups)
        let k2 = (cellShares - cellSquares / n) / (groups - 1)
        let ofSearch = (between / (cells - groups) - ofRetraining) / k1
        return [(ofData - ofRetraining - k2 * ofSearch) / k3, ofSearch, ofRetraining]
    }
}
