/// An expression graph: nodes in the order they were built, each an operator on earlier nodes. Append-only; building
/// the same operator on the same inputs again gives the node that is there, so common subexpressions never exist twice.
public final class Graph {
    public final class Node {
        public let op: any Operator
        let kind: ObjectIdentifier
        /// The kernel, if the operator acts on each element alone.
        let elementwise: ElementwiseKernel?
        public let inputs: ValueList
        /// Of the inputs, where the operator is asked about them again: none of one that acts on each element alone.
        let shapes: [Shape]
        public let shape: Shape
        public let dtype: DType

        init(_ op: any Operator, kind: ObjectIdentifier, elementwise: ElementwiseKernel?, inputs: ValueList, shapes: [Shape], shape: Shape, dtype: DType) {
            (self.kind, self.elementwise) = (kind, elementwise)
            (self.op, self.inputs, self.shapes, self.shape, self.dtype) = (op, inputs, shapes, shape, dtype)
        }

        /// The operator as what it is, or nil. Most questions are answered with no, which a cast takes long for.
        @inline(__always) func op<Known: Operator>(_ kind: Known.Type) -> Known? { isOp(kind) ? op.known(kind) : nil }
        @inline(__always) func isOp(_ kind: any Operator.Type) -> Bool { self.kind == ObjectIdentifier(kind) }
    }

    public private(set) var nodes: [Node] = []
    private var known = InternTable()
    /// Inputs in the order they were declared.
    public private(set) var inputs: [Int] = []
    private var randomStreams: UInt32 = 0
    var lastFold: (of: KernelFold, kernel: Int, weights: Int, folded: ConvolutionAttributes)?

    public init() { nodes.reserveCapacity(256) }

    /// A new input of the given shape; each call gives another input.
    public func input(_ shape: Shape, _ dtype: DType = .float32) -> Expression {
        let op = Input(index: inputs.count, shape: shape, dtype: dtype)
        nodes.append(Node(op, kind: ObjectIdentifier(Input.self), elementwise: nil, inputs: [], shapes: [], shape: shape, dtype: dtype))
        inputs.append(nodes.count - 1)
        return Expression(self, nodes.count - 1)
    }

    /// The node for `op` on `inputs`, built now or before. Throws what the operator's shape rule throws.
    public func apply(_ op: any Operator, _ inputs: [Expression]) throws -> Expression { try apply(op, to: ValueList(inputs.map(\.id))) }

    /// The same for inputs by number: compiled for each kind of operator, of which nothing need be asked through a table then.
    func apply<Op: Operator>(_ op: Op, to inputs: ValueList) throws -> Expression {
        let dtype = op.dtype { nodes[inputs[$0]].dtype }, hash = Graph.hash(op, inputs, dtype)
        if let id = known.find(hash, op, inputs, dtype, in: nodes) { return Expression(self, id) }
        let elementwise = op.elementwise
        if elementwise != nil, let shape = commonShape(inputs) {
            return add(Node(op, kind: ObjectIdentifier(Op.self), elementwise: elementwise, inputs: inputs, shapes: [], shape: shape, dtype: dtype), hash)
        }
        let shapes: [Shape] = switch inputs.count {
        case 1: [nodes[inputs[0]].shape]
        case 2: [nodes[inputs[0]].shape, nodes[inputs[1]].shape]
        default: inputs.map { nodes[$0].shape }
        }
        let shape = try op.shape(shapes)
        try Graph.checkSize(shape, of: op)
        return add(Node(op, kind: ObjectIdentifier(Op.self), elementwise: elementwise, inputs: inputs, shapes: elementwise == nil ? shapes : [], shape: shape, dtype: dtype), hash)
    }

    private func commonShape(_ inputs: ValueList) -> Shape? {
        let shape = nodes[inputs[0]].shape
        for i in 1..<max(1, inputs.count) where nodes[inputs[i]].shape != shape { return nil }
        return shape
    }

    /// Elements of the largest value: beyond any memory, and so small that products of sizes do not overflow.
    public static let maximalElements = 1 << 40

    private static func checkSize(_ shape: Shape, of op: some Operator) throws {
        var total = 1
        for size in shape where size > 1 {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard !overflow, product <= maximalElements else { throw EngineError("not enough memory for \(op.name) of shape \(shape.braces)") }
            total = product
        }
    }

    private func add(_ node: Node, _ hash: Int) -> Expression {
        nodes.append(node)
        known.insert(nodes.count - 1, hash)
        return Expression(self, nodes.count - 1)
    }

    private func leaf<Op: Operator>(_ op: Op, _ shape: Shape, _ dtype: DType) -> Expression {
        let hash = Graph.hash(op, [], dtype)
        if let id = known.find(hash, op, [], dtype, in: nodes) { return Expression(self, id) }
        return add(Node(op, kind: ObjectIdentifier(Op.self), elementwise: nil, inputs: [], shapes: [], shape: shape, dtype: dtype), hash)
    }

    private static func hash<Op: Operator>(_ op: Op, _ inputs: ValueList, _ dtype: DType) -> Int {
        // Multiplied by an odd number at every step and folded at the end: numbers of nodes are small and not chosen by anybody.
        let factor: UInt = 0x9e37_79b9_7f4a_7c15
        var hash = UInt(bitPattern: ObjectIdentifier(Op.self)) &+ UInt(dtype.rawValue)
        hash = (hash ^ UInt(bitPattern: op.tag)) &* factor
        for input in inputs { hash = (hash ^ (hash >> 29) ^ UInt(bitPattern: input)) &* factor }
        return Int(bitPattern: hash ^ (hash >> 32))
    }

    /// A second node that computes what `id` does, from other inputs of the same shapes: for a compiler that wants a value
    /// computed twice. Nothing built later finds it.
    func duplicate(_ id: Int, inputs: ValueList) -> Int {
        let node = nodes[id]
        nodes.append(Node(node.op, kind: node.kind, elementwise: node.elementwise, inputs: inputs, shapes: node.shapes, shape: node.shape, dtype: node.dtype))
        return nodes.count - 1
    }

    /// A number, of no dimensions.
    public func constant(_ value: Double, _ dtype: DType) -> Expression {
        leaf(Constant(value: dtype == .float32 ? Double(Float(value)) : value, shape: [], dtype: dtype), [], dtype)
    }

    /// `value` everywhere.
    public func filled(_ value: Double, _ shape: Shape, _ dtype: DType) -> Expression {
        leaf(Constant(value: dtype == .float32 ? Double(Float(value)) : value, shape: shape, dtype: dtype), shape, dtype)
    }

    /// Values known now, row-major; equal contents are the same node.
    public func constant(_ contents: ConstantContents) -> Expression {
        leaf(ConstantTensor(contents: contents), contents.shape, contents.dtype)
    }

    /// Random operators that `body` builds have the streams from `first` on, whatever was built before: the same draws
    /// for the same `first`, and none shared with another one far from it.
    public func withRandomStreams<Result>(from first: UInt32, _ body: () throws -> Result) rethrows -> Result {
        let saved = randomStreams
        randomStreams = first
        defer { randomStreams = saved }
        return try body()
    }

    /// A stream number that no other random operator of this graph has.
    public func freshRandomStream() -> UInt32 {
        defer { randomStreams += 1 }
        return randomStreams
    }
}

/// A node of a graph, as something to calculate with.
public struct Expression {
    public let graph: Graph
    public let id: Int
    public init(_ graph: Graph, _ id: Int) { (self.graph, self.id) = (graph, id) }

    public var node: Graph.Node { graph.nodes[id] }
    public var shape: Shape { graph.nodes[id].shape }
    public var dtype: DType { graph.nodes[id].dtype }
    public var rank: Int { shape.count }
    public var op: any Operator { graph.nodes[id].op }
    public var operands: [Expression] { node.inputs.map { Expression(graph, $0) } }

    /// The value of a constant of one repeated number.
    public var constantValue: Double? { graph.nodes[id].op(Constant.self)?.value }
}
