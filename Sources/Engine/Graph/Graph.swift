/// An expression graph: nodes in the order they were built, each an operator on earlier nodes. Append-only; building
/// the same operator on the same inputs again gives the node that is there, so common subexpressions never exist twice.
public final class Graph {
    public struct Node {
        public let op: any Operator
        public let inputs: [Int]
        public let shape: Shape
        public let dtype: DType
    }

    public private(set) var nodes: [Node] = []
    private var interned: [Key: Int] = [:]
    /// Inputs in the order they were declared.
    public private(set) var inputs: [Int] = []
    private var randomStreams: UInt32 = 0

    public init() { nodes.reserveCapacity(512) }

    private struct Key: Hashable {
        let op: any Operator
        let inputs: [Int]
        let dtype: DType
        let hash: Int

        init(op: any Operator, inputs: [Int], dtype: DType) {
            self.op = op
            self.inputs = inputs
            self.dtype = dtype
            var hasher = Hasher()
            hasher.combine(ObjectIdentifier(type(of: op)))
            op.hash(into: &hasher)
            for input in inputs { hasher.combine(input) }
            hasher.combine(dtype)
            hash = hasher.finalize()
        }
        static func == (a: Key, b: Key) -> Bool { a.hash == b.hash && a.inputs == b.inputs && a.dtype == b.dtype && a.op.equals(b.op) }
        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }

    /// A new input of the given shape; each call gives another input.
    public func input(_ shape: Shape, _ dtype: DType = .float32) -> Expression {
        let op = Input(index: inputs.count, shape: shape, dtype: dtype)
        nodes.append(Node(op: op, inputs: [], shape: shape, dtype: dtype))
        inputs.append(nodes.count - 1)
        return Expression(self, nodes.count - 1)
    }

    /// The node for `op` on `inputs`, built now or before. Throws what the operator's shape rule throws.
    public func apply(_ op: any Operator, _ inputs: [Expression]) throws -> Expression {
        let nodes = inputs.map { self.nodes[$0.id] }
        let shape = try op.shape(nodes.map(\.shape))
        try Graph.checkSize(shape, of: op)
        return intern(op, inputs.map(\.id), shape, op.dtype(nodes.map(\.dtype)))
    }

    /// Elements of the largest value: beyond any memory, and so small that products of sizes do not overflow.
    public static let maximalElements = 1 << 40

    private static func checkSize(_ shape: Shape, of op: any Operator) throws {
        var total = 1
        for size in shape where size > 1 {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard !overflow, product <= maximalElements else { throw EngineError("not enough memory for \(op.name) of shape \(shape.braces)") }
            total = product
        }
    }

    private func intern(_ op: any Operator, _ inputs: [Int], _ shape: Shape, _ dtype: DType) -> Expression {
        let key = Key(op: op, inputs: inputs, dtype: dtype)
        if let id = interned[key] { return Expression(self, id) }
        nodes.append(Node(op: op, inputs: inputs, shape: shape, dtype: dtype))
        interned[key] = nodes.count - 1
        return Expression(self, nodes.count - 1)
    }

    /// A second node that computes what `id` does, from other inputs of the same shapes: for a compiler that wants a value
    /// computed twice. Nothing built later finds it.
    func duplicate(_ id: Int, inputs: [Int]) -> Int {
        let node = nodes[id]
        nodes.append(Node(op: node.op, inputs: inputs, shape: node.shape, dtype: node.dtype))
        return nodes.count - 1
    }

    /// A number, of no dimensions.
    public func constant(_ value: Double, _ dtype: DType) -> Expression {
        intern(Constant(value: dtype == .float32 ? Double(Float(value)) : value, shape: [], dtype: dtype), [], [], dtype)
    }

    /// `value` everywhere.
    public func filled(_ value: Double, _ shape: Shape, _ dtype: DType) -> Expression {
        intern(Constant(value: dtype == .float32 ? Double(Float(value)) : value, shape: shape, dtype: dtype), [], shape, dtype)
    }

    /// Values known now, row-major; equal contents are the same node.
    public func constant(_ contents: ConstantContents) -> Expression {
        intern(ConstantTensor(contents: contents), [], contents.shape, contents.dtype)
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
    public var constantValue: Double? { (op as? Constant)?.value }
}
