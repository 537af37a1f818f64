/// Operators that move elements without changing them. Where strides can say it, the result is a view of the input.

/// The same elements in row-major order under another shape.
public struct Reshape: Operator {
    public let to: Shape
    public init(to: Shape) { self.to = to }
    public var name: String { "reshape" }
    public var tag: Int { to.mixed }
    public func shape(_ inputs: [Shape]) throws -> Shape {
        guard inputs[0].elements == to.elements else {
            throw EngineError("reshape: \(inputs[0].braces) has \(inputs[0].elements) elements, \(to.braces) has \(to.elements)")
        }
        return to
    }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.reshape(inputs[0].shape)]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        forEachSharedAxis(inputs[0], output) { same(0, $0, $1) }
    }
    /// The sample axes must be one axis: they may also have become samples by what is done elsewhere.
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool {
        var isShared = false
        forEachSharedAxis(shapes[0], to) { isShared = isShared || ($0 == inputs[0] && $1 == output) }
        return isShared
    }
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.operand(node.inputs[0])
        if let view = x.reshaped(to: lowering.shape(node), sampleAxis: lowering.isPacked ? node.sampleAxis : nil,
                                 from: lowering.isPacked ? lowering.sampleAxis(of: node.inputs[0]) : nil) {
            return lowering.alias(node, to: view)
        }
        let source = lowering.isPacked ? lowering.sampleAxis(of: node.inputs[0]) : nil
        let copy = lowering.contiguous(x, sampleAxis: source)
        lowering.alias(node, to: copy.reshaped(to: lowering.shape(node), sampleAxis: lowering.isPacked ? node.sampleAxis : nil, from: source)!)
    }
}

/// Pairs the axes of two shapes with equal element counts that have the same size and the same elements before them.
func forEachSharedAxis(_ from: Shape, _ to: Shape, _ body: (Int, Int) -> Void) {
    guard from.elements > 0 else { return }
    var (i, j, before, after) = (0, 0, 1, 1)
    while i < from.count && j < to.count {
        if before == after && from[i] == to[j] {
            body(i, j)
            before *= from[i]
            after *= to[j]
            i += 1
            j += 1
        } else if before * from[i] <= after * to[j] && from[i] == 1 {
            i += 1
        } else if to[j] == 1 {
            j += 1
        } else if before <= after {
            before *= from[i]
            i += 1
        } else {
            after *= to[j]
            j += 1
        }
    }
}

/// Axes in another order: output axis i is input axis `order[i]`.
public struct Permute: Operator {
    public let order: [Int]
    public init(order: [Int]) { self.order = order }
    public var name: String { "permute" }
    public var tag: Int { order.mixed }
    public func shape(_ inputs: [Shape]) -> Shape { order.map { inputs[0][$0] } }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        var inverse = order
        for (i, axis) in order.enumerated() { inverse[axis] = i }
        return [try g.permute(inverse)]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for (i, axis) in order.enumerated() { same(0, axis, i) }
    }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil }
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        var view = lowering.operand(node.inputs[0])
        (view.shape, view.strides) = (order.map { view.shape[$0] }, Strides(order.map { view.strides[$0] }))
        lowering.alias(node, to: view)
    }
}

/// Repetition along new leading axes and axes of size 1, by NumPy's rule.
public struct Expand: Operator {
    public let to: Shape
    public init(to: Shape) { self.to = to }
    public var name: String { "expand" }
    public var tag: Int { to.mixed }
    public func shape(_ inputs: [Shape]) throws -> Shape {
        let shape = inputs[0], shift = to.count - shape.count
        guard shift >= 0, shape.indices.allSatisfy({ shape[$0] == to[$0 + shift] || shape[$0] == 1 }) else {
            throw EngineError("expand: \(shape.braces) does not broadcast to \(to.braces)")
        }
        return to
    }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.sum(to: inputs[0].shape)]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        let shift = output.count - inputs[0].count
        for axis in inputs[0].indices where inputs[0][axis] == output[axis + shift] { same(0, axis, axis + shift) }
    }
    // Without a sample axis in the input the result is the same for every sample: a view either way. A single sample
    // may be what is repeated.
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { inputs[0] == nil || output != nil }
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        lowering.alias(node, to: lowering.operand(node.inputs[0]).expanded(to: lowering.shape(node)))
    }
}

/// Elements start, start + step, ... (count of them) along an axis; step may be negative (a flip).
public struct Slice: Operator {
    public let axis: Int, start: Int, count: Int, step: Int
    public init(axis: Int, start: Int, count: Int, step: Int) { (self.axis, self.start, self.count, self.step) = (axis, start, count, step) }
    public var name: String { "slice" }
    public var tag: Int { 31 &* (31 &* start &+ count) &+ axis }
    public func shape(_ inputs: [Shape]) -> Shape {
        var shape = inputs[0]
        shape[axis] = count
        return shape
    }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.graph.apply(Embed(axis: axis, start: start, step: step, size: inputs[0].shape[axis]), to: ValueList(one: g.id))]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i) }
    }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil && output != axis && inputs[0] != axis }
    public func work(inputs: [Shape], output: Shape) -> Int { 0 }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        var view = lowering.operand(node.inputs[0])
        view.address.offset += start * view.strides[axis] * node.dtype.size
        view.shape = lowering.shape(node)
        view.strides[axis] *= step
        lowering.alias(node, to: view)
    }
}

/// The adjoint of `Slice`: zeros of the given size along the axis, with the input at start, start + step, ...
public struct Embed: Operator {
    public let axis: Int, start: Int, step: Int, size: Int
    public init(axis: Int, start: Int, step: Int, size: Int) { (self.axis, self.start, self.step, self.size) = (axis, start, step, size) }
    public var name: String { "embed" }
    public var tag: Int { 31 &* (31 &* start &+ size) &+ axis }
    public func shape(_ inputs: [Shape]) -> Shape {
        var shape = inputs[0]
        shape[axis] = size
        return shape
    }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.slice(axis: axis, start: start, count: inputs[0].shape[axis], step: step)]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i) }
    }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil && output != axis && inputs[0] != axis }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.operand(node.inputs[0])
        let y = lowering.allocate(node)
        lowering.emit(FillInstruction(y: y, value: 0, dtype: node.dtype))
        var target = y
        target.address.offset += start * y.strides[axis] * node.dtype.size
        target.shape[axis] = x.shape[axis]
        target.strides[axis] *= step
        lowering.emitElementwise(.unary(.copy), output: target, inputs: [x])
    }
}

/// Tensors one after another along an axis.
public struct Concatenate: Operator {
    public let axis: Int
    public init(axis: Int) { self.axis = axis }
    public var name: String { "cat" }
    public var tag: Int { axis }
    public func shape(_ inputs: [Shape]) throws -> Shape {
        var shape = inputs[0]
        for (i, other) in inputs.enumerated().dropFirst() {
            guard other.count == shape.count, other.indices.allSatisfy({ $0 == axis || other[$0] == shape[$0] }) else {
                throw EngineError("cat: tensor \(i + 1) has shape \(other.braces), which differs from the first's \(inputs[0].braces) beyond dimension \(axis + 1)")
            }
            shape[axis] += other[axis]
        }
        return shape
    }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        var start = 0
        return try zip(inputs, wanted).map { input, wanted in
            defer { start += input.shape[axis] }
            return wanted ? try g.slice(axis: axis, start: start, count: input.shape[axis]) : nil
        }
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for input in inputs.indices { for i in output.indices where i != axis { same(input, i, i) } }
    }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil && output != axis && !inputs.contains(axis) }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let y = lowering.concatenationTarget(node)
        var start = 0
        for input in node.inputs {
            let x = lowering.operand(input)
            var target = y
            target.address.offset += start * y.strides[axis] * node.dtype.size
            target.shape[axis] = x.shape[axis]
            start += x.shape[axis]
            let isInPlace = x.address.buffer == target.address.buffer && x.address.offset == target.address.offset
            if !isInPlace && x.shape.elements > 0 { lowering.emitElementwise(.unary(.copy), output: target, inputs: [x]) }
        }
    }
}

/// A circular shift along an axis: element i moves to i + shift.
public struct Roll: Operator {
    public let axis: Int, shift: Int
    public init(axis: Int, shift: Int) { (self.axis, self.shift) = (axis, shift) }
    public var name: String { "roll" }
    public var tag: Int { 31 &* shift &+ axis }
    public func shape(_ inputs: [Shape]) -> Shape { inputs[0] }
    public func gradient(_ node: Expression, inputs: [Expression], upstream g: Expression, wanted: [Bool]) throws -> [Expression?] {
        [try g.roll(axis: axis, by: -shift)]
    }
    public func relateAxes(inputs: [Shape], output: Shape, same: (Int, Int, Int) -> Void) {
        for i in output.indices where i != axis { same(0, i, i) }
    }
    public func runsPacked(inputs: [Int?], output: Int?, shapes: [Shape]) -> Bool { output != nil && output != axis && inputs[0] != axis }
    public func lower(_ lowering: Lowering, _ node: LoweredNode) {
        let x = lowering.operand(node.inputs[0]), y = lowering.allocate(node)
        let size = x.shape[axis]
        guard size > 0 else { return }
        let shift = ((shift % size) + size) % size
        func part(_ view: Operand, from: Int, count: Int) -> Operand {
            var part = view
            part.address.offset += from * view.strides[axis] * node.dtype.size
            part.shape[axis] = count
            return part
        }
        if shift > 0 { lowering.emitElementwise(.unary(.copy), output: part(y, from: 0, count: shift), inputs: [part(x, from: size - shift, count: shift)]) }
        lowering.emitElementwise(.unary(.copy), output: part(y, from: shift, count: size - shift), inputs: [part(x, from: 0, count: size - shift)])
    }
}
