import Engine
import KernelInterface

/// Tensors out of several, and out of pieces of one.
extension Tensor {
    /// One after another along an axis.
    public static func concatenate(_ tensors: [Tensor], axis: Int) throws -> Tensor {
        let parts = try promoted(tensors)
        if parts.count == 1 { return parts[0].alias() }
        try Concatenate(axis: axis).shape(parts.map(\.shape)).checked("cat")
        return try compute(ConcatenateAll(axis: axis), parts)
    }

    /// Side by side along a new axis.
    public static func stack(_ tensors: [Tensor], axis: Int) throws -> Tensor {
        guard let first = tensors.first?.shape else { throw EngineError("stack: at least one tensor expected") }
        if let i = tensors.firstIndex(where: { $0.shape != first }) {
            throw EngineError("stack: tensors of one shape expected, got \(first.braces) and \(tensors[i].shape.braces) (tensor \(i + 1))")
        }
        var shape = first
        shape.insert(1, at: axis)
        try shape.checked("stack")
        return try concatenate(try tensors.map { try $0.reshape(shape) }, axis: axis)
    }

    /// A circular shift: element i moves to i + shift.
    public func roll(_ axis: Int, by shift: Int) throws -> Tensor {
        let size = shape[axis]
        guard size > 0, shift % size != 0 else { return alias() }
        let places = ((shift % size) + size) % size
        return try Tensor.compute(Roll(axis: axis, places: places), [self])
    }

    /// `before` and `after` more elements along an axis: a value, wrapped round, or mirrored without the edge.
    public func pad(_ axis: Int, before: Int, after: Int, mode: PaddingMode, value: Double = 0) throws -> Tensor {
        let size = shape[axis], most = max(before, after)
        guard before >= 0, after >= 0 else { throw EngineError("pad: widths of at least 0 expected, got {\(before), \(after)}") }
        guard before < 1 << 40, after < 1 << 40 else { throw EngineError("not enough memory for pad by {\(before), \(after)}") }
        if mode == .circular, most > size { throw EngineError("pad: circular padding of \(most) needs at least as many positions, got \(size)") }
        if mode == .reflect, most > 0, most >= size { throw EngineError("pad: reflect padding of \(most) needs more than \(most) positions, got \(size)") }
        var target = shape
        target[axis] += before + after
        try target.checked("pad")
        if most == 0 { return alias() }
        return try Tensor.compute(Pad(axis: axis, before: before, after: after, mode: mode, value: Bits(value)), [self])
    }
}

private struct ConcatenateAll: EagerFunction {
    let axis: Int
    var name: String { "cat" }
    var fold: Int { axis }
    func expression(_ inputs: [Expression]) throws -> Expression { try Engine.concatenate(inputs, axis: axis) }
}

private struct Roll: EagerFunction {
    let axis: Int
    let places: Int
    var name: String { "roll" }
    var fold: Int { 31 &* places &+ axis }
    func expression(_ inputs: [Expression]) throws -> Expression { try inputs[0].roll(axis: axis, by: places) }
}

private struct Pad: EagerFunction {
    let axis: Int
    let before: Int
    let after: Int
    let mode: PaddingMode
    let value: Bits
    var name: String { "pad" }
    var fold: Int { 31 &* (31 &* (31 &* before &+ after) &+ axis) &+ value.fold }

    func expression(_ inputs: [Expression]) throws -> Expression {
        let x = inputs[0]
        let parts = try side(before, of: x, isLeft: true) + [x] + side(after, of: x, isLeft: false)
        return try Engine.concatenate(parts, axis: axis)
    }

    private func side(_ width: Int, of x: Expression, isLeft: Bool) throws -> [Expression] {
        guard width > 0 else { return [] }
        let size = x.shape[axis]
        switch mode {
        case .zeros:
            var shape = x.shape
            shape[axis] = width
            return [x.graph.filled(value.value, shape, x.dtype)]
        case .circular: return [try x.slice(axis: axis, start: isLeft ? size - width : 0, count: width)]
        case .reflect: return [try x.slice(axis: axis, start: isLeft ? width : size - 2, count: width, step: -1)]
        }
    }
}
