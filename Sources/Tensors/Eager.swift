import Engine
import KernelInterface
import Kernels

/// Operators run at once. Elementwise operators and views go straight to the kernels; everything else is a plan of one
/// operator, kept for the next call with the same shapes.
func runElementwise(_ kernel: EagerKernel, output: (UnsafeMutableRawPointer, [Int]), shape: Shape, inputs: [(UnsafeRawPointer, [Int])], dtype: DType) {
    Eager.elementwise(kernel, output: output, shape: shape, inputs: inputs, dtype: dtype)
}

extension Tensor {
    /// Applies an operator: to values now, or to the trace when an input is traced.
    public static func apply(_ op: any Operator, _ inputs: [Tensor]) throws -> Tensor {
        if let trace = Trace.of(inputs) {
            return Tensor(trace, try trace.graph.apply(op, try inputs.map { try trace.expression($0) }))
        }
        return try Eager.run(op, inputs)
    }

    public func unary(_ code: UnaryCode) -> Tensor {
        if case .traced(let trace, let x) = content { return Tensor(trace, x.apply(code)) }
        let result = Tensor(uninitialised: shape, dtype)
        if isContiguous {
            Kernels.of(dtype).unary[code.rawValue](result.mutablePointer, pointer, 1, count)
        } else {
            runElementwise(.unary(code), output: (result.mutablePointer, result.strides), shape: shape, inputs: [(pointer, strides)], dtype: dtype)
        }
        return result
    }

    /// Elementwise with broadcasting; float32 with float64 gives float64.
    public static func binary(_ code: BinaryCode, _ a: Tensor, _ b: Tensor) throws -> Tensor {
        if a.dtype == b.dtype, a.shape == b.shape, case .values = a.content, case .values = b.content, a.isContiguous, b.isContiguous {
            let result = Tensor(uninitialised: a.shape, a.dtype)
            Kernels.of(a.dtype).binary[code.rawValue](result.mutablePointer, a.pointer, 1, b.pointer, 1, a.count)
            return result
        }
        let (x, y) = try promoted(a, b)
        let shape = try broadcast([x.shape, y.shape], operation: Binary(code: code).name)
        if let trace = Trace.of([x, y]) {
            return Tensor(trace, try trace.expression(x).apply(code, try trace.expression(y)))
        }
        let result = Tensor(uninitialised: shape, x.dtype)
        runElementwise(.binary(code), output: (result.mutablePointer, result.strides), shape: shape,
                       inputs: [x, y].map { ($0.pointer, $0.strides(expandedTo: shape)) }, dtype: x.dtype)
        return result
    }

    /// With a number, which takes the tensor's type.
    public static func binary(_ code: BinaryCode, _ a: Tensor, _ b: Double) -> Tensor {
        if case .traced(let trace, let x) = a.content { return Tensor(trace, x.apply(code, x.graph.constant(b, a.dtype))) }
        return a.withScalar(b) { x, xStep, number, y in
            Kernels.of(a.dtype).binary[code.rawValue](y, x, xStep, number, 0, a.count)
        }
    }
    public static func binary(_ code: BinaryCode, _ a: Double, _ b: Tensor) -> Tensor {
        if case .traced(let trace, let x) = b.content { return Tensor(trace, x.graph.constant(a, b.dtype).apply(code, x)) }
        return b.withScalar(a) { x, xStep, number, y in
            Kernels.of(b.dtype).binary[code.rawValue](y, number, 0, x, xStep, b.count)
        }
    }

    private func withScalar(_ value: Double, _ body: (UnsafeRawPointer, Int, UnsafeRawPointer, UnsafeMutableRawPointer) -> Void) -> Tensor {
        let source = isContiguous ? self : copied()
        let result = Tensor(uninitialised: shape, dtype)
        if dtype == .float32 {
            withUnsafePointer(to: Float(value)) { body(source.pointer, 1, UnsafeRawPointer($0), result.mutablePointer) }
        } else {
            withUnsafePointer(to: value) { body(source.pointer, 1, UnsafeRawPointer($0), result.mutablePointer) }
        }
        return result
    }

    func strides(expandedTo target: Shape) -> [Int] {
        let shift = target.count - rank, own = strides
        return target.indices.map { $0 < shift || (shape[$0 - shift] == 1 && target[$0] != 1) ? 0 : own[$0 - shift] }
    }

    public static func promoted(_ a: Tensor, _ b: Tensor) throws -> (Tensor, Tensor) {
        if a.dtype == b.dtype { return (a, b) }
        return (try a.convert(to: .float64), try b.convert(to: .float64))
    }

    public func convert(to dtype: DType) throws -> Tensor {
        dtype == self.dtype ? self : try Tensor.apply(Convert(to: dtype), [self])
    }

    // MARK: Views

    /// The part that an index describes; shares storage.
    public func view(_ slices: [SliceRange]) throws -> Tensor {
        if case .traced(let trace, let expression) = content {
            var x = expression
            for (axis, s) in slices.enumerated() { x = try x.slice(axis: axis, start: s.start, count: s.count, step: s.step) }
            let kept = slices.indices.filter { !slices[$0].drops }.map { slices[$0].count } + shape[slices.count...]
            return Tensor(trace, try x.reshape(kept))
        }
        guard case .values(let storage, var offset, let strides) = content else { return self }
        var (newShape, newStrides): ([Int], [Int]) = ([], [])
        for axis in shape.indices {
            guard axis < slices.count else {
                newShape.append(shape[axis])
                newStrides.append(strides[axis])
                continue
            }
            let s = slices[axis]
            offset += s.start * strides[axis]
            if !s.drops {
                newShape.append(s.count)
                newStrides.append(s.step * strides[axis])
            }
        }
        return Tensor(storage, offset: offset, shape: newShape, strides: newStrides, dtype: dtype)
    }

    public func permute(_ order: [Int]) throws -> Tensor {
        if case .traced(let trace, let x) = content { return Tensor(trace, try x.permute(order)) }
        guard case .values(let storage, let offset, let strides) = content else { return self }
        return Tensor(storage, offset: offset, shape: order.map { shape[$0] }, strides: order.map { strides[$0] }, dtype: dtype)
    }

    public func reshape(_ target: Shape) throws -> Tensor {
        if case .traced(let trace, let x) = content { return Tensor(trace, try x.reshape(target)) }
        _ = try Reshape(to: target).shape([shape])
        let source = isContiguous ? self : copied()
        guard case .values(let storage, let offset, _) = source.content else { return self }
        return Tensor(storage, offset: offset, shape: target, strides: target.rowMajorStrides, dtype: dtype)
    }

    public func expand(_ target: Shape) throws -> Tensor {
        if case .traced(let trace, let x) = content { return Tensor(trace, try x.expand(target)) }
        _ = try Expand(to: target).shape([shape])
        guard case .values(let storage, let offset, _) = content else { return self }
        return Tensor(storage, offset: offset, shape: target, strides: strides(expandedTo: target), dtype: dtype)
    }
}

extension Tensor {
    /// One replay of a plan on tensors; random operators draw at (seed, step).
    public static func run(_ plan: Plan, inputs: [Tensor], seed: UInt64 = 0, step: UInt64 = 0) throws -> [Tensor] {
        try Eager.run(plan, inputs: inputs, seed: seed, step: step)
    }
}

typealias EagerKernel = ElementwiseKernel

extension Kernels {
    static func of(_ dtype: DType) -> KernelTable { dtype == .float32 ? Kernels.float : Kernels.double }
}

enum Eager {
    static func elementwise(_ kernel: EagerKernel, output: (UnsafeMutableRawPointer, [Int]), shape: Shape, inputs: [(UnsafeRawPointer, [Int])], dtype: DType) {
        StridedElementwise.run(kernel, output: output, shape: shape, inputs: inputs, dtype: dtype)
    }

    private struct Key: Hashable {
        let op: any Operator
        let shapes: [Shape]
        let types: [DType]
        static func == (a: Key, b: Key) -> Bool { a.shapes == b.shapes && a.types == b.types && a.op.equals(b.op) }
        func hash(into hasher: inout Hasher) {
            hasher.combine(ObjectIdentifier(type(of: op)))
            op.hash(into: &hasher)
            hasher.combine(shapes)
            hasher.combine(types)
        }
    }
    nonisolated(unsafe) private static var plans: [Key: Plan] = [:]

    static func run(_ op: any Operator, _ inputs: [Tensor]) throws -> Tensor {
        let key = Key(op: op, shapes: inputs.map(\.shape), types: inputs.map(\.dtype))
        let plan: Plan
        if let known = plans[key] {
            plan = known
        } else {
            let graph = Graph()
            let output = try graph.apply(op, inputs.map { graph.input($0.shape, $0.dtype) })
            plan = try Plan(graph, outputs: [output])
            if plans.count > 512 { plans.removeAll() }
            plans[key] = plan
        }
        return try run(plan, inputs: inputs, seed: 0, step: 0)[0]
    }

    /// One replay of a plan on tensors, with fresh memory.
    static func run(_ plan: Plan, inputs: [Tensor], seed: UInt64, step: UInt64) throws -> [Tensor] {
        let outputs = zip(plan.outputShapes, plan.outputTypes).map { Tensor(uninitialised: $0, $1) }
        let execution = Execution(plan, outputs: outputs.map(\.mutablePointer))
        let held = try inputs.map { try $0.contiguous() }
        for (i, tensor) in held.enumerated() { execution.bind(i, to: tensor.pointer) }
        try execution.run(seed: seed, step: step)
        withExtendedLifetime(held) {}
        return outputs
    }
}
