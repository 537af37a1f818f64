import Engine

/// One axis of an index: start, count and step; `drops` leaves the axis out of the result.
public struct SliceRange: Hashable, Sendable {
    public var start: Int, count: Int, step: Int, drops: Bool
    public init(start: Int, count: Int, step: Int = 1, drops: Bool = false) { (self.start, self.count, self.step, self.drops) = (start, count, step, drops) }
}

/// Other arrangements of the same values: views of the storage, whatever the strides can say.
extension Tensor {
    /// The part that an index describes.
    public func view(_ slices: [SliceRange]) throws -> Tensor {
        if isTraced, let node = try live() {
            var x = node.expression
            for (axis, s) in slices.enumerated() { x = try x.slice(axis: axis, start: s.start, count: s.count, step: s.step) }
            let kept = slices.indices.filter { !slices[$0].drops }.map { slices[$0].count } + shape[slices.count...]
            return traced(node.trace, try x.reshape(kept))
        }
        var offset = offset
        var (newShape, newStrides): ([Int], [Int]) = ([], [])
        let strides = strides
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
        if newShape.contains(0) { offset = 0 }
        return Tensor(memory, offset: offset, shape: newShape, strides: newStrides, dtype: dtype)
    }

    /// The part at a position from 0 along the first axis of a tensor with values.
    public func row(_ i: Int) -> Tensor {
        let inner = Array(shape[1...])
        guard let gappedStrides else {
            return Tensor(memory, offset: offset + i * inner.elements, shape: inner, strides: nil, dtype: dtype)
        }
        let start = inner.contains(0) ? 0 : offset + i * gappedStrides[0]
        return Tensor(memory, offset: start, shape: inner, strides: Array(gappedStrides[1...]), dtype: dtype)
    }

    /// Elements start, start + step, ... along an axis.
    public func slice(axis: Int, start: Int, count: Int, step: Int = 1) throws -> Tensor {
        try view(shape.indices.prefix(axis).map { SliceRange(start: 0, count: shape[$0]) } + [SliceRange(start: start, count: count, step: step)])
    }

    public func permute(_ order: [Int]) throws -> Tensor {
        if isTraced, let node = try live() { return traced(node.trace, try node.expression.permute(order)) }
        let strides = strides
        return Tensor(memory, offset: offset, shape: order.map { shape[$0] }, strides: order.map { strides[$0] },
                      dtype: dtype)
    }

    public func transpose(_ a: Int, _ b: Int) throws -> Tensor {
        var order = Array(0..<rank)
        order.swapAt(a, b)
        return try permute(order)
    }

    public func reshape(_ target: Shape) throws -> Tensor {
        try target.checked("reshape")
        guard count == target.elements else {
            throw EngineError("reshape: \(shape.braces) has \(count) elements, \(target.braces) has \(target.elements)")
        }
        if isTraced, let node = try live() { return traced(node.trace, try node.expression.reshape(target)) }
        let source = try contiguous()
        return Tensor(source.memory, offset: source.offset, shape: target, strides: nil, dtype: dtype)
    }

    public func expand(_ target: Shape) throws -> Tensor {
        try target.checked("expand")
        _ = try Expand(to: target).shape([shape])
        if isTraced, let node = try live() { return traced(node.trace, try node.expression.expand(target)) }
        return Tensor(memory, offset: offset, shape: target, strides: strides(expandedTo: target), dtype: dtype)
    }

    func strides(expandedTo target: Shape) -> [Int] {
        let shift = target.count - rank, own = strides
        return target.indices.map { $0 < shift || (shape[$0 - shift] == 1 && target[$0] != 1) ? 0 : own[$0 - shift] }
    }

    public func flip(_ axis: Int) throws -> Tensor {
        if shape[axis] == 0 { return alias() }
        return try slice(axis: axis, start: shape[axis] - 1, count: shape[axis], step: -1)
    }

    /// The result of an operator on this tensor alone.
    func traced(_ trace: Trace, _ expression: Expression) -> Tensor {
        let result = Tensor(trace, expression)
        result.isWeak = isWeak
        return result
    }
}
