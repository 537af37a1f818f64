import Engine

/// GDAS: Dong and Yang, "Searching for a Robust Neural Architecture in Four GPU Hours", CVPR 2019. Every step draws one
/// operation for each row: the hard Gumbel-softmax of log softmax(alpha), whose gradient is that of the soft one at the
/// temperature (straight through). The temperature falls linearly from 10 to 0.1, as in the reference implementation.
///
/// The reference implementation runs the drawn operation alone and lets the others' bare weights stand for their outputs.
/// Here all are run, so the gradient is the estimator of the paper's equation 6.
public struct Gdas: RelaxingStrategy, Hashable {
    public let first: Double, last: Double
    public init(first: Double = 10, last: Double = 0.1) { (self.first, self.last) = (first, last) }
    public var name: String { "gdas" }
    public var description: String { "gdas{temperature = {\(first), \(last)}}" }
    public func numbers(step: Int, of steps: Int) -> [Double] { [first + (last - first) * Double(step) / Double(max(1, steps - 1))] }

    public func weights(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression {
        guard context.use != .evaluation else { return try alpha.softmax(1) }
        let gumbel = try -(-(alpha.graph.uniform(alpha.shape, alpha.dtype).log())).log()
        let soft = try ((alpha.logSoftmax(1) + gumbel) / context.number(0)).softmax(1)
        return try oneHot(soft.stopGradient()) + (soft - soft.stopGradient())
    }
}
