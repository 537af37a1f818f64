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
    private var captured: [Memory: Expression] = [:]
    private struct Memory: Hashable {
        let storage: ObjectIdentifier
        let offset: Int, strides: [Int], shape: Shape
    }
    private var variables = 0
    /// Where random draws of a compiled function come from: true when there are any.
    public private(set) var drawsRandomly = false

    /// Traces under way, innermost last.
    nonisolated(unsafe) public private(set) static var active: [Trace] = []
    public static var current: Trace? { active.last }

    public init(_ mode: Mode) { self.mode = mode }

    /// Records what `body` does.
    public func record<Result>(_ body: () throws -> Result) rethrows -> Result {
        Trace.active.append(self)
        defer { Trace.active.removeLast() }
        return try body()
    }

    /// A parameter of a compiled function.
    public func parameter(_ shape: Shape, _ dtype: DType) -> Tensor {
        bound.append(nil)
        return Tensor(self, graph.input(shape, dtype))
    }

    /// A fresh identity for a value to differentiate with respect to.
    public func variable(_ tensor: Tensor) throws -> Tensor {
        variables += 1
        return Tensor(self, try graph.apply(Variable(tag: variables), [try expression(tensor)]))
    }

    /// The node for a tensor: its own, or an input bound to its values.
    public func expression(_ tensor: Tensor) throws -> Expression {
        switch tensor.content {
        case .traced(let trace, let expression):
            guard trace === self else { throw EngineError("a tensor of a traced function was used after or outside it; return it from the function instead") }
            return expression
        case .values:
            guard case .values(let storage, let offset, let strides) = tensor.content else { preconditionFailure("has values") }
            let memory = Memory(storage: ObjectIdentifier(storage), offset: offset, strides: strides, shape: tensor.shape)
            if let known = captured[memory] { return known }
            if tensor.count == 1, tensor.shape.isEmpty { return graph.constant(try tensor.item(), tensor.dtype) }
            // The values as they are now: while the storage is held here, a later assignment to the tensor copies it.
            kept.append(storage)
            bound.append(try tensor.view([]).contiguous())
            let input = graph.input(tensor.shape, tensor.dtype)
            captured[memory] = input
            return input
        }
    }
    private var kept: [Storage] = []

    /// The trace that some of the tensors belong to.
    static func of(_ tensors: [Tensor]) -> Trace? {
        for tensor in tensors { if case .traced(let trace, _) = tensor.content { return trace } }
        return nil
    }

    /// A random draw that is another one in every run of a compiled function.
    public func random(_ distribution: RandomDraw.Distribution, _ shape: Shape, _ dtype: DType) throws -> Tensor {
        drawsRandomly = true
        return Tensor(self, try graph.apply(RandomDraw(distribution, shape, dtype, stream: graph.freshRandomStream()), []))
    }

    /// The values of expressions, computed now.
    public func evaluate(_ expressions: [Expression], why: @autoclosure () -> String = "") throws -> [Tensor] {
        guard mode == .gradient else {
            throw EngineError("a value of a function that is being compiled is not known yet (\(why())): it differs from call to call, so it cannot decide what Lua does; use tensor.where, or leave this part out of tensor.compile")
        }
        let plan = try Plan(graph, outputs: expressions)
        return try Eager.run(plan, inputs: bound.map { $0! }, seed: 0, step: 0)
    }
}

/// A function compiled for one set of input shapes, ready to run many times without tracing.
public final class CompiledFunction {
    private let execution: Execution
    private let captured: [(Int, Tensor)]
    private let parameters: [Int]
    public let drawsRandomly: Bool

    /// `parameters` and `outputs` belong to a compile trace.
    public init(_ trace: Trace, parameters: [Tensor], outputs: [Tensor], pool: ThreadPool?) throws {
        let plan = try Plan(trace.graph, outputs: try outputs.map { try trace.expression($0) })
        execution = Execution(plan, pool: pool)
        captured = trace.bound.enumerated().compactMap { i, tensor in tensor.map { (i, $0) } }
        self.parameters = parameters.map { ($0.expression!.op as! Input).index }
        drawsRandomly = trace.drawsRandomly
        for (index, tensor) in captured { execution.bind(index, to: tensor.pointer) }
    }

    public var plan: Plan { execution.plan }

    public func run(_ arguments: [Tensor], seed: UInt64, step: UInt64) throws -> [Tensor] {
        let held = try arguments.map { try $0.contiguous() }
        for (index, tensor) in zip(parameters, held) { execution.bind(index, to: tensor.pointer) }
        let outputs = zip(plan.outputShapes, plan.outputTypes).map { Tensor(uninitialised: $0, $1) }
        for (i, output) in outputs.enumerated() { execution.bindOutput(i, to: output.mutablePointer) }
        try execution.run(seed: seed, step: step)
        withExtendedLifetime(held) {}
        return outputs
    }
}
