import Datasets
import Engine

/// A circular shift of the signal by `shift` positions: harmful, a good search avoids it.
public struct RollOperation: Operation, Hashable {
    public let name: String
    public let shift: Int
    public init(name: String = "roll", shift: Int = 8) { (self.name, self.shift) = (name, shift) }
    public var description: String { "roll{shift = \(shift)}" }
    public func parameters(signal: Shape) -> [Parameter] { [] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        try x.roll(axis: x.rank - 1, by: shift)
    }
}

/// x + sigma N(0, 1), drawn anew in training and in evaluation: harmful, a good search avoids it.
public struct NoiseOperation: Operation, Hashable {
    public let name: String
    public let sigma: Double
    public init(name: String = "noise", sigma: Double = 0.7) { (self.name, self.sigma) = (name, sigma) }
    public var description: String { "noise{sigma = \(sigma)}" }
    public func parameters(signal: Shape) -> [Parameter] { [] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        x + sigma * (try x.graph.apply(RandomDraw(.normal, x.shape, x.dtype, stream: x.graph.freshRandomStream()), []))
    }
}

/// The signal as it is.
public struct IdentityOperation: Operation, Hashable {
    public let name: String
    public init(name: String = "identity") { self.name = name }
    public var description: String { "identity{}" }
    public func parameters(signal: Shape) -> [Parameter] { [] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) -> Expression { x }
}

/// Nothing: zero everywhere.
public struct ZeroOperation: Operation, Hashable {
    public let name: String
    public init(name: String = "zero") { self.name = name }
    public var description: String { "zero{}" }
    public func parameters(signal: Shape) -> [Parameter] { [] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) -> Expression { x.graph.filled(0, x.shape, x.dtype) }
}

/// sign(x) max(|x| - threshold, 0), threshold learnable: the proximal map of threshold |x|_1.
public struct SoftThreshold: Operation, Hashable {
    public let name: String
    public let threshold: Double
    public init(name: String = "soft_threshold", threshold: Double = 0.1) { (self.name, self.threshold) = (name, threshold) }
    public var description: String { "soft_threshold{threshold = \(threshold)}" }
    public func parameters(signal: Shape) -> [Parameter] { [Parameter("threshold", [1], .constant(threshold))] }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) -> Expression {
        x.sign() * (x.abs() - parameters[0]).relu()
    }
}

/// One convolution with bias, zero padding "same".
public struct ConvolutionOperation: Operation, Hashable {
    public let name: String
    public let kernel: Int, dilation: Int
    public init(name: String = "conv", kernel: Int = 5, dilation: Int = 1) { (self.name, self.kernel, self.dilation) = (name, kernel, dilation) }
    public var description: String { "conv{kernel = \(kernel), dilation = \(dilation)}" }
    public func parameters(signal: Shape) -> [Parameter] {
        let bound = 1 / Double(signal[0] * kernel).squareRoot()
        return [Parameter("weight", [signal[0], signal[0], kernel], .uniform(bound: bound)), Parameter("bias", [signal[0]], .uniform(bound: bound))]
    }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        var attributes = ConvolutionAttributes()
        let reach = dilation * (kernel - 1)
        (attributes.dilation, attributes.padLeft, attributes.padRight) = (dilation, reach / 2, reach - reach / 2)
        return try x.convolve(parameters[0], bias: parameters[1], attributes)
    }
}
