import Datasets
import Engine

/// A convolutional network of `layers` layers: channels in between, an activation after each but the last, "same"
/// zero padding, biases; optionally added to its input. Weights and biases start uniform on +-1/sqrt(fan in), as
/// PyTorch's convolutions do.
///
/// With batch normalisation every layer but the last is followed by one (Ioffe and Szegedy 2015), scale and shift learnable,
/// before its activation. Its statistics are always those of the signals at hand: of the batch in training, of the whole
/// split where one is scored. There are no running averages, since a network is a function of its weights alone.
public struct ConvolutionalNetwork: Operation, Hashable {
    public enum Activation: String, CaseIterable, Sendable { case relu, tanh, sigmoid, none }
    public enum Norm: String, CaseIterable, Sendable { case none, batch }
    public let name: String
    public let layers: Int, channels: Int, kernel: Int
    public let residual: Bool
    public let activation: Activation
    public let norm: Norm

    public init(name: String = "net", layers: Int = 2, channels: Int = 8, kernel: Int = 5, residual: Bool = false, activation: Activation = .relu,
                norm: Norm = .none) {
        (self.name, self.layers, self.channels, self.kernel, self.residual, self.activation, self.norm) = (name, layers, channels, kernel, residual, activation, norm)
    }
    public var description: String {
        "cnn{layers = \(layers), channels = \(channels), kernel = \(kernel), residual = \(residual), activation = \(activation.rawValue)" + (norm == .none ? "}" : ", norm = \(norm.rawValue)}")
    }

    public func parameters(signal: Shape) -> [Parameter] {
        let normal = norm == .none ? [] : (1..<layers).flatMap { [Parameter("scale\($0)", [channels], .constant(1)), Parameter("shift\($0)", [channels], .constant(0))] }
        return (1...layers).flatMap { layer -> [Parameter] in
            let from = layer == 1 ? signal[0] : channels, to = layer == layers ? signal[0] : channels
            let bound = 1 / (Double(from * kernel)).squareRoot()
            return [Parameter("weight\(layer)", [to, from, kernel], .uniform(bound: bound)), Parameter("bias\(layer)", [to], .uniform(bound: bound))]
        } + normal
    }

    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        var attributes = ConvolutionAttributes()
        (attributes.padLeft, attributes.padRight) = ((kernel - 1) / 2, kernel - 1 - (kernel - 1) / 2)
        var h = x
        for layer in 0..<layers {
            h = try h.convolve(parameters[2 * layer], bias: parameters[2 * layer + 1], attributes)
            if layer < layers - 1 {
                if norm == .batch { h = try normalised(h, scale: parameters[2 * layers + 2 * layer], shift: parameters[2 * layers + 2 * layer + 1]) }
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

    /// scale (h - mean) / sqrt(variance + 1e-5) + shift, by channel of h {n, channels, length}.
    private func normalised(_ h: Expression, scale: Expression, shift: Expression) throws -> Expression {
        let count = Double(h.shape[0] * h.shape[2])
        // What rounding left of the mean is found by a second pass: a channel that is constant has no deviation, which would
        // be taken 1 / sqrt(1e-5) times. In exact numbers the second pass is 0, whatever h.
        let first = try h.sum([0, 2]) / count
        let mean = try first + ((h - first).sum([0, 2]) / count).stopGradient()
        let centred = h - mean
        let variance = try (centred * centred).sum([0, 2]) / count
        return try centred / (variance + 1e-5).sqrt() * scale.reshape([1, channels, 1]) + shift.reshape([1, channels, 1])
    }
}
