import Datasets
import Engine

/// Local search: White, Nolen and Savani, "Exploring the Loss Landscape in Neural Architecture Search", UAI 2021. From a random
/// architecture to the best of all that differ from it in one choice, until none is better; then from another random one, until
/// `evaluations` architectures have been trained. The best seen is chosen.
public struct LocalSearch: CandidateStrategy, Hashable {
    public let evaluations: Int
    public init(evaluations: Int = 200) { self.evaluations = evaluations }
    public var name: String { "local_search" }
    public var description: String { "local_search{evaluations = \(evaluations)}" }
    public var standardSteps: Int? { 100 }
    public func count(_ space: Space) -> Int { Int(min(Double(evaluations), space.size)) }

    public func choose(_ candidates: Candidates) throws -> Architecture {
        let space = candidates.space
        let limit = count(space)
        for start in 0... as PartialRangeFrom<UInt64> {
            var centre = space.random(seed: candidates.seed, index: start)
            var fitness = try candidates.fitness(centre)
            climb: while candidates.scores.count < limit {
                var best = (architecture: centre, fitness: fitness)
                for neighbour in space.neighbours(of: centre) {
                    let found = try candidates.fitness(neighbour)
                    if found > best.fitness { best = (neighbour, found) }
                    if candidates.scores.count >= limit { break climb }
                }
                guard best.architecture != centre else { break }
                (centre, fitness) = best
            }
            // In a small space random starts may repeat for ever without reaching its last architectures.
            if candidates.scores.count >= limit || Double(start) >= 10 * space.size { break }
        }
        return candidates.best!
    }
}
