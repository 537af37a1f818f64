import KernelInterface

/// Cross-correlation over the last one or two axes, its adjoint in the signal and its adjoint in the weights. The three
/// are bilinear and each one's gradient is written with the other two, so they are closed under differentiation.
///
/// Bounds, with u = 2^-24 (float64: 2^-53) and S the sum of the magnitudes of the products: y and the adjoint in the signal
/// (channels / groups * taps + 1) u S; the adjoint in the weights (610 + log2 positions + log2 samples) u S in a block region,
/// and samples / 16 u S more where it runs on the whole batch at once.
public struct ConvolutionAttributes: Hashable, Sendable {
    public var spatialRank = 1
    public var strideHeight = 1, stride = 1
    public var dilationHeight = 1, dilation = 1
    public var padTop = 0, padBottom = 0, padLeft = 0, padRight = 0
    public var groups = 1
    public var mode = PaddingMode.zeros
    public init() {}
    var tag: Int { 31 &* (31 &* (31 &* padLeft &+ padRight) &+ stride) &+ dilation }

    func outputSize(_ size: Int, _ before: Int, _ after: Int, _ taps: Int, _ dilation: Int, _ stride: Int) -> Int {
        let span = size + before + after - dilation * (taps - 1) - 1
        return span < 0 ? 0 : span / stride + 1
    }

    /// The geometry of one sample, for x {n, cin, ..} and w {cout, cin / groups, ..}.
    func geometry(_ x: Shape, _ w: Shape) -> ConvolutionGeometry {
        var g = ConvolutionGeometry()
        (g.inChannels, g.outChannels, g.groups, g.mode) = (x[1], w[0], groups, mode)
        (g.taps, g.stride, g.dilation, g.padLeft) = (w[w.count - 1], stride, dilation, padLeft)
        g.inLength = x[x.count - 1]
        g.outLength = outputSize(g.inLength, padLeft, padRight, g.taps, dilation, stride)
        if spatialRank == 2 {
            (g.tapHeight, g.strideHeight, g.dilationHeight, g.padTop) = (w[2], strideHeight, dilationHeight, padTop)
            g.inHeight = x[2]
            g.outHeight = outputSize(g.inHeight, padTop, padBottom, g.tapHeight, dilationHeight, strideHeight)
        }
        return g
    }

    func check(_ x: Shape, _ w: Shape, name: String) throws {
        let rank = spatialRank + 2
        let (xs, ws) = spatialRank == 1 ? ("{batch, channels, length}", "{out, in, taps}")
            : ("{batch, channels, height, width}", "{out, in, rows, taps}")
        guard x.count == rank else { throw EngineError("\(name): input \(xs) expected, got \(x.braces)") }
        guard w.count == rank else { throw EngineError("\(name): weights \(ws) expected, got \(w.braces)") }
        guard groups >= 1, x[1] % groups == 0, w[0] % groups == 0 else {
            throw EngineError("\(name): groups must divide the channels: \(groups) groups, \(x[1]) in, \(w[0]) out")
        }
        guard w[1] == x[1] / groups else {
            throw EngineError("\(name): weights for \(w[1] * groups) input channels, the input has \(x[1]): \(x.braces) with \(w.braces)")
        }
        guard w[2...].allSatisfy({ $0 > 0 }) else { throw EngineError("\(name): no taps in weights \(w.braces)") }
        func check(_ size: Int, _ before: Int, _ after: Int, _ taps: Int, _ dilation: Int) throws {
            if mode == .reflect, max(before, after) >= max(size, 1), max(before, after) > 0 {
                throw EngineError("\(name): reflect padding of \(max(before, after)) needs more than \(size) positions")
            }
            if mode == .circular, size == 0 { throw EngineError("\(name): circular padding of an empty axis in \(x.braces)") }
            guard size + before + after >= dilation * (taps - 1) + 1 else {
                throw EngineError("\(name): \(taps) taps (dilation \(dilation)) reach over \(dilation * (taps - 1) + 1) positions, the padded input has \(size + before + after)")
            }
        }
        if spatialRank == 2 { try check(x[2], padTop, padBottom, w[2], dilationHeight) }
        try check(x[rank - 1], padLeft, padRight, w[rank - 1], dilation)
    }

    func outputShape(_ x: Shape, _ w: Shape) -> Shape {
        let g = geometry(x, w)
        return spatialRank == 2 ? [x[0], g.outChannels, g.outHeight, g.outLength] : [x[0], g.outChannels, g.outLength]
    }
}

/// y = x cross-correlated with w, plus a bias per output channel when there is a third input.
public struct Convolution: Operator {
    public let attributes: ConvolutionAttributes
    public init(attributes: ConvolutionAttributes) { self.attributes = attributes }
    public var name: String { attributes.spatialRank == 1 ? "conv1d" : "conv2d" }
    public var tag: Int { attributes.tag }

    public func shape(_ inputs: [Shape]) throws -> Shape {
        try attributes.check(inputs[0], inputs[1], name: name)
        if inputs.count == 3, !(inputs[2].count == 1 && inputs[2][0] == inputs[1][0]) {
            throw EngineError("\(name): bias of shape \([inputs[1][0]].braces) expected, got \(inputs[2].braces)")
        }
        return attributes.outputShape(inputs[0], inputs[1])
    }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let (x, w) = (inputs[0], inputs[1])
        var gradients: [Expression?] = [
            wanted[0] ? try g.graph.apply(ConvolutionTransposed(attributes: attributes, spatial: Array(x.shape[2...])), to: ValueList(two: g.id, w.id)) : nil,
            wanted[1] ? try g.graph.apply(ConvolutionWeightGradient(attributes: attributes, taps: Array(w.shape[2...])), to: ValueList(two: x.id, g.id)) : nil,
        ]
        if inputs.count == 3 {
            gradients.append(wanted[2] ? try g.sum(g.rank == 3 ? [0, 2] : [0, 2, 3]).reshape(inputs[2].shape) : nil)
        }
        return gradients
    }

    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) { same(0, 0, 0) }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool {
        inputs[0] == 0 && inputs.dropFirst().allSatisfy { $0 == nil } && output == 0
    }
    public var gainsFromPacking: Bool { true }
    public func work(inputs: [Shape], output: Shape) -> Int { 2 &* output.elements &* inputs[1].dropFirst().reduce(1, &*) }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        var geometry = attributes.geometry(lowering.graphShape(node.inputs[0]), lowering.graphShape(node.inputs[1]))
        geometry.isSymmetric = hasSymmetricKernel(geometry, lowering.graph.nodes[node.inputs[1]])
        let x = lowering.contiguous(lowering.operand(node.inputs[0]), sampleAxis: lowering.isPacked ? 0 : nil)
        let w = lowering.contiguous(lowering.operand(node.inputs[1]))
        let bias = node.inputs.count == 3 ? lowering.contiguous(lowering.operand(node.inputs[2])) : nil
        let y = lowering.allocate(node)
        lowering.emit(ConvolutionInstruction(.forward, y: y, x: x, w: w, bias: bias, geometry: geometry, dtype: node.dtype,
                                             samples: lowering.isPacked ? nil : x.shape[0], scratch: lowering))
    }
}

/// Whether weights known beforehand make the cheaper loop for symmetric kernels right.
private func hasSymmetricKernel(_ g: ConvolutionGeometry, _ weights: Graph.Node) -> Bool {
    guard let k = weights.op(ConstantTensor.self)?.contents.values, k.count == g.taps, g.taps % 2 == 1, g.taps > 1,
          g.inChannels == 1, g.outChannels == 1, g.stride == 1, g.dilation == 1, g.inHeight == 1 else { return false }
    return zip(k, k.reversed()).allSatisfy(==)
}

/// The adjoint of `Convolution` in x: gy {n, cout, ..} and w to {n, cin, spatial..}.
public struct ConvolutionTransposed: Operator {
    public let attributes: ConvolutionAttributes
    public let spatial: [Int]
    public init(attributes: ConvolutionAttributes, spatial: [Int]) { (self.attributes, self.spatial) = (attributes, spatial) }
    public var name: String { attributes.spatialRank == 1 ? "conv_transpose1d" : "conv_transpose2d" }
    public var tag: Int { attributes.tag }

    public func shape(_ inputs: [Shape]) throws -> Shape {
        let (gy, w) = (inputs[0], inputs[1])
        guard gy.count == spatial.count + 2, w.count == gy.count else {
            throw EngineError("\(name): input and weights of rank \(spatial.count + 2) expected, got \(gy.braces) and \(w.braces)")
        }
        let x = [gy[0], w[1] * attributes.groups] + spatial
        try attributes.check(x, w, name: name)
        let expected = attributes.outputShape(x, w)
        guard expected == gy else { throw EngineError("\(name): input of shape \(expected.braces) expected, got \(gy.braces)") }
        return x
    }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let (gy, w) = (inputs[0], inputs[1])
        return [
            wanted[0] ? try g.graph.apply(Convolution(attributes: attributes), to: ValueList(two: g.id, w.id)) : nil,
            wanted[1] ? try g.graph.apply(ConvolutionWeightGradient(attributes: attributes, taps: Array(w.shape[2...])), to: ValueList(two: g.id, gy.id)) : nil,
        ]
    }

    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) { same(0, 0, 0) }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { inputs[0] == 0 && inputs[1] == nil && output == 0 }
    public var gainsFromPacking: Bool { true }
    public func work(inputs: [Shape], output: Shape) -> Int { 2 &* inputs[0].elements &* inputs[1].dropFirst().reduce(1, &*) }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        var geometry = attributes.geometry(lowering.graphShape(node.id), lowering.graphShape(node.inputs[1]))
        let gy = lowering.contiguous(lowering.operand(node.inputs[0]), sampleAxis: lowering.isPacked ? 0 : nil)
        let w = lowering.contiguous(lowering.operand(node.inputs[1]))
        let gx = lowering.allocate(node)
        if attributes.mode != .reflect, geometry.outLength == geometry.inLength, geometry.padLeft == geometry.taps / 2,
           hasSymmetricKernel(geometry, lowering.graph.nodes[node.inputs[1]]) {
            // A symmetric kernel in the middle is its own adjoint.
            geometry.isSymmetric = true
            return lowering.emit(ConvolutionInstruction(.forward, y: gx, x: gy, w: w, bias: nil, geometry: geometry, dtype: node.dtype,
                                                        samples: lowering.isPacked ? nil : gy.shape[0], scratch: lowering))
        }
        lowering.emit(ConvolutionInstruction(.transposed, y: gx, x: gy, w: w, bias: nil, geometry: geometry, dtype: node.dtype,
                                             samples: lowering.isPacked ? nil : gy.shape[0], scratch: lowering))
    }
}

/// The adjoint of `Convolution` in w: x {n, cin, ..} and gy {n, cout, ..} to {cout, cin / groups, taps..}, summed over samples.
public struct ConvolutionWeightGradient: Operator {
    public let attributes: ConvolutionAttributes
    public let taps: [Int]
    public var name: String { "conv_weight_gradient" }
    public var tag: Int { attributes.tag }

    public func shape(_ inputs: [Shape]) throws -> Shape {
        [inputs[1][1], inputs[0][1] / attributes.groups] + taps
    }

    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        let (x, gy) = (inputs[0], inputs[1])
        return [
            wanted[0] ? try g.graph.apply(ConvolutionTransposed(attributes: attributes, spatial: Array(x.shape[2...])), to: ValueList(two: gy.id, g.id)) : nil,
            wanted[1] ? try g.graph.apply(Convolution(attributes: attributes), to: ValueList(two: x.id, g.id)) : nil,
        ]
    }

    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {}
    public func summedAxes(inputs: [Shape], output: Shape, pair: (Int, Int, Int, Int) -> Void) { pair(0, 0, 1, 0) }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { inputs[0] == 0 && inputs[1] == 0 && output == nil }
    public var gainsFromPacking: Bool { true }
    public func work(inputs: [Shape], output: Shape) -> Int { 2 &* inputs[1].elements &* output.dropFirst().reduce(1, &*) }

    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let geometry = attributes.geometry(lowering.graphShape(node.inputs[0]), lowering.graphShape(node.id))
        let sample = lowering.isPacked ? 0 : nil
        let x = lowering.contiguous(lowering.operand(node.inputs[0]), sampleAxis: sample)
        let gy = lowering.contiguous(lowering.operand(node.inputs[1]), sampleAxis: sample)
        if lowering.isPacked {
            lowering.emit(ConvolutionInstruction(weightGradient: lowering.allocatePartial(node), x: x, gy: gy, geometry: geometry, dtype: node.dtype))
        } else {
            lowering.emit(ConvolutionInstruction(.weightGradient, y: lowering.allocate(node), x: x, w: gy, bias: nil, geometry: geometry,
                                                 dtype: node.dtype, samples: x.shape[0], scratch: lowering))
        }
    }
}
