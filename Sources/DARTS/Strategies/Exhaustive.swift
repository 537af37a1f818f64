import Engine

/// Every architecture of a small space, each trained; the best on the validation set is chosen. What no search can beat.
public struct Exhaustive: CandidateStrategy, Hashable {
    public let limit: Int
    public init(limit: Int = 1000) { self.limit = limit }
    public var name: String { "exhaustive" }
    public var description: String { "exhaustive" }
    public func count(_ space: Space) -> Int { Int(space.size) }
    public func check(_ space: Space) throws {
        guard space.size <= Double(limit) else {
            let size = space.size < 1e15 ? "\(Int(space.size))" : "\(space.size)"
            throw EngineError("search: strategy 'exhaustive' trains every architecture: a space of at most \(limit) expected (limit = raises that), got one of \(size)")
        }
    }
    public func choose(_ candidates: Candidates) throws -> Architecture {
        for architecture in candidates.space.all() { _ = try candidates.fitness(architecture) }
        return candidates.best!
    }
}
