// Where the spread of a method's scores comes from: the data drawn, the search run on them, the retraining of what it found. Nested
// random effects y = μ + dataᵢ + searchᵢⱼ + retrainᵢⱼₖ; variances by the analysis of variance for unequal group sizes (Searle, Casella
// and McCulloch 1992, chapter 3). Intervals of the components are those of normal effects in a balanced design: χ² of the mean square for
// the retraining's, and for a difference of two mean squares the modified large-sample bounds of Ting, Burdick, Graybill, Jeyaratnam and
// Lu (1990), which keep their level also where a component is near zero.

import Foundation

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
    ///   - level: of the intervals.
    public init(_ observations: [Observation], hasSearch: Bool = true, level: Double = 0.95) {
        let groups = Groups(observations, hasSearch: hasSearch)
        self.observations = observations.count
        dataSeeds = groups.data.count
        searches = groups.data.reduce(0) { $0 + $1.count }
        let sources: [Source] = hasSearch ? Source.allCases : [.data, .retrain]
        var variance: [Source: Estimate] = [:]
        var share: [Source: Estimate] = [:]
        let components = groups.components()
        // The bounds are those of normal effects, and far from it where some scores lie far out.
        let isHeavy = kurtosis(observations.map(\.score)) > Sample.largestKurtosis
        let sum = components.reduce(0) { $0 + Swift.max($1, 0) }
        for (i, source) in sources.enumerated() {
            if let reason = groups.reason(observations, source: source, hasSearch: hasSearch) {
                variance[source] = Estimate(undefined: reason)
                share[source] = Estimate(undefined: reason)
                continue
            }
            guard !components[i].isNaN else {
                variance[source] = Estimate(undefined: .constant)
                share[source] = Estimate(undefined: .constant)
                continue
            }
            variance[source] = Estimate(components[i], interval: isHeavy ? .failure(.heavyTails) : groups.interval(of: i, level: level))
            share[source] = sum > 0
                ? Estimate(Swift.max(components[i], 0) / sum, interval: .failure(.share)) : Estimate(undefined: .constant)
        }
        self.variance = variance
        self.share = share
    }

    public static func == (a: VarianceComponents, b: VarianceComponents) -> Bool { a.variance == b.variance && a.share == b.share }
}

/// n Σ (x − x̄)⁴ / (Σ (x − x̄)²)²; 3 for the normal distribution.
private func kurtosis(_ scores: [Double]) -> Double {
    let n = Double(scores.count)
    let center = scores.reduce(0) { $0 + $1 / n }
    var squares = 0.0
    var fourths = 0.0
    for score in scores {
        let square = (score - center) * (score - center)
        squares += square
        fourths += square * square
    }
    return n * fourths / (squares * squares)
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

    /// The components in the order data, search (where there is one), retrain; NaN where a source does not vary.
    func components() -> [Double] {
        var (n, groups, cells) = (0.0, 0.0, 0.0)
        // Σ n_i², Σ_ij n_ij² and Σ_i (Σ_j n_ij²) / n_i of the coefficients.
        var (groupSquares, cellSquares, cellShares) = (0.0, 0.0, 0.0)
        var (sum, within, between) = (0.0, 0.0, 0.0)
        var means: [(size: Double, mean: Double)] = []
        means.reserveCapacity(data.count)
        for group in data {
            let size = group.reduce(0) { $0 + $1.count }
            let mean = group.reduce(0) { $0 + $1.count * $1.mean } / size
            let squares = group.reduce(0) { $0 + $1.count * $1.count }
            n += size
            groups += 1
            cells += Double(group.count)
            groupSquares += size * size
            cellSquares += squares
            cellShares += squares / size
            sum += size * mean
            within += group.reduce(0) { $0 + $1.within }
            between += group.reduce(0) { $0 + $1.count * ($1.mean - mean) * ($1.mean - mean) }
            means.append((size, mean))
        }
        let centre = sum / n
        let top = means.reduce(0) { $0 + $1.size * ($1.mean - centre) * ($1.mean - centre) }
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

    /// The interval of component `i` of a balanced design.
    func interval(of i: Int, level: Double) -> Result<Interval, Undefined> {
        let first = data[0]
        let isBalanced = data.allSatisfy { $0.count == first.count && $0.allSatisfy { $0.count == first[0].count } }
        if !isBalanced { return .failure(.unbalanced) }
        if data.count < 3 { return .failure(.tooFewGroups("data seed", count: data.count, needed: 3)) }
        let d = Double(data.count)
        let s = Double(first.count)
        let r = first[0].count
        // Mean squares, their degrees of freedom, and what a component is multiplied by in its own.
        let components = components()
        var squares: [MeanSquare] = []
        let retraining = components[components.count - 1]
        if hasSearch {
            let search = retraining + r * components[1]
            squares = [MeanSquare(value: search + s * r * components[0], degrees: d - 1, times: s * r),
                       MeanSquare(value: search, degrees: d * (s - 1), times: r)]
        } else {
            squares = [MeanSquare(value: retraining + r * components[0], degrees: d - 1, times: r)]
        }
        squares.append(MeanSquare(value: retraining, degrees: d * s * (r - 1), times: 1))
        if squares.allSatisfy({ $0.value == 0 }) { return .failure(.constant) }
        let tail = (1 - level) / 2
        let bounds = i == squares.count - 1 ? squares[i].bounds(tail) : MeanSquare.difference(squares[i], squares[i + 1], tail)
        return .success(Interval(lower: bounds.lower, upper: bounds.upper, level: level, method: .meanSquares))
    }
}

private struct MeanSquare {
    var value: Double
    var degrees: Double
    var times: Double

    private func below(_ tail: Double) -> Double { 1 - degrees / chiSquaredQuantile(1 - tail, degrees: degrees) }
    private func above(_ tail: Double) -> Double { degrees / chiSquaredQuantile(tail, degrees: degrees) - 1 }

    func bounds(_ tail: Double) -> (lower: Double, upper: Double) { (value * (1 - below(tail)), value * (1 + above(tail))) }

    /// Of (a − b) over what a's component is multiplied by.
    static func difference(_ a: MeanSquare, _ b: MeanSquare, _ tail: Double) -> (lower: Double, upper: Double) {
        let point = a.value - b.value
        let g = (a.below(tail), b.below(tail))
        let h = (a.above(tail), b.above(tail))
        let high = fQuantile(1 - tail, a.degrees, b.degrees)
        let low = fQuantile(tail, a.degrees, b.degrees)
        func square(_ x: Double) -> Double { x * x }
        let downCross = (square(high - 1) - square(g.0 * high) - square(h.1)) / high
        let upCross = (square(1 - low) - square(h.0 * low) - square(g.1)) / low
        let product = a.value * b.value
        let down = square(g.0 * a.value) + square(h.1 * b.value) + downCross * product
        let up = square(h.0 * a.value) + square(g.1 * b.value) + upCross * product
        return ((point - Swift.max(down, 0).squareRoot()) / a.times, (point + Swift.max(up, 0).squareRoot()) / a.times)
    }
}
