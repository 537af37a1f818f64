import Datasets
import Engine

/// Regularised evolution: Real, Aggarwal, Huang and Le, "Regularized Evolution for Image Classifier Architecture Search",
/// AAAI 2019. A population of random architectures; each cycle the best of a random sample has one change made, is
/// trained, and takes the place of the oldest; the best ever seen is chosen. Fitness is the validation PSNR after a short
/// training. Population 100 and sample 25 are the paper's; its 20000 models are not: 100 cycles, each model trained for 100 steps.
public struct Evolution: CandidateStrategy, Hashable {
    public let population: Int, sample: Int, cycles: Int
    public init(population: Int = 100, sample: Int = 25, cycles: Int = 100) { (self.population, self.sample, self.cycles) = (population, sample, cycles) }
    public var name: String { "evolution" }
    public var description: String { "evolution{population = \(population), sample = \(sample), cycles = \(cycles)}" }
    public var standardSteps: Int? { 100 }
    public func count(_ space: Space) -> Int { population + cycles }

    public func choose(_ candidates: Candidates) throws -> Architecture {
        let space = candidates.space
        guard sample <= population else { throw EngineError("sample: at most the population of \(population) expected, got \(sample)") }
        typealias Member = (architecture: Architecture, fitness: Double)
        // Oldest first.
        var living: [Member] = []
        for i in 0..<population {
            let architecture = space.random(seed: candidates.seed, index: UInt64(i))
            living.append((architecture, try candidates.fitness(architecture)))
        }
        for cycle in 0..<cycles {
            let draws = IndexDraws(seed: derivedSeed(candidates.seed, .evolution, UInt64(2 * cycle)))
            let tournament = (0..<sample).map { living[draws.below(living.count, at: $0)] }
            let parent = tournament.dropFirst().reduce(tournament[0]) { $1.fitness > $0.fitness ? $1 : $0 }
            let child = space.neighbour(of: parent.architecture, seed: derivedSeed(candidates.seed, .evolution, UInt64(2 * cycle + 1)))
            living.append((child, try candidates.fitness(child)))
            living.removeFirst()
        }
        return candidates.best!
    }
}
