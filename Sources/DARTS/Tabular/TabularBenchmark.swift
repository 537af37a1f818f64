// A tabular benchmark: every architecture of a small space trained with several seeds, on one or more kinds of data. With it a search
// costs nothing but its own steps, and how good its find is — rank, percentile, regret — is exact up to the noise between seeds,
// which the table holds too. A seed of the table draws data and initial weights, as one trial of a study does.

import Datasets
import Engine

/// The scores of every architecture of a space.
public struct TabularBenchmark: Sendable {
    public enum Split: String, CaseIterable, Sendable { case validation, test }

    /// One kind of data: its name, what it says of itself, and PSNR in dB by split, seed and architecture; NaN where training failed.
    public struct Column: Sendable {
        public let name: String
        public let description: String
        public var scores: [Split: [[Double]]]
        /// The mean over the seeds that finished, by split and architecture; NaN where none did.
        fileprivate(set) var means: [Split: [Double]] = [:]
        /// Means in ascending order without NaN, for ranks.
        fileprivate var sorted: [Split: [Double]] = [:]
        public init(name: String, description: String, scores: [Split: [[Double]]]) { (self.name, self.description, self.scores) = (name, description, scores) }
    }

    public let space: Space
    public let seeds: [Int]
    /// How the architectures were trained, in one line.
    public let training: String
    public private(set) var columns: [Column]
    /// What else is known: version, processor, and so on.
    public let provenance: [(name: String, value: String)]
    /// In the order of `Space.all()`.
    public let architectures: [Architecture]
    private let places: [[String]: Int]

    /// - Throws: when a column has not a score for every split, seed and architecture.
    public init(space: Space, seeds: [Int], training: String, columns: [Column], provenance: [(name: String, value: String)]) throws {
        (self.space, self.seeds, self.training, self.provenance) = (space, seeds, training, provenance)
        let architectures = Array(space.all()), count = architectures.count
        self.architectures = architectures
        places = Dictionary(uniqueKeysWithValues: architectures.enumerated().map { ($1.chosen, $0) })
        guard !seeds.isEmpty, !columns.isEmpty else { throw EngineError("tabular: at least one seed and one kind of data expected") }
        self.columns = try columns.map { given in
            var column = given
            for split in Split.allCases {
                guard let scores = given.scores[split], scores.count == seeds.count, scores.allSatisfy({ $0.count == count }) else {
                    throw EngineError("tabular: '\(given.name)': \(split.rawValue) scores of \(seeds.count) seeds and \(count) architectures expected")
                }
                let means = architectures.indices.map { a in
                    let finished = scores.map { $0[a] }.filter { !$0.isNaN }
                    return finished.isEmpty ? Double.nan : finished.reduce(0, +) / Double(finished.count)
                }
                column.means[split] = means
                column.sorted[split] = means.filter { !$0.isNaN }.sorted()
            }
            return column
        }
    }

    /// The number of an architecture, from 0. Throws when it is none of this space.
    public func place(_ chosen: [String]) throws -> Int {
        if let place = places[chosen] { return place }
        // Says what is wrong with it.
        let architecture = try space.architecture(chosen)
        guard let place = places[architecture.chosen] else { throw EngineError("tabular: \(architecture) is not in the table") }
        return place
    }

    /// Throws when there is no data of that name; nil is the first.
    public func column(_ name: String?) throws -> Column {
        guard let name else { return columns[0] }
        guard let column = columns.first(where: { $0.name == name }) else {
            throw EngineError("tabular: no data '\(name)' (there are \(columns.map { "'\($0.name)'" }.joined(separator: ", ")))")
        }
        return column
    }

    /// Scores that are missing because a training failed, over data, splits and seeds.
    public var failures: Int { columns.reduce(0) { $0 + $1.scores.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count { $0.isNaN } } } } }
}

extension TabularBenchmark.Column {
    /// How an architecture stands among all, by its mean over seeds.
    public struct Standing: Sendable, Equatable {
        /// dB; NaN when no seed finished.
        public var mean: Double
        /// 1 is the best; equal means share the better rank. One that never finished is behind all.
        public var rank: Int
        /// Of how many.
        public var count: Int
        /// 100 (count − rank) / (count − 1): 100 is the best, 0 the worst.
        public var percentile: Double
        /// dB below the best mean; infinite when no seed finished.
        public var regret: Double
    }

    public func standing(_ place: Int, _ split: TabularBenchmark.Split) -> Standing {
        let means = means[split]!, sorted = sorted[split]!, mean = means[place]
        // The first above it.
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] <= mean { low = middle + 1 } else { high = middle }
        }
        let rank = mean.isNaN ? sorted.count + 1 : sorted.count - low + 1
        let best = sorted.last ?? .nan
        return Standing(mean: mean, rank: rank, count: means.count,
                        percentile: means.count < 2 ? 100 : 100 * Double(means.count - rank) / Double(means.count - 1), regret: mean.isNaN ? .infinity : best - mean)
    }

    /// Numbers of the best architectures, the best first; equal ones in the order of the space.
    public func best(_ count: Int, _ split: TabularBenchmark.Split) -> [Int] {
        let means = means[split]!
        return Array(means.indices.filter { !means[$0].isNaN }.sorted { (means[$0], $1) > (means[$1], $0) }.prefix(count))
    }
}

extension TabularBenchmark {
    /// Runs a strategy that trains candidates on the table: a candidate's fitness is its validation score with the table's seed number
    /// `seedIndex` (from 0), as it would be had it been trained.
    public func search(_ strategy: any CandidateStrategy, data: String?, seed: UInt64, seedIndex: Int) throws -> SearchResult {
        try strategy.check(space)
        let scores = try column(data).scores[.validation]![seedIndex]
        let candidates = Candidates(space, seed: seed, progress: nil) { architecture in
            let score = scores[places[architecture.chosen]!]
            return score.isNaN ? -.infinity : score
        }
        let architecture = try strategy.choose(candidates)
        return SearchResult(architecture: architecture, candidates: candidates.scores)
    }
}
