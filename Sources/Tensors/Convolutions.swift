import Engine
import KernelInterface

/// Cross-correlations and their adjoints, with PyTorch's conventions. Spatial settings are arrays: one number per
/// spatial axis, {length} or {height, width}.
public struct ConvolutionSettings {
    public enum Padding { case same, valid, amount([Int]) }
    public var stride: [Int], dilation: [Int], outputPadding: [Int]
    public var padding: Padding
    public var groups = 1
    public var mode = PaddingMode.zeros

    public init(axes: Int) {
        stride = Array(repeating: 1, count: axes)
        dilation = stride
        outputPadding = Array(repeating: 0, count: axes)
        padding = .amount(outputPadding)
    }

    /// Paddings before and after along each axis; "same" puts the odd one behind.
    func sides(taps: [Int], name: String) throws -> [(before: Int, after: Int)] {
        switch padding {
        case .valid: return taps.map { _ in (0, 0) }
        case .amount(let amounts): return amounts.map { ($0, $0) }
        case .same:
            guard stride.allSatisfy({ $0 == 1 }) else { throw EngineError("\(name): padding \"same\" needs a stride of 1, got \(stride.count == 1 ? "\(stride[0])" : stride.braces)") }
            return zip(taps, dilation).map { taps, dilation in
                let total = dilation * (taps - 1)
                return (total / 2, total - total / 2)
            }
        }
    }

    func attributes(_ sides: [(before: Int, after: Int)]) -> ConvolutionAttributes {
        var a = ConvolutionAttributes()
        a.spatialRank = sides.count
        (a.groups, a.mode) = (groups, mode)
        let last = sides.count - 1
        a.stride = stride[last]
        a.dilation = dilation[last]
        a.padLeft = sides[last].before
        a.padRight = sides[last].after
        if sides.count == 2 {
            a.strideHeight = stride[0]
            a.dilationHeight = dilation[0]
            a.padTop = sides[0].before
            a.padBottom = sides[0].after
        }
        return a
    }

    fileprivate func checkSizes(_ sizes: [Int], _ name: String) throws {
        // Beyond any memory, and sums and products of them still fit.
        let largest = 1 << 20
        for size in stride + dilation + outputPadding + [groups] + sizes where size > largest {
            throw EngineError("\(name): sizes up to \(largest) expected, got \(size)")
        }
    }
}

extension Tensor {
    /// x {batch, cin, spatial ..} or {cin, spatial ..}, w {cout, cin / groups, taps ..}, bias {cout}.
    public func convolve(_ weights: Tensor, bias: Tensor?, _ settings: ConvolutionSettings) throws -> Tensor {
        let axes = settings.stride.count, name = "conv\(axes)d"
        let (batched, tensors) = try Tensor.convolutionInputs(self, weights, bias, axes, name, swapped: false)
        let x = tensors[0].shape, w = tensors[1].shape
        var amounts: [Int] = []
        if case .amount(let values) = settings.padding { amounts = values }
        try settings.checkSizes(amounts, name)
        let sides = try settings.sides(taps: Array(w[2...]), name: name)
        let attributes = settings.attributes(sides)
        if settings.mode == .circular {
            for (axis, side) in sides.enumerated() where max(side.before, side.after) > x[2 + axis] {
                throw EngineError("\(name): circular padding of \(max(side.before, side.after)) needs at least as many positions, got \(x[2 + axis])")
            }
        }
        let shape = try Convolution(attributes: attributes).shape(tensors.map(\.shape))
        try shape.checked(name)
        if let result = try Tensor.convolveSegments(name, tensors, attributes, sides, shape) {
            return batched ? result : try result.reshape(Array(result.shape.dropFirst()))
        }
        let result = try Tensor.compute(Convolve(attributes: attributes), tensors)
        return batched ? result : try result.reshape(Array(result.shape.dropFirst()))
    }

    /// The adjoint of `convolve` in x as a function: x {batch, cin, length}, w {cin, cout / groups, taps}, bias {cout}.
    public func convolveTransposed(_ weights: Tensor, bias: Tensor?, _ settings: ConvolutionSettings) throws -> Tensor {
        let axes = settings.stride.count, name = "conv_transpose\(axes)d"
        let (batched, tensors) = try Tensor.convolutionInputs(self, weights, bias, axes, name, swapped: true)
        let x = tensors[0].shape, w = tensors[1].shape
        guard case .amount(let padding) = settings.padding else { throw EngineError("\(name): padding as a number expected") }
        try settings.checkSizes(padding, name)
        guard x[1] == w[0] else {
            throw EngineError("\(name): weights for \(w[0]) input channels, the input has \(x[1]): \(x.braces) with \(w.braces)")
        }
        guard x[1] % settings.groups == 0 else {
            throw EngineError("\(name): groups must divide the channels: \(settings.groups) groups, \(x[1]) in")
        }
        var spatial: [Int] = []
        for axis in 0..<axes {
            let (stride, dilation, extra) = (settings.stride[axis], settings.dilation[axis], settings.outputPadding[axis])
            guard extra < max(stride, dilation) else {
                throw EngineError("\(name): output_padding below stride or dilation expected, got \(extra) with stride \(stride), dilation \(dilation)")
            }
            guard x[2 + axis] > 0, w[2 + axis] > 0 else { throw EngineError("\(name): an empty input or weights without taps: \(x.braces) with \(w.braces)") }
            let size = (x[2 + axis] - 1) * stride - 2 * padding[axis] + dilation * (w[2 + axis] - 1) + extra + 1
            guard size > 0 else { throw EngineError("\(name): padding of \(padding[axis]) leaves nothing of the output: \(x.braces) with \(w.braces)") }
            spatial.append(size)
        }
        let channels = w[1] * settings.groups
        try ([x[0], channels] + spatial).checked(name)
        let attributes = settings.attributes((0..<axes).map { (padding[$0], padding[$0] - settings.outputPadding[$0]) })
        if tensors.count == 3, tensors[2].shape != [channels] {
            throw EngineError("\(name): bias of shape \([channels].braces) expected, got \(tensors[2].shape.braces)")
        }
        let function = ConvolveTransposed(attributes: attributes, channels: channels, spatial: spatial)
        let result = try Tensor.compute(function, tensors)
        return batched ? result : try result.reshape(Array(result.shape.dropFirst()))
    }

    /// All of one type, the signal with a batch axis.
    private static func convolutionInputs(_ x: Tensor, _ w: Tensor, _ bias: Tensor?, _ axes: Int, _ name: String, swapped: Bool) throws -> (Bool, [Tensor]) {
        var tensors = try promoted([x, w] + (bias.map { [$0] } ?? []))
        let (space, taps) = axes == 1 ? ("length", "taps") : ("height, width", "rows, taps")
        guard x.rank == axes + 2 || x.rank == axes + 1 else {
            throw EngineError("\(name): input {batch, channels, \(space)} expected, got \(x.shape.braces)")
        }
        guard w.rank == axes + 2 else {
            throw EngineError("\(name): weights \(swapped ? "{in, out," : "{out, in,") \(taps)} expected, got \(w.shape.braces)")
        }
        let batched = x.rank == axes + 2
        if !batched { tensors[0] = try tensors[0].reshape([1] + x.shape) }
        return (batched, tensors)
    }
}

/// x, weights, and a bias when there are three.
struct Convolve: EagerFunction {
    let attributes: ConvolutionAttributes
    var name: String { "conv\(attributes.spatialRank)d" }
    var fold: Int { attributes.fold }
    func expression(_ inputs: [Expression]) throws -> Expression {
        try inputs[0].convolve(inputs[1], bias: inputs.count == 3 ? inputs[2] : nil, attributes)
    }
}

private struct ConvolveTransposed: EagerFunction {
    let attributes: ConvolutionAttributes
    let channels: Int
    let spatial: [Int]
    var name: String { "conv_transpose\(attributes.spatialRank)d" }
    var fold: Int { spatial.reduce(attributes.fold) { 31 &* $0 &+ $1 } }
    func expression(_ inputs: [Expression]) throws -> Expression {
        let adjoint = ConvolutionTransposed(attributes: attributes, spatial: spatial)
        let y = try inputs[0].graph.apply(adjoint, [inputs[0], inputs[1]])
        return inputs.count == 3 ? y + (try inputs[2].reshape([channels] + spatial.map { _ in 1 })) : y
    }
}

extension ConvolutionAttributes {
    /// As `EagerFunction.fold`.
    fileprivate var fold: Int {
        let sides = 31 &* (31 &* (31 &* padLeft &+ padRight) &+ padTop) &+ padBottom
        let steps = 31 &* (31 &* (31 &* stride &+ dilation) &+ strideHeight) &+ dilationHeight
        return 31 &* (31 &* (31 &* sides &+ steps) &+ groups) &+ mode.rawValue
    }
}
