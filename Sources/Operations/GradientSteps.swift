import Datasets
import Engine

/// A step of proximal gradient descent (ISTA): gradient descent on |A x - y|^2 / 2, then soft thresholding, the proximal
/// map of threshold |x|_1 (Daubechies, Defrise and De Mol 2004). Step and threshold are learnable.
public struct ProximalGradient: Operation, Hashable {
    public let name: String
    public let step: Double, threshold: Double
    public init(name: String = "proximal", step: Double = 1, threshold: Double = 0.1) { (self.name, self.step, self.threshold) = (name, step, threshold) }
    public var description: String { "proximal{step = \(step), threshold = \(threshold)}" }
    public func parameters(signal: Shape) -> [Parameter] { [Parameter("step", [1], .constant(step)), Parameter("threshold", [1], .constant(threshold))] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        let z = try GradientDescent().forward(x, [parameters[0]], context)
        return SoftThreshold().forward(z, [parameters[1]], context)
    }
}

/// Two steps of gradient descent with momentum (Polyak's heavy ball 1964): z = x - g(x), then z - g(z) + momentum (z - x).
/// Two, since a node hands on one signal and momentum needs the one before. Step and momentum are learnable.
public struct MomentumGradient: Operation, Hashable {
    public let name: String
    public let step: Double, momentum: Double
    public init(name: String = "momentum", step: Double = 1, momentum: Double = 0.5) { (self.name, self.step, self.momentum) = (name, step, momentum) }
    public var description: String { "momentum{step = \(step), momentum = \(momentum)}" }
    public func parameters(signal: Shape) -> [Parameter] { [Parameter("step", [1], .constant(step)), Parameter("momentum", [1], .constant(momentum))] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        let z = try GradientDescent().forward(x, [parameters[0]], context)
        return try GradientDescent().forward(z, [parameters[0]], context) + parameters[1] * (z - x)
    }
}
