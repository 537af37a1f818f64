import KernelInterface
import Synchronization

/// Building convolutions, with the rewriting that only they need: A'A of a circular convolution with known weights is
/// one convolution with the autocorrelation of the weights.
extension Expression {
    public func convolve(_ w: Expression, bias: Expression? = nil, _ attributes: ConvolutionAttributes) throws -> Expression {
        try graph.apply(Convolution(attributes: attributes), to: bias.map { [id, w.id, $0.id] } ?? [id, w.id])
    }

    /// The adjoint of `convolve` for signals with the given spatial size.
    public func convolveTransposed(_ w: Expression, _ attributes: ConvolutionAttributes, spatial: [Int]) throws -> Expression {
        if let folded = try foldedNormal(w, attributes, spatial) { return folded }
        return try graph.apply(ConvolutionTransposed(attributes: attributes, spatial: spatial), to: [id, w.id])
    }

    /// convolveTransposed(convolve(x, k), k) as one convolution of x, where taps wrap round at most once over.
    private func foldedNormal(_ w: Expression, _ attributes: ConvolutionAttributes, _ spatial: [Int]) throws -> Expression? {
        guard let inner = graph.nodes[id].op(Convolution.self), inner.attributes == attributes, operands.count == 2, operands[1].id == w.id,
              let k = graph.nodes[w.id].op(ConstantTensor.self)?.contents, k.shape.count == 3, k.shape[0] == 1, k.shape[1] == 1,
              attributes.mode == .circular, attributes.stride == 1, attributes.dilation == 1, shape[2] == spatial[0] else { return nil }
        if let last = graph.lastFold, last.kernel == w.id, last.of.attributes == attributes, last.of.length == spatial[0] {
            return try operands[0].convolve(Expression(graph, last.weights), last.folded)
        }
        let fold = KernelFold(kernel: k, attributes: attributes, length: spatial[0]), (contents, folded) = fold.result()
        let weights = graph.constant(contents).id
        graph.lastFold = (fold, w.id, weights, folded)
        return try operands[0].convolve(Expression(graph, weights), folded)
    }
}

/// A kernel that is folded: every gradient step of a network asks for the same one, and so does every network of a study.
struct KernelFold {
    let kernel: ConstantContents, attributes: ConvolutionAttributes, length: Int

    private typealias Result = (weights: ConstantContents, attributes: ConvolutionAttributes)
    /// The latest of them.
    private static let known = Mutex<[(of: KernelFold, result: Result)]>([])

    /// The kernel of A'A, and how it lies.
    func result() -> (weights: ConstantContents, attributes: ConvolutionAttributes) {
        let found = Self.known.withLock { known in
            known.first { $0.of.kernel === kernel && $0.of.length == length && $0.of.attributes == attributes }?.result
        }
        if let found { return found }
        let (values, folded) = Self.autocorrelation(kernel.values, length: length)
        let result = (ConstantContents(shape: [1, 1, values.count], dtype: kernel.dtype, values: values), folded)
        Self.known.withLock { known in
            if known.count >= 8 { known.removeFirst() }
            known.append((self, result))
        }
        return result
    }

    /// The taps of A'A and how they lie, for the taps of A on signals of a length.
    static func autocorrelation(_ k: [Double], length: Int) -> ([Double], ConvolutionAttributes) {
        let taps = k.count
        // r[d] = sum over t of k[t] k[t + d], for d = -(taps-1) ... taps-1; y[p] = sum over d of r[d] x[p + d].
        let reach = taps - 1
        var r = [Double](repeating: 0, count: 2 * reach + 1)
        for t in 0..<taps { for s in 0...t { r[reach - t + s] += k[t] * k[s] } }
        for d in 1..<max(1, taps) { r[reach + d] = r[reach - d] }
        var folded = ConvolutionAttributes()
        folded.mode = .circular
        if r.count > length {
            // Offsets that are the same position round the circle are added: one tap per position. Of an even length the
            // position opposite is shared by both ends, so that the kernel stays symmetric.
            var wrapped = [Double](repeating: 0, count: length)
            let left = length / 2
            for (i, value) in r.enumerated() { wrapped[(((i - reach + left) % length) + length) % length] += value }
            if length % 2 == 0 {
                wrapped[0] /= 2
                wrapped.append(wrapped[0])
            }
            // What rounding left between the halves goes.
            for i in 0..<left { wrapped[wrapped.count - 1 - i] = wrapped[i] }
            (r, folded.padLeft, folded.padRight) = (wrapped, left, wrapped.count - 1 - left)
        } else {
            (folded.padLeft, folded.padRight) = (reach, reach)
        }
        return (r, folded)
    }
}

extension Graph {
    /// Copies what `output` needs of another graph into this one; `inputs` stand for the other graph's inputs, and may be of
    /// another precision, which is then that of everything copied. Random operators that follow the run get streams of
    /// their own.
    public func inline(_ output: Expression, inputs: [Expression]) throws -> Expression {
        let source = output.graph
        let given = inputs.first?.dtype, own = source.inputs.first.map { source.nodes[$0].dtype }
        let dtype = given == own ? nil : given
        var needed = [Bool](repeating: false, count: output.id + 1)
        needed[output.id] = true
        for id in stride(from: output.id, through: 0, by: -1) where needed[id] { for input in source.nodes[id].inputs { needed[input] = true } }
        var copies: [Int: Expression] = [:]
        for id in 0...output.id where needed[id] {
            let node = source.nodes[id]
            switch node.op {
            case let input as Input: copies[id] = inputs[input.index]
            case let constant as Constant: copies[id] = filled(constant.value, node.shape, dtype ?? node.dtype)
            case let constant as ConstantTensor:
                let contents = constant.contents
                copies[id] = self.constant(dtype.map { ConstantContents(shape: contents.shape, dtype: $0, values: contents.values) } ?? contents)
            case let draw as RandomDraw:
                copies[id] = try apply(RandomDraw(draw.distribution, draw.size, dtype ?? draw.type, stream: draw.seed == nil ? freshRandomStream() : draw.stream, seed: draw.seed), [])
            case is Convert where dtype != nil: copies[id] = copies[node.inputs[0]]
            default: copies[id] = try apply(node.op, node.inputs.map { copies[$0]! })
            }
        }
        return copies[output.id]!
    }
}
