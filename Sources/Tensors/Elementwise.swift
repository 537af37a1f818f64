import Engine
import KernelInterface
import Kernels

/// Functions of each element alone, straight to the kernels: with NumPy broadcasting, and float32 with float64 giving
/// float64. A number takes the type of the tensor beside it.
extension Tensor {
    public func unary(_ code: UnaryCode) throws -> Tensor {
        if isTraced, let node = try live() { return traced(node.trace, node.expression.apply(code)) }
        if isContiguous {
            let result = try Tensor.elementwise(self)
            let kernel = KernelPointers.of(dtype).unary[code.rawValue], (y, x, size) = (result.mutablePointer, pointer, dtype.size)
            try Interruption.checkedPieces(count) { start, count in kernel(y + start * size, x + start * size, 1, count) }
            return result
        }
        let result = try Tensor.allocate(shape, dtype, "a result")
        try StridedElementwise.run(.unary(code), output: (result.mutablePointer, result.strides), shape: shape, inputs: [(pointer, strides)], dtype: dtype)
        return result
    }

    public static func binary(_ code: BinaryCode, _ a: Tensor, _ b: Tensor) throws -> Tensor {
        if a.dtype == b.dtype, !a.isTraced, !b.isTraced, a.isContiguous, b.isContiguous, a.shape == b.shape {
            let result = try elementwise(a)
            let kernel = KernelPointers.of(a.dtype).binary[code.rawValue], (y, p, q, size) = (result.mutablePointer, a.pointer, b.pointer, a.dtype.size)
            try Interruption.checkedPieces(a.count) { start, count in kernel(y + start * size, p + start * size, 1, q + start * size, 1, count) }
            return result
        }
        let (x, y) = try promoted(a, b)
        let shape = try broadcastChecked([x.shape, y.shape], Binary(code: code).name)
        if let trace = try Trace.of([x, y]) {
            let result = Tensor(trace, try trace.expression(x).apply(code, try trace.expression(y)))
            result.isWeak = a.isWeak && b.isWeak
            return result
        }
        return try strided(.binary(code), shape, [x, y])
    }

    public static func binary(_ code: BinaryCode, _ a: Tensor, _ b: Double) throws -> Tensor {
        if a.isTraced, let node = try a.live() {
            return a.traced(node.trace, node.expression.apply(code, node.expression.graph.constant(b, a.dtype)))
        }
        return try a.withScalar(b) { x, number, y, count in KernelPointers.of(a.dtype).binary[code.rawValue](y, x, 1, number, 0, count) }
    }

    public static func binary(_ code: BinaryCode, _ a: Double, _ b: Tensor) throws -> Tensor {
        if b.isTraced, let node = try b.live() {
            return b.traced(node.trace, node.expression.graph.constant(a, b.dtype).apply(code, node.expression))
        }
        return try b.withScalar(a) { x, number, y, count in KernelPointers.of(b.dtype).binary[code.rawValue](y, number, 0, x, 1, count) }
    }

    /// x where c is not zero, else y.
    public static func select(_ c: Tensor, _ x: Tensor, _ y: Tensor) throws -> Tensor {
        let (a, b) = try promoted(x, y)
        let condition = c.dtype == a.dtype ? c : try binary(.notEqual, c, 0).convert(to: a.dtype)
        let shape = try broadcastChecked([condition.shape, a.shape, b.shape], "where")
        if let trace = try Trace.of([condition, a, b]) {
            return Tensor(trace, Engine.select(try trace.expression(condition), try trace.expression(a), try trace.expression(b)))
        }
        return try strided(.ternary(.select), shape, [condition, a, b])
    }

    /// Values below `low` become low, above `high` become high; nil leaves a side open. Inside the bounds, bounds
    /// included, the gradient is 1.
    public func clamp(_ low: Double?, _ high: Double?) throws -> Tensor {
        try Tensor.compute(Clamp(low: low.map { Bits($0) }, high: high.map { Bits($0) }), [self])
    }

    /// The same values, without gradient through them.
    public func detached() throws -> Tensor { try Tensor.compute(Detach(), [self]) }

    /// Both in the wider of their types.
    public static func promoted(_ a: Tensor, _ b: Tensor) throws -> (Tensor, Tensor) {
        if a.dtype == b.dtype { return (a, b) }
        if a.isWeak { return (try a.convert(to: b.dtype), b) }
        if b.isWeak { return (a, try b.convert(to: a.dtype)) }
        return (try a.convert(to: .float64), try b.convert(to: .float64))
    }

    /// All in the widest of their types.
    public static func promoted(_ tensors: [Tensor]) throws -> [Tensor] {
        let firm = tensors.filter { !$0.isWeak }
        let dtype: DType = (firm.isEmpty ? tensors : firm).contains { $0.dtype == .float64 } ? .float64 : .float32
        return try tensors.map { $0.dtype == dtype ? $0 : try $0.convert(to: dtype) }
    }

    // MARK: Running

    /// Results of more elements ask for memory first.
    private static let largeCount = 1 << 18

    private static func broadcastChecked(_ shapes: [Shape], _ name: String) throws -> Shape {
        try broadcast(shapes, operation: name).checked(name)
    }

    private static func strided(_ kernel: ElementwiseKernel, _ shape: Shape, _ inputs: [Tensor]) throws -> Tensor {
        let result = try allocate(shape, inputs[inputs.count - 1].dtype, "a result")
        try StridedElementwise.run(kernel, output: (result.mutablePointer, result.strides), shape: shape,
                               inputs: inputs.map { ($0.pointer, $0.strides(expandedTo: shape)) }, dtype: result.dtype)
        return result
    }

    @inline(__always)
    private func withScalar(_ value: Double, _ body: (_ x: UnsafeRawPointer, _ number: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int) -> Void) throws -> Tensor {
        let source = isContiguous ? self : try contiguous()
        let result = try Tensor.elementwise(self)
        let (y, x, size) = (result.mutablePointer, source.pointer, dtype.size)
        if dtype == .float32 {
            try withUnsafePointer(to: Float(value)) { number in
                try Interruption.checkedPieces(count) { start, count in body(x + start * size, number, y + start * size, count) }
            }
        } else {
            try withUnsafePointer(to: value) { number in
                try Interruption.checkedPieces(count) { start, count in body(x + start * size, number, y + start * size, count) }
            }
        }
        return result
    }

    /// Room for a result of the shape and type of `x`.
    @inline(__always) private static func elementwise(_ x: Tensor) throws -> Tensor {
        if x.count > largeCount { try Storage.ensure(x.count * x.dtype.size, for: "a result of shape \(x.shape.braces)") }
        return Tensor(uninitialisedLike: x)
    }
}

/// Inside the bounds, bounds included, the gradient is 1 (as PyTorch has it), so this is no chain of max and min.
private struct Clamp: EagerFunction {
    let low: Bits?
    let high: Bits?
    var name: String { "clamp" }
    var fold: Int { 31 &* (low?.fold ?? 1) &+ (high?.fold ?? 2) }
    func expression(_ inputs: [Expression]) -> Expression {
        var y = inputs[0]
        let graph = y.graph
        if let low {
            let bound = graph.constant(low.value, y.dtype)
            y = Engine.select(y.compare(.less, bound), bound, y)
        }
        if let high {
            let bound = graph.constant(high.value, y.dtype)
            y = Engine.select(y.compare(.greater, bound), bound, y)
        }
        return y
    }
}

private struct Detach: EagerFunction {
    var name: String { "detach" }
    var fold: Int { 0 }
    func expression(_ inputs: [Expression]) -> Expression { inputs[0].stopGradient() }
}

/// The kernels' addresses outside Swift arrays: reaching one through the table costs more than a small operation.
struct KernelPointers: @unchecked Sendable {
    let unary: UnsafePointer<UnaryKernel>
    let binary: UnsafePointer<BinaryKernel>

    private init(_ table: KernelTable) {
        func lasting<T>(_ values: [T]) -> UnsafePointer<T> {
            let pointer = UnsafeMutablePointer<T>.allocate(capacity: values.count)
            pointer.initialize(from: values, count: values.count)
            return UnsafePointer(pointer)
        }
        (unary, binary) = (lasting(table.unary), lasting(table.binary))
    }
    private static let float = KernelPointers(Kernels.float), double = KernelPointers(Kernels.double)
    @inline(__always) static func of(_ dtype: DType) -> KernelPointers { dtype == .float32 ? float : double }
}
