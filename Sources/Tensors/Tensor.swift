import Engine
import KernelInterface

/// A dense tensor: a strided view of shared storage, or, while a function is being traced, a node of its graph.
/// Immutable but for `assign`, which copies storage that anybody else can see.
public final class Tensor: @unchecked Sendable {
    public let shape: Shape
    /// The number of elements.
    public let count: Int
    /// The traced function in which it was made, as `TracedFunction.current` numbers them.
    let function = TracedFunction.current
    public let dtype: DType
    /// Traced from a Lua number: gives way to the type of what it is combined with.
    @exclusivity(unchecked) public internal(set) var isWeak = false
    /// Whose values these are, when they can't be assigned to.
    @exclusivity(unchecked) public private(set) var owner: Owner?

    // Checks of exclusive access would cost as much as a small operation; no caller is inside one of these when it writes.

    /// Nil while the tensor is a node of a graph.
    @exclusivity(unchecked) var storage: Storage?
    /// In elements.
    @exclusivity(unchecked) var offset = 0
    /// Nil for row-major without gaps.
    @exclusivity(unchecked) var gappedStrides: [Int]?
    @exclusivity(unchecked) var node: (trace: Trace, expression: Expression)?

    init(_ storage: Storage, offset: Int, shape: Shape, strides: [Int]?, dtype: DType) {
        (self.shape, self.dtype, count) = (shape, dtype, shape.elements)
        (self.storage, self.offset) = (storage, offset)
        if let strides, !Tensor.isRowMajor(shape, strides) { gappedStrides = strides }
    }

    init(_ trace: Trace, _ expression: Expression) {
        let node = expression.node
        (shape, dtype, count) = (node.shape, node.dtype, node.shape.elements)
        self.node = (trace, expression)
    }

    /// A tensor of uninitialised values.
    public init(uninitialised shape: Shape, _ dtype: DType) {
        (self.shape, self.dtype, count) = (shape, dtype, shape.elements)
        storage = Storage.make(bytes: count * dtype.size)
    }

    /// Of another's shape and type.
    init(uninitialisedLike other: Tensor) {
        (shape, dtype, count) = (other.shape, other.dtype, other.count)
        storage = Storage.make(bytes: count * dtype.size)
    }

    public convenience init(_ values: [Double], shape: Shape, _ dtype: DType = .float32) {
        precondition(values.count == shape.elements)
        self.init(uninitialised: shape, dtype)
        values.withUnsafeBufferPointer { write($0) }
    }

    public convenience init(_ value: Double, _ dtype: DType = .float32) {
        self.init(uninitialised: [], dtype)
        store(value, at: 0)
    }

    /// Row-major values, into a tensor that nobody else has seen yet.
    func write(_ values: UnsafeBufferPointer<Double>) {
        switch dtype {
        case .float32:
            let p = mutablePointer.assumingMemoryBound(to: Float.self)
            for i in 0..<values.count { p[i] = Float(values[i]) }
        case .float64:
            let p = mutablePointer.assumingMemoryBound(to: Double.self)
            for i in 0..<values.count { p[i] = values[i] }
        }
    }

    public var rank: Int { shape.count }
    public var isTraced: Bool { storage == nil }
    public var isContiguous: Bool { gappedStrides == nil }

    /// The node this tensor is while tracing.
    public var expression: Expression? { node?.expression }

    /// In elements.
    public var strides: [Int] { gappedStrides ?? shape.rowMajorStrides }

    static func isRowMajor(_ shape: Shape, _ strides: [Int]) -> Bool {
        var expected = 1
        for axis in shape.indices.reversed() {
            if shape[axis] == 0 { return true }
            if shape[axis] != 1 && strides[axis] != expected { return shape.contains(0) }
            expected *= shape[axis]
        }
        return true
    }

    /// Native memory this tensor stands for, to a host that collects.
    public var storageBytes: Int { storage.map { min($0.bytes, count &* dtype.size) } ?? 0 }

    /// Where the values are. Only for tensors with values.
    var memory: Storage {
        guard let storage else { preconditionFailure("a traced tensor has no values") }
        return storage
    }

    /// The first element. Only for tensors with values.
    public var pointer: UnsafeRawPointer { UnsafeRawPointer(memory.pointer + offset * dtype.size) }

    /// The first element of a tensor that nobody else has seen yet.
    public var mutablePointer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(mutating: pointer) }

    /// The element that many elements behind the first, in memory.
    func load(_ element: Int) -> Double {
        dtype == .float32 ? Double(pointer.load(fromByteOffset: element * 4, as: Float.self)) : pointer.load(fromByteOffset: element * 8, as: Double.self)
    }
    func store(_ value: Double, at element: Int) {
        if dtype == .float32 {
            mutablePointer.storeBytes(of: Float(value), toByteOffset: element * 4, as: Float.self)
        } else {
            mutablePointer.storeBytes(of: value, toByteOffset: element * 8, as: Double.self)
        }
    }

    /// The element at a position from 0 along each leading axis; a tensor with values.
    public func value(at position: [Int]) -> Double {
        guard let gappedStrides else {
            var element = 0
            for (axis, i) in position.enumerated() { element = element * shape[axis] + i }
            for axis in position.count..<rank { element *= shape[axis] }
            return load(element)
        }
        var element = 0
        for (axis, i) in position.enumerated() { element += i * gappedStrides[axis] }
        return load(element)
    }

    /// This tensor with its values known: a traced one is computed (which only a gradient trace allows).
    public func concrete(_ why: @autoclosure () -> String = "its values are needed") throws -> Tensor {
        guard let node else { return self }
        return try node.trace.value(of: node.expression, why: why())
    }

    /// The same values row-major and without gaps; those of a traced tensor are computed, as by `concrete`.
    public func contiguous() throws -> Tensor {
        if isTraced { return try concrete().contiguous() }
        if isContiguous { return self }
        try Storage.ensure(count * dtype.size, for: "a copy of shape \(shape.braces)")
        return try copied()
    }

    /// A copy with storage of its own.
    func copied() throws -> Tensor {
        let result = Tensor(uninitialisedLike: self)
        try StridedElementwise.run(.unary(.copy), output: (result.mutablePointer, result.strides), shape: shape, inputs: [(pointer, strides)], dtype: dtype)
        return result
    }

    /// The same values in another object: an assignment to the one does not show in the other. A number's tensor
    /// becomes an ordinary one.
    public func alias() -> Tensor {
        if let storage { return Tensor(storage, offset: offset, shape: shape, strides: gappedStrides, dtype: dtype) }
        return Tensor(nodeOrTrap.trace, nodeOrTrap.expression)
    }

    /// The same values in another object, for a function to take as its own.
    public func argument() -> Tensor {
        let argument = alias()
        argument.isWeak = isWeak
        return argument
    }

    /// The same values in another object, which can't be assigned to.
    public func owned(by owner: Owner) -> Tensor {
        let values = alias()
        values.owner = owner
        return values
    }

    /// What a tensor has that has no storage.
    private var nodeOrTrap: (trace: Trace, expression: Expression) {
        guard let node else { preconditionFailure("a tensor has storage or a node") }
        return node
    }

    /// All values in row-major order.
    public func values() throws -> [Double] {
        let tensor = try concrete().contiguous()
        switch dtype {
        case .float32:
            let p = tensor.pointer.assumingMemoryBound(to: Float.self)
            return try [Double](unsafeUninitializedCapacity: count) { values, filled in
                try Interruption.checkedPieces(count) { start, count in
                    for i in start..<(start + count) { values[i] = Double(p[i]) }
                    filled += count
                }
            }
        case .float64:
            return Array(UnsafeBufferPointer(start: tensor.pointer.assumingMemoryBound(to: Double.self), count: count))
        }
    }

    /// The only value of a tensor of one element.
    public func item() throws -> Double {
        guard count == 1 else { throw EngineError("item: a tensor of one element expected, got shape \(shape.braces)") }
        return try concrete("item() asks for its value").load(0)
    }
}
