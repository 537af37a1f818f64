import Datasets
import Engine
import Operations
import Tensors

/// What a loss is measured on: signals {n, channels, length}, their measurements {n, channels, measured length}, and how
/// they were measured.
public struct Batch {
    public let clean: Tensor, measured: Tensor
    public let measurement: any Measurement
    public init(clean: Tensor, measured: Tensor, measurement: any Measurement) { (self.clean, self.measured, self.measurement) = (clean, measured, measurement) }
    var signal: Shape { Array(clean.shape.dropFirst()) }
}

/// Which loss a noise operation draws for: the one a step is about, or the training loss inside an unrolled step, whose
/// draws have nothing to do with the outer ones at the same seed and step.
public enum Draws: String, CaseIterable, Sendable {
    case outer, inner
    /// The first random stream of a network's draws.
    var firstStream: UInt32 { self == .outer ? 0 : 1 << 24 }
}

/// The loss of the relaxed network as a function of theta and alpha: pure graph, so that it can be taken at several places
/// of one graph. It has the same noise and the same draws of the strategy at each.
struct RelaxedLoss {
    let network: Network
    let layout: ParameterLayout
    let clean: Expression, measured: Expression
    let draws: Draws
    var strategy: any RelaxingStrategy = Darts()
    var context = RelaxationContext(.alpha)
    /// Weight of the mean entropy of the rows, for alpha's loss.
    var entropy = 0.0

    /// For theta {weights} and alpha {rows * operations}.
    func callAsFunction(theta: Expression, alpha: Expression) throws -> Expression {
        let alpha = try alpha.reshape([network.space.rows, network.space.operations.count])
        // Far from the streams of noise operations, which must not depend on how many the strategy has.
        let weights = try clean.graph.withRandomStreams(from: draws.firstStream + 1 << 22) {
            let weights = try strategy.weights(alpha, context)
            return context.use == .theta ? try strategy.trainingWeights(weights, context) { try error(theta: theta, weights: $0) } : weights
        }
        var loss = try error(theta: theta, weights: weights)
        if context.use == .alpha {
            if let penalty = try strategy.penalty(alpha, weights, context) { loss = loss + penalty }
            if entropy != 0 { loss = loss + entropy * (try meanEntropy(strategy.weights(alpha, context.with(.evaluation)))) }
        }
        return loss
    }

    /// The mean squared error at the weights {rows, operations} of the mix.
    private func error(theta: Expression, weights: Expression) throws -> Expression {
        try clean.graph.withRandomStreams(from: draws.firstStream) {
            try meanSquaredError(network.relaxed(measured, theta: theta, layout: layout, weights: weights) { try strategy.join($0, $1, context) }, clean)
        }
    }

    /// The mean over rows of -sum p log p, p the row's weights over their sum.
    private func meanEntropy(_ weights: Expression) throws -> Expression {
        let p = weights / (try weights.sum([1])), floor = weights.graph.filled(1e-12, weights.shape, weights.dtype)
        return try -((p * p.maximum(floor).log()).sum() * (1 / Double(network.space.rows)))
    }
}

/// The network whose nodes are all operations at once, at given weights and architecture parameters: its loss, its
/// gradients. Everything is computed in the type of `theta`, which the other tensors have too.
public struct Relaxation {
    public let space: Space
    public let layout: ParameterLayout
    /// {weights}, by `layout`.
    public let theta: Tensor
    /// {rows, operations}; of a chain a row is a node.
    public let alpha: Tensor
    public init(space: Space, layout: ParameterLayout, theta: Tensor, alpha: Tensor) { (self.space, self.layout, self.theta, self.alpha) = (space, layout, theta, alpha) }

    /// The mean squared error on a batch. Noise operations draw at the seed.
    public func loss(_ batch: Batch, draws: Draws = .outer, seed: UInt64) throws -> Double {
        try prepare([batch])
        return try Tensor.run(PlanCache.shared.plan(RelaxedLossKey(batch: key(batch), draws: draws)) {
            let graph = Graph()
            let loss = inputs(graph, batch, draws)
            let (theta, alpha) = vectors(graph)
            return try Plan(graph, outputs: [loss(theta: theta, alpha: alpha)], sampleInputs: [0, 1])
        }, inputs: [batch.clean, batch.measured, theta, alpha], seed: derivedSeed(seed, .steps))[0].item()
    }

    func key(_ batch: Batch) -> BatchKey {
        BatchKey(network: NetworkKey(space, batch.measurement, signal: batch.signal), clean: batch.clean.shape,
                 measured: batch.measured.shape, dtype: theta.dtype)
    }

    /// Inputs for a batch, and the loss on it.
    func inputs(_ graph: Graph, _ batch: Batch, _ draws: Draws) -> RelaxedLoss {
        let network = Network(space: space, measurement: batch.measurement, signal: batch.signal, training: true)
        return RelaxedLoss(network: network, layout: layout, clean: graph.input(batch.clean.shape, theta.dtype),
                           measured: graph.input(batch.measured.shape, theta.dtype), draws: draws)
    }

    func vectors(_ graph: Graph) -> (theta: Expression, alpha: Expression) {
        (graph.input([layout.count], theta.dtype), graph.input([space.rows * space.operations.count], theta.dtype))
    }

    /// Operations written by the user are recorded before plans are named after what they do.
    func prepare(_ batches: [Batch]) throws {
        for batch in batches { for operation in space.operations { try operation.prepare(batch: batch.clean.shape, measurement: batch.measurement, training: true) } }
    }
}
