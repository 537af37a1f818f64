import Engine

/// Fair DARTS: Chu, Zhou, Zhang and Li, "Fair DARTS: Eliminating Unfair Advantages in Differentiable Architecture
/// Search", ECCV 2020. Operations do not compete: the mix is sigmoid(alpha). The loss that alpha follows has the zero-one
/// loss -w mean((sigmoid(alpha) - 1/2)^2) added, w = 10 as in the reference implementation, which draws weights to 0 or 1.
///
/// The weights of a row do not sum to one: at the start they are all 1/2, and a chain without normalisation grows the
/// signal at every node by half the number of operations that keep it.
public struct Fair: RelaxingStrategy, Hashable {
    public let zeroOne: Double
    public init(zeroOne: Double = 10) { self.zeroOne = zeroOne }
    public var name: String { "fair" }
    public var description: String { "fair{zero_one = \(zeroOne)}" }
    public func weights(_ alpha: Expression, _ context: RelaxationContext) -> Expression { alpha.sigmoid() }
    public func penalty(_ alpha: Expression, _ weights: Expression, _ context: RelaxationContext) throws -> Expression? {
        let distance = weights - 0.5
        return try -zeroOne * (distance * distance).mean()
    }
}
