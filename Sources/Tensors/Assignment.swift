import Engine
import KernelInterface

/// Writing into a part of a tensor. Storage that others can see is copied first, so only this tensor changes; a tensor
/// of a trace becomes another node of it, so that gradients go through assignments as well.
extension Tensor {
    /// Writes `source`, broadcast to the shape of the part that `slices` describes, into that part. Throws for a shape
    /// that does not fit, and `RefusedAssignment`.
    public func assign(_ source: Tensor, at slices: [SliceRange]) throws {
        try checkAssignable()
        let target = try view(slices).shape
        guard (try? broadcast([source.shape, target], operation: "")) == target else {
            throw EngineError("assignment: a value of shape \(source.shape.braces) does not fit into \(target.braces)")
        }
        let values = source.dtype == dtype ? source : try source.convert(to: dtype)
        if let trace = try Trace.of([self, values]) { return try record(values, at: slices, in: trace) }
        let from = values.storage === storage ? try values.copied() : values
        try makeUnique()
        let place = try view(slices)
        try StridedElementwise.run(.unary(.copy), output: (place.mutablePointer, place.strides), shape: place.shape,
                               inputs: [(from.pointer, from.strides(expandedTo: place.shape))], dtype: dtype)
    }

    /// Writes a number into every element of the part.
    public func assign(_ value: Double, at slices: [SliceRange]) throws {
        guard slices.count == rank, slices.allSatisfy(\.drops), !isTraced else {
            return try assign(Tensor(value, dtype), at: slices)
        }
        try checkAssignable()
        try makeUnique()
        let strides = strides
        store(value, at: slices.indices.reduce(0) { $0 + slices[$1].start * strides[$1] })
    }

    /// Storage of this tensor's own, with a place of its own for every element.
    private func makeUnique() throws {
        let overlaps = gappedStrides.map { strides in shape.indices.contains { strides[$0] == 0 && shape[$0] > 1 } } ?? false
        if !overlaps, isKnownUniquelyReferenced(&storage) { return }
        try Storage.ensure(count * dtype.size, for: "a copy of shape \(shape.braces)")
        let copy = try copied()
        (storage, offset, gappedStrides) = (copy.storage, 0, nil)
    }

    /// where(part, value put in its place, old value)
    private func record(_ value: Tensor, at slices: [SliceRange], in trace: Trace) throws {
        let mask = try Tensor.full(shape, 0, dtype, "assignment")
        try mask.assign(1, at: slices)
        let kept = shape.indices.map { $0 < slices.count ? slices[$0].count : shape[$0] }
        let dropped = shape.indices.filter { $0 >= slices.count || !slices[$0].drops }.map { kept[$0] }
        var placed = try trace.expression(value).expand(dropped).reshape(kept)
        for (axis, slice) in slices.enumerated() where slice.count != shape[axis] || slice.step != 1 {
            placed = try trace.graph.apply(Embed(axis: axis, start: slice.start, step: slice.step, size: shape[axis]), [placed])
        }
        let result = Engine.select(try trace.expression(mask), placed, try trace.expression(self))
        (node, storage, offset, gappedStrides, isWeak) = ((trace, result), nil, 0, nil, false)
    }
}
