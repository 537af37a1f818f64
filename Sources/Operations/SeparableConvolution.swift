import Datasets
import Engine

/// A separable convolution (Chollet 2017) with the channels that one-channel signals lack: 1 -> channels pointwise, `kernel`
/// taps on each channel alone, ReLU, channels -> 1 pointwise; biases, zero padding "same".
public struct SeparableConvolution: Operation, Hashable {
    public let name: String
    public let channels: Int, kernel: Int, dilation: Int
    public init(name: String = "separable_conv", channels: Int = 8, kernel: Int = 5, dilation: Int = 1) {
        (self.name, self.channels, self.kernel, self.dilation) = (name, channels, kernel, dilation)
    }
    public var description: String { "separable_conv{channels = \(channels), kernel = \(kernel), dilation = \(dilation)}" }
    public func parameters(signal: Shape) -> [Parameter] {
        func layer(_ n: Int, _ shape: Shape, fanIn: Int) -> [Parameter] {
            let bound = 1 / Double(fanIn).squareRoot()
            return [Parameter("weight\(n)", shape, .uniform(bound: bound)), Parameter("bias\(n)", [shape[0]], .uniform(bound: bound))]
        }
        return layer(1, [channels, signal[0], 1], fanIn: signal[0]) + layer(2, [channels, 1, kernel], fanIn: kernel) + layer(3, [signal[0], channels, 1], fanIn: channels)
    }
    public func forward(_ x: Expression, _ parameters: [Expression], _ context: OperationContext) throws -> Expression {
        var depthwise = ConvolutionAttributes()
        let reach = dilation * (kernel - 1)
        (depthwise.groups, depthwise.dilation, depthwise.padLeft, depthwise.padRight) = (channels, dilation, reach / 2, reach - reach / 2)
        let wide = try x.convolve(parameters[0], bias: parameters[1], ConvolutionAttributes())
        let h = try wide.convolve(parameters[2], bias: parameters[3], depthwise).relu()
        return try h.convolve(parameters[4], bias: parameters[5], ConvolutionAttributes())
    }
}
