/// Sorting along an axis: the order is one operator, taking elements by index (and its adjoint) two more, so that the
/// gradient of a sort is the gradient of a gather. Indices count from 0 here and are held in the data's own type.
public struct SortOrder: Operator {
    public let axis: Int
    public let descending: Bool
    public init(axis: Int, descending: Bool) { (self.axis, self.descending) = (axis, descending) }
    public var name: String { "sort" }
    public func shape(_ inputs: [Shape]) -> Shape { inputs[0] }
    public func gradient(_ node: Expression, inputs: [Expression], upstream: Expression, wanted: [Bool]) -> [Expression?] { [nil] }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i) }
    }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0]))
        lowering.emit(SortOrderInstruction(x: x, y: lowering.allocate(node), axis: axis, descending: descending, dtype: node.dtype))
    }
}

/// y[.., i, ..] = x[.., index[.., i, ..], ..] along an axis.
public struct TakeAlong: Operator {
    public let axis: Int
    public init(axis: Int) { self.axis = axis }
    public var name: String { "take_along" }
    public func shape(_ inputs: [Shape]) -> Shape { inputs[1] }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.graph.apply(PutAlong(axis: axis, size: inputs[0].shape[axis]), [g, inputs[1]]), nil]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i); same(1, i, i) }
    }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0])), index = lowering.contiguous(lowering.operand(node.inputs[1]))
        lowering.emit(TakeAlongInstruction(x: x, index: index, y: lowering.allocate(node), axis: axis, put: false, dtype: node.dtype))
    }
}

/// The adjoint of `TakeAlong`: y[.., index[.., i, ..], ..] += x[.., i, ..], from zero.
public struct PutAlong: Operator {
    public let axis: Int
    public let size: Int
    public var name: String { "put_along" }
    public func shape(_ inputs: [Shape]) -> Shape {
        var shape = inputs[0]
        shape[axis] = size
        return shape
    }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.graph.apply(TakeAlong(axis: axis), [g, inputs[1]]), nil]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i); same(1, i, i) }
    }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.contiguous(lowering.operand(node.inputs[0])), index = lowering.contiguous(lowering.operand(node.inputs[1]))
        lowering.emit(TakeAlongInstruction(x: x, index: index, y: lowering.allocate(node), axis: axis, put: true, dtype: node.dtype))
    }
}
