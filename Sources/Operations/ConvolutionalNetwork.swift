import Datasets
import Engine

/// A convolutional network of `layers` layers: channels in between, an activation after each but the last, "same"
/// zero padding, biases; optionally added to its input. Weights and biases start uniform on +-1/sqrt(fan in), as
/// PyTorch's convolutions do.
public struct ConvolutionalNetwork: Operation {
    public enum Activation: String, CaseIterable, Sendable { case relu, tanh, sigmoid, none }
    public let name: String
    public let layers: Int, channels: Int, kernel: Int
    public let residual: Bool
    public let activation: Activation

    public init(name: String = "net", layers: Int = 2, channels: Int = 8, kernel: Int = 5, residual: Bool = false, activation: Activation = .relu) {
        (self.name, self.layers, self.channels, self.kernel, self.residual, self.activation) = (name, layers, channels, kernel, residual, activation)
    }
    public var description: String {
        "cnn{layers = \(layers), channels = \(channels), kernel = \(kernel), residual = \(residual), activation = \(activation.rawValue)}"
    }

    public func parameters(signal: Shape) -> [Parameter] {
        (1...layers).flatMap { layer -> [Parameter] in
            let from = layer == 1 ? signal[0] : channels, to = layer == layers ? signal[0] : channels
            let bound = 1 / (Double(from * kernel)).squareRoot()
            return [Parameter("weight\(layer)", [to, from, kernel], .uniform(bound: bound)), Parameter("bias\(layer)", [to], .uniform(bound: bound))]
        }
    }

    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        var attributes = ConvolutionAttributes()
        (attributes.padLeft, attributes.padRight) = ((kernel - 1) / 2, kernel - 1 - (kernel - 1) / 2)
        var h = x
        for layer in 0..<layers {
            h = try h.convolve(parameters[2 * layer], bias: parameters[2 * layer + 1], attributes)
            if layer < layers - 1 {
                switch activation {
                case .relu: h = h.relu()
                case .tanh: h = h.tanh()
                case .sigmoid: h = h.sigmoid()
                case .none: break
                }
            }
        }
        return residual ? x + h : h
    }
}
