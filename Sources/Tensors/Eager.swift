import Engine
import Synchronization

/// Operators run at once. What is not elementwise and not a view is a small graph, compiled to a plan that is kept for
/// the next call with the same shapes.
extension Tensor {
    /// A function of tensors of one type: recorded when an input is traced, else computed now. `name` and `attributes`
    /// say which function `build` writes.
    public static func compute(_ name: String, _ attributes: [Int] = [], _ inputs: [Tensor], _ build: ([Expression]) throws -> Expression) throws -> Tensor {
        if let trace = try Trace.of(inputs) {
            let result = Tensor(trace, try build(try inputs.map { try trace.expression($0) }))
            result.isWeak = inputs.allSatisfy(\.isWeak)
            return result
        }
        let key = Eager.Key(name: name, attributes: attributes, shapes: inputs.map(\.shape), types: inputs.map(\.dtype))
        let entry = try Eager.entry(key) {
            let graph = Graph()
            return try Plan(graph, outputs: [try build(inputs.map { graph.input($0.shape, $0.dtype) })])
        }
        return try entry.run(inputs, name)
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
        let result = try Tensor.compute("to", [Int(dtype.rawValue)], [self]) { try $0[0].convert(to: dtype) }
        result.isWeak = false
        return result
    }
}

enum Eager {
    struct Key: Hashable {
        let name: String
        let attributes: [Int]
        let shapes: [Shape]
        let types: [DType]

        /// Of sizes and attributes folded into one number: hashing each would cost more than a small operation.
        func hash(into hasher: inout Hasher) {
            var fold = name.utf8.count
            for attribute in attributes { fold = fold &* 31 &+ attribute }
            for shape in shapes { for size in shape { fold = fold &* 31 &+ size } }
            hasher.combine(fold)
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

    static func entry(_ key: Key, _ make: () throws -> Plan) throws -> Entry {
        if let known = entries.withLock({ $0[key] }) { return known }
        let entry = Entry(try make())
        entries.withLock {
            if $0.count > 1000 { $0.removeAll() }
            $0[key] = entry
        }
        return entry
    }
}
