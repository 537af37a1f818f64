/// A uniformly random architecture: what a search has to beat (Li and Talwalkar 2019; Yu et al. 2020). Nothing is trained.
public struct RandomChoice: CandidateStrategy, Hashable {
    public init() {}
    public var name: String { "random" }
    public func count(_ space: Space) -> Int { 0 }
    public func choose(_ candidates: Candidates) -> Architecture { candidates.space.random(seed: candidates.seed) }
}
