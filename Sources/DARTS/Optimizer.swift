import Engine
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How a flat vector follows its gradient, as graph: so that the update is compiled with the gradient, and can itself be
/// differentiated.
public struct Optimizer: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, CaseIterable, Sendable { case adam, adamw, sgd }
    public enum Schedule: String, CaseIterable, Sendable { case constant, cosine }

    public var kind = Kind.adam
    public var rate: Double
    public var schedule = Schedule.constant
    /// Adam's decay rates; for SGD the first is the momentum.
    public var betas: (Double, Double) { get { (beta1, beta2) } set { (beta1, beta2) = newValue } }
    private var beta1 = 0.9, beta2 = 0.999
    public var momentum = 0.9
    public var epsilon = 1e-8
    public var weightDecay = 0.0
    /// The gradient's global norm is scaled down to this; 0 leaves it.
    public var clip = 0.0

    public init(rate: Double) { self.rate = rate }

    /// Everything that makes a difference to a plan or to its numbers.
    public var description: String {
        "\(kind.rawValue) \(rate) \(schedule.rawValue) \(beta1) \(beta2) \(momentum) \(epsilon) \(weightDecay) \(clip)"
    }

    /// Vectors of state beside the parameters.
    var stateCount: Int { kind == .sgd ? 1 : 2 }

    /// The numbers that change from step to step, as one input: the rate, which follows the step 0, 1, .. of `steps`, and
    /// Adam's bias corrections, which follow the number of `updates` made before (`OptimizerState`).
    package static let scalarCount = 3
    func writeScalars(step: Int, of steps: Int, updates: Int, to scalars: UnsafeMutablePointer<Float>) {
        let rate: Double = switch schedule {
        case .constant: self.rate
        case .cosine: self.rate * 0.5 * (1 + cos(.pi * Double(step) / Double(steps)))
        }
        let t = Double(updates + 1)
        scalars[0] = Float(rate)
        scalars[1] = Float(1 / (1 - pow(beta1, t)))
        scalars[2] = Float(1 / (1 - pow(beta2, t)))
    }

    /// The outputs of a plan that moves `parameters` along the gradient of `loss`: the loss, the parameters after the update,
    /// their state. Without parameters there is the loss alone.
    func outputs(_ parameters: Expression, loss: Expression, gradient: Expression, state: [Expression],
                 scalars: Expression) throws -> [Expression] {
        guard parameters.shape != [0] else { return [loss] }
        let update = try update(parameters, gradient: gradient, state: state, scalars: scalars)
        return [loss, update.parameters] + update.state
    }

    /// The parameters and state after one step. Adam: Kingma and Ba 2015; AdamW: Loshchilov and Hutter 2019.
    package func update(_ parameters: Expression, gradient: Expression, state: [Expression], scalars: Expression) throws -> (parameters: Expression, state: [Expression]) {
        func scalar(_ i: Int) throws -> Expression { try scalars.slice(axis: 0, start: i, count: 1) }
        var g = gradient
        if clip > 0 {
            let norm = try (g * g).sum([0]).sqrt()
            g = g * (clip / norm.maximum(g.graph.constant(clip, g.dtype)))
        }
        if weightDecay > 0 && kind != .adamw { g = g + weightDecay * parameters }
        switch kind {
        case .sgd:
            let velocity = momentum * state[0] + g
            return (parameters - (try scalar(0)) * velocity, [velocity])
        case .adam, .adamw:
            let m = beta1 * state[0] + (1 - beta1) * g
            let v = beta2 * state[1] + (1 - beta2) * (g * g)
            let direction = (try scalar(1) * m) / ((try scalar(2) * v).sqrt() + epsilon)
            let base = kind == .adamw && weightDecay > 0 ? parameters - (try scalar(0)) * weightDecay * parameters : parameters
            return (base - (try scalar(0)) * direction, [m, v])
        }
    }
}

func / (a: Double, b: Expression) -> Expression { b.graph.constant(a, b.dtype) / b }
