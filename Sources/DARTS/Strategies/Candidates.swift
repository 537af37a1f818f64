import Datasets

/// Candidates of a search that trains them one by one: their fitness, computed once for each, and the best so far.
public final class Candidates {
    public let space: Space
    public let seed: UInt64
    /// In the order they were asked for, equal ones once: validation PSNR in dB after training.
    public private(set) var scores: [(architecture: Architecture, score: Double)] = []
    private var known: [Architecture: Double] = [:]
    private let train: (Architecture) throws -> Double
    private let progress: ((Int) -> Void)?
    private var asked = 0

    init(_ space: Space, seed: UInt64, progress: ((Int) -> Void)?, train: @escaping (Architecture) throws -> Double) {
        (self.space, self.seed, self.progress, self.train) = (space, seed, progress, train)
    }

    /// A candidate whose training leaves the numbers has the lowest.
    public func fitness(_ architecture: Architecture) throws -> Double {
        defer { asked += 1 }
        progress?(asked)
        if let score = known[architecture] { return score }
        var score = -Double.infinity
        do { score = try train(architecture) } catch is DivergenceError {}
        known[architecture] = score
        scores.append((architecture, score))
        return score
    }

    /// The first of the largest fitness.
    public var best: Architecture? { scores.dropFirst().reduce(scores.first) { $1.score > $0!.score ? $1 : $0 }?.architecture }
}
