import Datasets
import Engine

/// One step of learnable gradient descent on |A x - y|^2 / 2: x - step (A'A x - A'y) / |A|^2, with |A| the spectral norm.
public struct GradientDescent: Operation, Hashable {
    public let name: String
    public let step: Double
    public init(name: String = "grad", step: Double = 1) { (self.name, self.step) = (name, step) }
    public var description: String { "gradient_descent{step = \(step)}" }

    public func parameters(signal: Shape) -> [Parameter] { [Parameter("step", [1], .constant(step))] }

    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        let norm = try context.spectralNorm()
        guard norm > 0 else { return x }
        // Written as an addition so that the gradient of the step is one inner product.
        let residual = (context.initial - (try context.measurement.normal(x))) * (1 / (norm * norm))
        return x + parameters[0] * residual
    }
}
