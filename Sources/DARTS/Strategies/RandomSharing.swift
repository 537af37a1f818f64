import Engine

/// Random search with weight sharing: Li and Talwalkar, "Random Search and Reproducibility for Neural Architecture
/// Search", UAI 2019. Every step trains one uniformly drawn path; then `samples` random architectures are scored on the
/// validation set with the shared weights, and the best is chosen. 1000 samples, as in the paper.
public struct RandomSharing: RelaxingStrategy, Hashable {
    public let samples: Int
    public init(samples: Int = 1000) { self.samples = samples }
    public var name: String { "random_ws" }
    public var description: String { "random_ws{samples = \(samples)}" }
    public var movesAlpha: Bool { false }
    public func weights(_ alpha: Expression, _ context: RelaxationContext) throws -> Expression {
        guard context.use != .evaluation else { return alpha.graph.filled(1 / Double(alpha.shape[1]), alpha.shape, alpha.dtype) }
        // The largest of equal draws is any operation with the same probability.
        return try oneHot(alpha.graph.uniform(alpha.shape, alpha.dtype))
    }
}
