// How often an interval that is called 95 % holds the truth, found by drawing samples from known populations. The committed outcome is
// examples/coverage.txt; scripts/coverage makes it anew, and a smaller run is a test.

import Foundation

/// The coverage of every interval that a study reports.
public struct CoverageSimulation {
    /// One statistic with one population at one number of scores.
    public struct Cell {
        public var hits = 0
        /// Samples that have an interval.
        public var intervals = 0
        public var samples = 0
        /// The share of the intervals that hold the truth; nil where there is none, or hardly any (a twentieth of the samples).
        public var coverage: Double? { 20 * intervals > samples ? Double(hits) / Double(intervals) : nil }

        mutating func add(_ estimate: Estimate?, _ truth: Double) {
            samples += 1
            guard let interval = estimate?.interval else { return }
            intervals += 1
            // The truth is known to so many digits.
            let slack = 1e-9 * Swift.max(1, abs(truth))
            if interval.lower <= truth + slack, truth - slack <= interval.upper { hits += 1 }
        }
    }

    /// What is simulated, in the order of the table.
    public static let names = ["mean", "median", "interquartile mean", "std", "lower quartile", "upper quartile", "best of 2 (5)",
                               "paired mean", "paired median", "Pearson", "Spearman", "Kendall", "variance: data", "variance: search",
                               "variance: retrain"]
    /// Of the share of failures with a chance of 0.05 and 0.5.
    public static let shares = [0.05, 0.5]

    public let samples: Int
    public let counts: [Int]
    let seed: UInt64
    /// The correlation of the normal numbers behind pairs.
    static let correlation = 0.5

    public init(samples: Int, counts: [Int] = [3, 4, 6, 10, 20, 100], seed: UInt64 = 1) {
        self.samples = samples
        self.counts = counts
        self.seed = seed
    }

    /// The cells of a population at n scores, by name.
    public func cells(_ population: CoveragePopulation, _ n: Int) -> [String: Cell] {
        var cells = Dictionary(uniqueKeysWithValues: CoverageSimulation.names.map { ($0, Cell()) })
        func add(_ name: String, _ estimate: Estimate?, _ truth: Double) { cells[name]!.add(estimate, truth) }
        let named: [(name: String, statistic: Statistic)] = [
            ("mean", .mean), ("median", .median), ("interquartile mean", .interquartileMean), ("std", .std),
            ("lower quartile", .lowerQuartile), ("upper quartile", .upperQuartile),
        ]
        let statistics = named.map { (name: $0.name, statistic: $0.statistic, truth: population.truth($0.statistic)!) }
        let k = n < 25 ? 2 : 5
        let best = population.truth(bestOf: k)
        let correlations = CoverageSimulation.correlations(population)
        let center = population.truth(.mean)!
        let std = population.truth(.std)!
        var draws = CoverageDraws(seed: seed &+ UInt64(n) &* 0x1_0000_0000)
        for _ in 0..<samples {
            let pairs = (0..<n).map { _ in draws.pair(population, CoverageSimulation.correlation) }
            let x = pairs.map(\.0)
            let y = pairs.map(\.1)
            let summary = Summary(x, intervals: Set(named.map(\.statistic)))
            for (name, statistic, truth) in statistics { add(name, summary[statistic], truth) }
            add("best of 2 (5)", BestOf.curve(selecting: x, reporting: x, upTo: k, bootstrap: Bootstrap(), only: [k]).last, best)
            for (name, estimate) in Correlation.estimates(x, y) { add(name.title, estimate, correlations[name]!) }
            let a = Dictionary(uniqueKeysWithValues: x.enumerated().map { ($0, $1) })
            let b = Dictionary(uniqueKeysWithValues: (0..<n).map { ($0, draws.score(population)) })
            let paired = PairedComparison(a, b)
            add("paired mean", paired.meanDifference, 0)
            add("paired median", paired.medianDifference, 0)
            // Three searches on each of n data seeds, two retrainings of each; effects of variance 1.
            func effect() -> Double { (draws.score(population) - center) / std }
            var trials: [VarianceComponents.Observation] = []
            for d in 0..<n {
                let ofData = effect()
                for s in 0..<3 {
                    let ofSearch = ofData + effect()
                    for _ in 0..<2 { trials.append(.init(data: d, search: 3 * d + s, score: ofSearch + effect())) }
                }
            }
            let components = VarianceComponents(trials)
            for source in VarianceComponents.Source.allCases { add("variance: \(source.rawValue)", components.variance[source], 1) }
        }
        return cells
    }

    /// The coverage of a share whose chance is p, summed over all counts.
    public static func coverage(ofShare p: Double, _ n: Int) -> Double {
        (0...n).reduce(0) { sum, hits in
            guard shareEstimate(hits, of: n).interval!.contains(p) else { return sum }
            return sum + binomialDistribution(hits, of: n, p) - binomialDistribution(hits - 1, of: n, p)
        }
    }

    /// The coefficients of a whole population, from many of its pairs.
    private static func correlations(_ population: CoveragePopulation) -> [Correlation: Double] {
        var draws = CoverageDraws(seed: 77)
        let pairs = (0..<400_000).map { _ in draws.pair(population, correlation) }
        let x = pairs.map(\.0)
        let y = pairs.map(\.1)
        return Dictionary(uniqueKeysWithValues: Correlation.allCases.map { ($0, (try? $0.of(x, y)) ?? .nan) })
    }
}

/// The numbers of a simulation, in order.
private struct CoverageDraws {
    private let stream: ResamplingStream
    private var counter: UInt64 = 0

    init(seed: UInt64) { stream = ResamplingStream(seed: seed) }

    private mutating func uniform() -> Double {
        counter += 1
        return (Double(stream.word(counter) >> 11) + 0.5) * 0x1p-53
    }

    mutating func score(_ population: CoveragePopulation) -> Double { population.score(normalQuantile(uniform()), uniform()) }

    /// Two scores whose normal numbers have a correlation, and which die apart.
    mutating func pair(_ population: CoveragePopulation, _ correlation: Double) -> (Double, Double) {
        let x = normalQuantile(uniform())
        let y = correlation * x + (1 - correlation * correlation).squareRoot() * normalQuantile(uniform())
        return (population.score(x, uniform()), population.score(y, uniform()))
    }
}
