import Engine

/// A function compiled for one set of input shapes, ready to run many times without tracing.
public final class CompiledFunction {
    private let execution: Execution
    private let captured: [(Int, Tensor)]
    private let parameters: [Int]
    private let outputBytes: Int
    private let drawsRandomly: Bool
    private let stream: RandomStream?

    /// `outputs` belong to `trace`, a compile trace, whose parameters are the function's.
    public init(_ trace: Trace, outputs: [Tensor], pool: ThreadPool?) throws {
        let plan = try Plan(trace.graph, outputs: try outputs.map { try trace.expression($0) })
        try Storage.ensure(plan.memory(threads: pool?.threads ?? 1), for: "the intermediate values of a compiled function")
        execution = Execution(plan, pool: pool)
        captured = trace.bound.enumerated().compactMap { i, tensor in tensor.map { (i, $0) } }
        outputBytes = zip(plan.outputShapes, plan.outputTypes).reduce(0) { $0 &+ $1.0.elements &* $1.1.size }
        parameters = trace.parameters
        drawsRandomly = trace.drawsRandomly
        stream = trace.stream
        for (index, tensor) in captured { execution.bind(index, to: tensor.pointer) }
    }

    public var plan: Plan { execution.plan }

    /// Runs on arguments of the shapes it was compiled for; random draws come from the function's own stream or `session`.
    public func run(_ arguments: [Tensor], session: RandomStream) throws -> [Tensor] {
        let held = try arguments.map { try $0.contiguous() }
        for (i, tensor) in held.enumerated() { bind(i, to: tensor.pointer) }
        return try withExtendedLifetime(held) { try replay(session: session) }
    }

    /// The row-major values of a parameter in the replays to come.
    public func bind(_ parameter: Int, to pointer: UnsafeRawPointer) { execution.bind(parameters[parameter], to: pointer) }

    /// Runs on what is bound.
    public func replay(session: RandomStream) throws -> [Tensor] {
        let plan = execution.plan
        if outputBytes >= 1 << 20 { try Storage.ensure(outputBytes, for: "the results of a compiled function") }
        var outputs: [Tensor] = []
        outputs.reserveCapacity(plan.outputShapes.count)
        for i in plan.outputShapes.indices {
            let output = Tensor(uninitialised: plan.outputShapes[i], plan.outputTypes[i])
            execution.bindOutput(i, to: output.mutablePointer)
            outputs.append(output)
        }
        let position = drawsRandomly ? (stream ?? session).next() : (key: 0, step: 0)
        try execution.run(seed: position.key, step: position.step)
        return outputs
    }
}
