import Engine

/// PC-DARTS: Xu et al., "PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture Search", ICLR 2020. Of
/// every edge's input a share 1/K goes through the mix and the rest passes by: S f(x) + (1 - S) x, its equation 1.
///
/// Signals here have one channel, so S chooses signals of the batch instead of channels (a partial batch), anew for every
/// edge and step, in scores of the relaxed network too. K = 4, and alpha rests for the first 30 % of the steps (15 of 50
/// epochs), as in the reference implementation. Its edge normalisation is 1 where a node has one edge, and is left out.
public struct Pc: RelaxingStrategy, Hashable {
    public let partial: Int
    public init(partial: Int = 4) { self.partial = partial }
    public var name: String { "pc" }
    public var description: String { "pc{partial = \(partial)}" }
    public func standardWarmup(steps: Int) -> Int { steps * 3 / 10 }
    public func weights(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression { try alpha.softmax(1) }

    public func join(_ mixed: Expression, _ x: Expression, _ context: RelaxationContext) throws -> Expression {
        guard partial > 1 else { return mixed }
        let draws = try x.graph.uniform([x.shape[0]] + x.shape.dropFirst().map { _ in 1 }, x.dtype)
        let chosen = draws.compare(.less, x.graph.constant(1 / Double(partial), x.dtype))
        return x + chosen * (mixed - x)
    }
}
