import Engine

/// SmoothDARTS: Chen and Hsieh, "Stabilizing Differentiable Architecture Search via Perturbation-based Regularization",
/// ICML 2020. Theta is trained at perturbed weights softmax(alpha) + delta, |delta| <= epsilon: random (SDARTS-RS), or
/// adversarial (SDARTS-ADV), by `ascent` signed steps of 2 epsilon / ascent up the training loss from a random start.
/// Weights stay in the simplex: cut at 0 and divided by their sum. epsilon grows linearly from 0.03 to 0.3; 7 steps; as
/// in the reference implementation. Alpha follows the loss at the unperturbed weights.
public struct Sdarts: RelaxingStrategy, Hashable {
    public enum Perturbation: String, CaseIterable, Sendable { case random, adversarial }
    public let perturbation: Perturbation
    public let first: Double, last: Double
    public let ascent: Int
    public init(_ perturbation: Perturbation = .random, first: Double = 0.03, last: Double = 0.3, ascent: Int = 7) {
        (self.perturbation, self.first, self.last, self.ascent) = (perturbation, first, last, ascent)
    }
    public var name: String { "sdarts" }
    public var description: String { "sdarts{perturbation = \(perturbation.rawValue), epsilon = {\(first), \(last)}\(perturbation == .adversarial ? ", ascent = \(ascent)" : "")}" }
    public func numbers(step: Int, of steps: Int) -> [Double] { [first + (last - first) * Double(step) / Double(steps)] }
    public func weights(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression { try alpha.softmax(1) }

    public func trainingWeights(_ weights: Expression, _ context: RelaxationContext, loss: (Expression) throws -> Expression) throws -> Expression {
        let epsilon = try context.number(0), centre = weights.stopGradient()
        let draws = try weights.graph.uniform(weights.shape, weights.dtype)
        var delta = epsilon * (2 * draws - 1)
        if perturbation == .adversarial {
            for _ in 0..<ascent {
                let point = try simplex(centre + delta).stopGradient()
                let up = try gradients(of: loss(point), withRespectTo: [point])[0].sign()
                delta = (point - centre + (2 / Double(ascent)) * epsilon * up).maximum(-epsilon).minimum(epsilon)
            }
        }
        return try simplex(centre + delta)
    }

    private func simplex(_ weights: Expression) throws -> Expression {
        let cut = weights.relu()
        return cut / (try cut.sum([1]).maximum(cut.graph.constant(1e-12, cut.dtype)))
    }
}
