import Datasets
import Engine
import Tensors

/// How the validation loss depends on alpha: at the present weights (first order), or at the weights that one step on the
/// training loss would give (second order; Liu, Simonyan and Yang 2019, equations 6 to 8).
public enum AlphaGradient: Hashable, Sendable {
    case firstOrder
    case secondOrder(HessianProduct)
}

/// How the derivative of the training gradient with respect to alpha is multiplied with a vector.
public enum HessianProduct: String, CaseIterable, Sendable {
    /// By differentiating the inner step.
    case exact
    /// By the central difference of the reference implementation, at theta +- R v with R = 0.01 / |v|.
    case finiteDifference = "finite_difference"
}

/// The inner step theta' = theta - rate (momentum velocity + gradient + decay theta): SGD as the reference implementation
/// unrolls it, whatever moves theta in earnest. It is not clipped.
struct InnerStep {
    /// One element.
    let rate: Expression
    var weightDecay = 0.0, momentum = 0.0
    /// {weights}; nil before the first step.
    var velocity: Expression?

    func weights(after theta: Expression, gradient: Expression) -> Expression {
        var direction = gradient
        if let velocity, momentum > 0 { direction = momentum * velocity + direction }
        if weightDecay > 0 { direction = direction + weightDecay * theta }
        return theta - rate * direction
    }
}

extension AlphaGradient {
    /// The validation loss of this order, and its gradient in alpha.
    func build(theta: Expression, alpha: Expression, validation: RelaxedLoss, training: RelaxedLoss?, step: InnerStep?) throws -> (loss: Expression, gradient: Expression) {
        guard case .secondOrder(let product) = self, let training, let step else {
            let loss = try validation(theta: theta, alpha: alpha)
            return (loss, try gradients(of: loss, withRespectTo: [alpha])[0])
        }
        let inner = try gradients(of: training(theta: theta, alpha: alpha), withRespectTo: [theta])[0]
        let unrolled = step.weights(after: theta, gradient: inner)
        switch product {
        case .exact:
            // The inner step is graph, so its derivative is.
            let loss = try validation(theta: unrolled, alpha: alpha)
            return (loss, try gradients(of: loss, withRespectTo: [alpha])[0])
        case .finiteDifference:
            let fixed = unrolled.stopGradient()
            let loss = try validation(theta: fixed, alpha: alpha)
            let first = try gradients(of: loss, withRespectTo: [fixed, alpha])
            let v = first[0].stopGradient()
            // Without a direction there is nothing to add, and no number to divide by.
            let norm = try (v * v).sum([0]).sqrt().maximum(theta.graph.constant(1e-20, theta.dtype))
            let reach = 0.01 / norm
            func gradient(at theta: Expression) throws -> Expression { try gradients(of: training(theta: theta, alpha: alpha), withRespectTo: [alpha])[0] }
            let difference = try gradient(at: theta + reach * v) - gradient(at: theta - reach * v)
            return (loss, first[1] - step.rate * (difference / (2 * reach)))
        }
    }
}

extension Relaxation {
    /// The inner step of `alphaGradient`.
    public struct Unrolling {
        public var rate: Double, weightDecay: Double, momentum: Double
        /// {weights}, by the layout; nil: zero.
        public var velocity: Tensor?
        public init(rate: Double, weightDecay: Double = 0, momentum: Double = 0, velocity: Tensor? = nil) {
            (self.rate, self.weightDecay, self.momentum, self.velocity) = (rate, weightDecay, momentum, velocity)
        }
    }

    /// The gradient {nodes, operations} of the validation loss in alpha, which first order takes on the validation batch
    /// alone. Noise operations draw at the seed, for training and validation each their own.
    public func alphaGradient(_ order: AlphaGradient, validation: Batch, training: Batch?, step: Unrolling, seed: UInt64) throws -> Tensor {
        let isUnrolled = order != .firstOrder && layout.count > 0
        let batches = isUnrolled ? [validation] + (training.map { [$0] } ?? []) : [validation]
        try prepare(batches)
        let velocity = isUnrolled && step.momentum > 0 ? step.velocity : nil
        let key = AlphaGradientKey(order: isUnrolled ? order : .firstOrder, batches: batches.map(key),
                                   weightDecay: step.weightDecay, momentum: velocity == nil ? nil : step.momentum)
        let plan = try PlanCache.shared.plan(key) {
            let graph = Graph()
            let (theta, alpha) = vectors(graph)
            let onValidation = inputs(graph, validation, .outer)
            var onTraining: RelaxedLoss?, inner: InnerStep?
            if isUnrolled, let training {
                onTraining = inputs(graph, training, .inner)
                inner = InnerStep(rate: graph.input([1], theta.dtype), weightDecay: step.weightDecay, momentum: step.momentum)
                if velocity != nil { inner!.velocity = graph.input([layout.count], theta.dtype) }
            }
            let result = try order.build(theta: theta, alpha: alpha, validation: onValidation, training: onTraining, step: inner)
            let together = onTraining.map { $0.clean.shape[0] == onValidation.clean.shape[0] } ?? false
            return try Plan(graph, outputs: [result.gradient.reshape([space.rows, space.operations.count])], sampleInputs: together ? [2, 3, 4, 5] : [2, 3])
        }
        var tensors = [theta, alpha] + batches.flatMap { [$0.clean, $0.measured] }
        if isUnrolled {
            tensors.append(Tensor([step.rate], shape: [1], theta.dtype))
            if let velocity { tensors.append(velocity) }
        }
        return try Tensor.run(plan, inputs: tensors, seed: derivedSeed(seed, .steps))[0]
    }
}
