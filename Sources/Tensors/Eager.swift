import Engine
import Synchronization

/// A function of tensors that is not elementwise and not a view: a small graph, compiled to a plan that is kept for the
/// next call with the same shapes.
///
/// The value itself is the key of the plan, and `expression` knows nothing but the value: functions that compute
/// something else are not equal, whatever is added to them. Numbers that are not sizes are `Bits`, since -0 equals 0
/// and NaN nothing.
protocol EagerFunction: Hashable, Sendable {
    /// As errors call it.
    var name: String { get }
    /// The result for inputs of one type.
    func expression(_ inputs: [Expression]) throws -> Expression
    /// A number that tells values of one kind apart most of the time: hashing every attribute would cost more than a
    /// small operation.
    var fold: Int { get }
}

extension EagerFunction {
    /// Equal, and of one kind.
    func isEqual(to other: any EagerFunction) -> Bool {
        func isSame<Other: EagerFunction>(_ other: Other) -> Bool {
            // The cast of one type to itself: `as?` would look for conformances on the way.
            Other.self == Self.self && unsafeBitCast(other, to: Self.self) == self
        }
        return isSame(other)
    }

    var kind: Int { Int(bitPattern: ObjectIdentifier(Self.self)) }
}

/// A number as the very bits it is: -0 and 0 are two, and NaN is itself.
struct Bits: Hashable, Sendable {
    private let pattern: UInt64
    init(_ value: Double) { pattern = value.bitPattern }
    var value: Double { Double(bitPattern: pattern) }
    var fold: Int { Int(truncatingIfNeeded: pattern ^ (pattern >> 32)) }
}

extension Tensor {
    /// A function of tensors of one type: recorded when an input is traced, else computed now.
    static func compute(_ function: some EagerFunction, _ inputs: [Tensor]) throws -> Tensor {
        if let trace = try Trace.of(inputs) {
            let result = Tensor(trace, try function.expression(try inputs.map { try trace.expression($0) }))
            result.isWeak = inputs.allSatisfy(\.isWeak)
            return result
        }
        let shapes = inputs.map { Eager.Input(shape: $0.shape, dtype: $0.dtype) }
        let entry = try Eager.entry(Eager.Key(function: function, inputs: shapes))
        return try entry.run(inputs, function.name)
    }

    /// One replay of a plan on tensors; random operators draw at (seed, step).
    public static func run(_ plan: Plan, inputs: [Tensor], seed: UInt64 = 0, step: UInt64 = 0) throws -> [Tensor] {
        let outputs = try zip(plan.outputShapes, plan.outputTypes).map { try allocate($0, $1, "a result") }
        let held = try inputs.map { try $0.contiguous() }
        try Storage.ensure(plan.memory(threads: 1), for: "intermediate values")
        let execution = Execution(plan, outputs: outputs.map(\.mutablePointer))
        for (i, tensor) in held.enumerated() { execution.bind(i, to: tensor.pointer) }
        try execution.run(seed: seed, step: step)
        withExtendedLifetime(held) {}
        return outputs
    }

    public func convert(to dtype: DType) throws -> Tensor {
        if dtype == self.dtype, !isWeak { return self }
        let result = try Tensor.compute(Convert(dtype: dtype), [self])
        result.isWeak = false
        return result
    }
}

/// The plans of eager functions.
enum Eager {
    struct Input: Hashable {
        let shape: Shape
        let dtype: DType
    }

    struct Key: Hashable {
        let function: any EagerFunction
        let inputs: [Input]

        static func == (a: Key, b: Key) -> Bool { a.inputs == b.inputs && a.function.isEqual(to: b.function) }

        /// Of sizes and attributes folded into one number, for the same reason as `EagerFunction.fold`.
        func hash(into hasher: inout Hasher) {
            var fold = function.kind &* 31 &+ function.fold
            for input in inputs { for size in input.shape { fold = fold &* 31 &+ size } }
            hasher.combine(fold)
        }

        func plan() throws -> Plan {
            let graph = Graph()
            return try Plan(graph, outputs: [try function.expression(inputs.map { graph.input($0.shape, $0.dtype) })])
        }
    }

    /// A plan and, between runs, the memory to replay it in.
    final class Entry: @unchecked Sendable {
        let plan: Plan
        private let spare = Mutex<Execution?>(nil)
        private static let largestKept = 1 << 20

        init(_ plan: Plan) { self.plan = plan }

        func run(_ inputs: [Tensor], _ name: String) throws -> Tensor {
            let output = try Tensor.allocate(plan.outputShapes[0], plan.outputTypes[0], name)
            let held = try inputs.map { try $0.contiguous() }
            let execution: Execution
            if let kept = spare.withLock({ spare in
                defer { spare = nil }
                return spare
            }) {
                execution = kept
                execution.bindOutput(0, to: output.mutablePointer)
            } else {
                try Storage.ensure(plan.memory(threads: 1), for: name)
                execution = Execution(plan, outputs: [output.mutablePointer])
            }
            for (i, tensor) in held.enumerated() { execution.bind(i, to: tensor.pointer) }
            try execution.run()
            withExtendedLifetime(held) {}
            if plan.memory(threads: 1) < Entry.largestKept { spare.withLock { $0 = execution } }
            return output
        }
    }

    private static let entries = Mutex<[Key: Entry]>([:])

    static func entry(_ key: Key) throws -> Entry {
        if let known = entries.withLock({ $0[key] }) { return known }
        let entry = Entry(try key.plan())
        entries.withLock {
            if $0.count > 1000 { $0.removeAll() }
            $0[key] = entry
        }
        return entry
    }
}

/// The values in another element type.
private struct Convert: EagerFunction {
    let dtype: DType
    var name: String { "to" }
    var fold: Int { Int(dtype.rawValue) }
    func expression(_ inputs: [Expression]) throws -> Expression { try inputs[0].convert(to: dtype) }
}
