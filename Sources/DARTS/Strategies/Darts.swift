import Engine

/// DARTS: Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019. The mix of a row is
/// softmax(alpha). Rates and batch are options of the search; order 1 or 2 is too.
public struct Darts: RelaxingStrategy, Hashable {
    public init() {}
    public var name: String { "darts" }
    public func weights(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression { try alpha.softmax(1) }
}
