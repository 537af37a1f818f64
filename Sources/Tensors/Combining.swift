import Engine
import KernelInterface

/// Tensors out of several, and out of pieces of one.
extension Tensor {
    /// One after another along an axis.
    public static func concatenate(_ tensors: [Tensor], axis: Int) throws -> Tensor {
        let parts = try promoted(tensors)
        if parts.count == 1 { return parts[0].alias() }
        try Concatenate(axis: axis).shape(parts.map(\.shape)).checked("cat")
        return try compute("cat", [axis], parts) { try Engine.concatenate($0, axis: axis) }
    }

    /// Side by side along a new axis.
    public static func stack(_ tensors: [Tensor], axis: Int) throws -> Tensor {
        let first = tensors[0].shape
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
        return try Tensor.compute("roll", [axis, places], [self]) { try $0[0].roll(axis: axis, by: places) }
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
        return try Tensor.compute("pad", [axis, before, after, mode.rawValue, Int(bitPattern: UInt(value.bitPattern))], [self]) { inputs in
            let x = inputs[0]
            func side(_ width: Int, left: Bool) throws -> [Expression] {
                guard width > 0 else { return [] }
                switch mode {
                case .zeros:
                    var sides = shape
                    sides[axis] = width
                    return [x.graph.filled(value, sides, x.dtype)]
                case .circular: return [try x.slice(axis: axis, start: left ? size - width : 0, count: width)]
                case .reflect: return [try x.slice(axis: axis, start: left ? width : size - 2, count: width, step: -1)]
                }
            }
            return try Engine.concatenate(try side(before, left: true) + [x] + (try side(after, left: false)), axis: axis)
        }
    }
}
