import Engine
import KernelInterface

/// A dense tensor: a strided view of shared storage, or, while a function is being traced, a node of its graph.
/// Immutable but for `assign`, which copies storage that anybody else can see.
public final class Tensor: @unchecked Sendable {
    enum Content {
        case values(Storage, offset: Int, strides: [Int])
        case traced(Trace, Expression)
    }
    var content: Content
    public let shape: Shape
    public let dtype: DType

    init(_ storage: Storage, offset: Int, shape: Shape, strides: [Int], dtype: DType) {
        content = .values(storage, offset: offset, strides: strides)
        (self.shape, self.dtype) = (shape, dtype)
    }

    init(_ trace: Trace, _ expression: Expression) {
        content = .traced(trace, expression)
        (shape, dtype) = (expression.shape, expression.dtype)
    }

    /// A tensor of uninitialised values.
    public init(uninitialised shape: Shape, _ dtype: DType) {
        let storage = Storage(bytes: shape.elements * dtype.size)
        content = .values(storage, offset: 0, strides: shape.rowMajorStrides)
        (self.shape, self.dtype) = (shape, dtype)
    }

    public convenience init(_ values: [Double], shape: Shape, _ dtype: DType = .float32) {
        precondition(values.count == shape.elements)
        self.init(uninitialised: shape, dtype)
        write(values)
    }

    public convenience init(_ value: Double, _ dtype: DType = .float32) { self.init([value], shape: [], dtype) }

    private func write(_ values: [Double]) {
        let pointer = mutablePointer
        switch dtype {
        case .float32: for (i, value) in values.enumerated() { pointer.assumingMemoryBound(to: Float.self)[i] = Float(value) }
        case .float64: for (i, value) in values.enumerated() { pointer.assumingMemoryBound(to: Double.self)[i] = value }
        }
    }

    public var rank: Int { shape.count }
    public var count: Int { shape.elements }
    public var isTraced: Bool { if case .traced = content { true } else { false } }

    /// The node this tensor is while tracing.
    public var expression: Expression? { if case .traced(_, let expression) = content { expression } else { nil } }

    var strides: [Int] { if case .values(_, _, let strides) = content { strides } else { shape.rowMajorStrides } }

    public var isContiguous: Bool {
        guard case .values(_, _, let strides) = content else { return true }
        var expected = 1
        for axis in shape.indices.reversed() {
            if shape[axis] != 1 && strides[axis] != expected { return count == 0 }
            expected *= shape[axis]
        }
        return true
    }

    /// The first element. Only for tensors with values.
    public var pointer: UnsafeRawPointer {
        guard case .values(let storage, let offset, _) = content else { preconditionFailure("a traced tensor has no values") }
        return UnsafeRawPointer(storage.pointer + offset * dtype.size)
    }

    /// The first element of a tensor that nobody else has seen yet.
    public var mutablePointer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(mutating: pointer) }

    /// This tensor with its values known: a traced one is computed (which only a gradient trace allows).
    public func concrete(_ why: @autoclosure () -> String = "its values are needed") throws -> Tensor {
        guard case .traced(let trace, let expression) = content else { return self }
        return try trace.evaluate([expression], why: why())[0]
    }

    /// The same values row-major and without gaps.
    public func contiguous() throws -> Tensor {
        if isTraced || isContiguous { return self }
        return copied()
    }

    /// A copy with storage of its own.
    func copied() -> Tensor {
        let result = Tensor(uninitialised: shape, dtype)
        copy(into: result)
        return result
    }

    private func copy(into target: Tensor) {
        guard case .values(_, _, let from) = content, case .values(_, _, let to) = target.content else { return }
        runElementwise(.unary(.copy), output: (target.mutablePointer, to), shape: shape, inputs: [(pointer, from)], dtype: dtype)
    }

    /// All values in row-major order.
    public func values() throws -> [Double] {
        let tensor = try concrete().contiguous()
        let pointer = tensor.pointer
        switch dtype {
        case .float32:
            let p = pointer.assumingMemoryBound(to: Float.self)
            return (0..<count).map { Double(p[$0]) }
        case .float64:
            let p = pointer.assumingMemoryBound(to: Double.self)
            return (0..<count).map { p[$0] }
        }
    }

    /// The only value of a tensor of one element.
    public func item() throws -> Double {
        guard count == 1 else { throw EngineError("item: a tensor of one element expected, got shape \(shape.braces)") }
        let tensor = try concrete("item() asks for its value")
        return dtype == .float32 ? Double(tensor.pointer.load(as: Float.self)) : tensor.pointer.load(as: Double.self)
    }

    /// Writes `source`, broadcast to `view`'s shape, into the part of this tensor that `view` describes (a view made by
    /// slicing this tensor). Storage that others can see is copied first, so they keep their values.
    public func assign(_ source: Tensor, at slices: [SliceRange]) throws {
        guard !isTraced, !source.isTraced else { throw EngineError("assignment to an element inside a traced function: build the result with where, cat or stack instead") }
        let target = try view(slices)
        let expanded = try broadcast([source.shape, target.shape], operation: "assignment")
        guard expanded == target.shape else {
            throw EngineError("assignment: a value of shape \(source.shape.braces) does not fit into \(target.shape.braces)")
        }
        let values = source.dtype == dtype ? source : try source.convert(to: dtype)
        makeUnique()
        let place = try view(slices)
        let from = values.sharesStorage(with: self) ? values.copied() : values
        guard case .values(_, _, let to) = place.content, case .values(_, _, let strides) = from.content else { return }
        let shift = target.rank - from.rank
        let inputStrides = target.shape.indices.map { $0 < shift || from.shape[$0 - shift] == 1 ? 0 : strides[$0 - shift] }
        runElementwise(.unary(.copy), output: (place.mutablePointer, to), shape: target.shape, inputs: [(from.pointer, inputStrides)], dtype: dtype)
    }

    private func sharesStorage(with other: Tensor) -> Bool {
        guard case .values(let a, _, _) = content, case .values(let b, _, _) = other.content else { return false }
        return a === b
    }

    private func makeUnique() {
        guard case .values(var storage, let offset, let strides) = content else { return }
        content = .values(Tensor.nothing, offset: 0, strides: [])
        let unique = isKnownUniquelyReferenced(&storage)
        content = .values(storage, offset: offset, strides: strides)
        if !unique { content = copied().content }
    }
    private static let nothing = Storage(bytes: 0)
}

/// One axis of an index: start, count and step; `drops` leaves the axis out of the result.
public struct SliceRange: Hashable, Sendable {
    public var start: Int, count: Int, step: Int, drops: Bool
    public init(start: Int, count: Int, step: Int = 1, drops: Bool = false) { (self.start, self.count, self.step, self.drops) = (start, count, step, drops) }
}
