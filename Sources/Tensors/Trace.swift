import Engine

/// A function being recorded as a graph. Tensors from outside become inputs that are bound to their present values.
///
/// In a gradient trace the inputs have values, so that a value asked for on the way can be computed and ordinary Lua
/// control flow works. In a compile trace they have none, and asking is an error.
public final class Trace {
    public enum Mode { case gradient, compile }
    public let mode: Mode
    public let graph = Graph()
    /// By input index: the value bound to it; nil for the parameters of a compiled function.
    public private(set) var bound: [Tensor?] = []
    /// The inputs that are parameters, in the order in which they were made. A parameter that is assigned to in the
    /// function becomes another node; its input stays.
    public private(set) var parameters: [Int] = []
    /// Set when recording is over: what is left of it in a script are values (or, of a compile trace, nothing).
    public private(set) var isFinished = false
    /// Whether random draws that follow the run were recorded.
    public private(set) var drawsRandomly = false
    /// Where these draws come from, when it is not the session's stream.
    public private(set) var stream: RandomStream?

    private var captured: [Memory: Expression] = [:]
    private struct Memory: Hashable {
        let storage: ObjectIdentifier
        let offset: Int, strides: [Int]?, shape: Shape
    }
    private var kept: [Storage] = []
    private var known: [Int: Tensor] = [:]
    private var variables = 0

    /// Traces under way, innermost last.
    nonisolated(unsafe) public private(set) static var active: [Trace] = []
    public static var current: Trace? { active.last }

    public init(_ mode: Mode) { self.mode = mode }

    /// Records what `body` does, a call of its own in which the function's arguments are made.
    public func record<Result>(_ body: () throws -> Result) rethrows -> Result {
        Trace.active.append(self)
        defer {
            Trace.active.removeLast()
            isFinished = true
        }
        return try TracedFunction.call(body)
    }

    /// A parameter of a compiled function. A weak one stands for a number.
    public func parameter(_ shape: Shape, _ dtype: DType, isWeak: Bool = false) -> Tensor {
        parameters.append(bound.count)
        bound.append(nil)
        let tensor = Tensor(self, graph.input(shape, dtype))
        tensor.isWeak = isWeak
        return tensor
    }

    /// A value to differentiate with respect to: its node, under an identity that no other has, and the tensor that the
    /// function gets, which is another node once the function assigns to it.
    public func variable(_ tensor: Tensor) throws -> (node: Expression, tensor: Tensor) {
        variables += 1
        let node = try graph.apply(Variable(tag: variables), [try expression(tensor)])
        return (node, self.tensor(node, like: tensor))
    }

    /// The node for a tensor: its own, or an input bound to its values.
    public func expression(_ tensor: Tensor) throws -> Expression {
        try tensor.settle()
        if let node = tensor.node {
            guard node.trace === self else {
                throw EngineError("a tensor of a traced function was used outside it: return it from the function instead")
            }
            return node.expression
        }
        guard let storage = tensor.storage else { preconditionFailure("a tensor has storage or a node") }
        if tensor.shape.isEmpty { return graph.constant(tensor.load(0), tensor.dtype) }
        let memory = Memory(storage: ObjectIdentifier(storage), offset: tensor.offset, strides: tensor.gappedStrides, shape: tensor.shape)
        if let known = captured[memory] { return known }
        // The values as they are now: while the storage is held here, a later assignment to the tensor copies it.
        kept.append(storage)
        bound.append(try tensor.alias().contiguous())
        let input = graph.input(tensor.shape, tensor.dtype)
        captured[memory] = input
        return input
    }

    /// The trace under way that some of the tensors belong to.
    static func of(_ tensors: [Tensor]) throws -> Trace? {
        for tensor in tensors where tensor.isTraced { if let node = try tensor.live() { return node.trace } }
        return nil
    }

    /// A random draw that is another one in every run of a compiled function. One function draws from one stream.
    public func random(_ distribution: RandomDraw.Distribution, _ shape: Shape, _ dtype: DType, from stream: RandomStream? = nil) throws -> Tensor {
        if drawsRandomly, stream !== self.stream { throw EngineError("a compiled function draws from one stream, not from two") }
        (drawsRandomly, self.stream) = (true, stream)
        return Tensor(self, try graph.apply(RandomDraw(distribution, shape, dtype, stream: graph.freshRandomStream()), []))
    }

    /// The values of expressions, computed now.
    public func evaluate(_ expressions: [Expression], why: @autoclosure () -> String = "") throws -> [Tensor] {
        guard mode == .gradient else {
            if isFinished { throw EngineError("a tensor of a compiled function has no value outside it: return it from the function instead") }
            throw EngineError("a value of a function that is being compiled is not known yet (\(why())): it differs from call to call, so it cannot decide what Lua does; use tensor.where, or leave this part out of tensor.compile")
        }
        let plan = try Plan(graph, outputs: expressions)
        // Every input of a gradient trace has its value.
        return try Tensor.run(plan, inputs: bound.compactMap { $0 })
    }

    /// The value of one expression, computed once.
    func value(of expression: Expression, why: @autoclosure () -> String) throws -> Tensor {
        if let value = known[expression.id] { return value }
        let value = try evaluate([expression], why: why())[0]
        known[expression.id] = value
        return value
    }
}

extension Tensor {
    /// A tensor that is left of a finished gradient trace takes its value.
    func settle() throws {
        guard let node, node.trace.isFinished, node.trace.mode == .gradient else { return }
        let value = try node.trace.value(of: node.expression, why: "")
        (storage, offset, gappedStrides) = (value.storage, value.offset, value.gappedStrides)
        self.node = nil
    }

    /// The node of a tensor of a trace under way.
    func live() throws -> (trace: Trace, expression: Expression)? {
        guard node != nil else { return nil }
        try settle()
        if let node, node.trace.isFinished {
            throw EngineError("a tensor of a compiled function was used outside it: return it from the function instead")
        }
        return node
    }
}

extension Trace {
    /// A node as a tensor, weak where `like` is.
    public func tensor(_ expression: Expression, like: Tensor) -> Tensor {
        let tensor = Tensor(self, expression)
        tensor.isWeak = like.isWeak
        return tensor
    }

    /// The values of tensors of this (finished) gradient trace, computed together; numbers in the default type.
    public func finish(_ tensors: [Tensor]) throws -> [Tensor] {
        var expressions: [Expression] = []
        for tensor in tensors {
            if let node = tensor.node, node.trace === self {
                expressions.append(tensor.isWeak ? try node.expression.convert(to: .float32) : node.expression)
            }
        }
        var values = (expressions.isEmpty ? [] : try evaluate(expressions)).makeIterator()
        return try tensors.map { tensor in
            if let node = tensor.node, node.trace === self, let value = values.next() { return value }
            return tensor.isWeak ? try tensor.convert(to: .float32) : tensor
        }
    }
}

extension Tensor {
    /// Says that this tensor was a number.
    public func markWeak() { isWeak = true }
}
