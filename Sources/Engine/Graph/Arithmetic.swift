import KernelInterface

/// Calculating with expressions. Elementwise functions of one type whose shapes broadcast cannot fail, so they are
/// plain operators; shapes are the caller's to check (`broadcast`) where they come from a user.
extension Expression {
    private func make(_ op: any Operator, _ inputs: ValueList) -> Expression {
        do { return try graph.apply(op, to: inputs) } catch { preconditionFailure("\(error)") }
    }

    func unary(_ code: UnaryCode) -> Expression {
        if let value = constantValue, code == .negate { return graph.filled(-value, shape, dtype) }
        return make(Unary(code: code), ValueList(one: id))
    }
    public func negated() -> Expression {
        if let inner = graph.nodes[id].op(Unary.self), inner.code == .negate { return operands[0] }
        return unary(.negate)
    }
    public func abs() -> Expression { unary(.absolute) }
    public func sign() -> Expression { unary(.sign) }
    public func sqrt() -> Expression { unary(.squareRoot) }
    public func reciprocal() -> Expression { unary(.reciprocal) }
    public func exp() -> Expression { unary(.exponential) }
    public func log() -> Expression { unary(.logarithm) }
    public func sin() -> Expression { unary(.sine) }
    public func cos() -> Expression { unary(.cosine) }
    public func tanh() -> Expression { unary(.tangentHyperbolic) }
    public func sigmoid() -> Expression { unary(.sigmoid) }
    public func relu() -> Expression { unary(.relu) }
    public func floor() -> Expression { unary(.floor) }
    public func stopGradient() -> Expression { make(StopGradient(), [id]) }

    func binary(_ code: BinaryCode, _ other: Expression) -> Expression {
        if shape.isEmpty, other.shape.isEmpty, dtype == other.dtype, let a = constantValue, let b = other.constantValue {
            switch code {
            case .add: return graph.constant(a + b, dtype)
            case .subtract: return graph.constant(a - b, dtype)
            case .multiply: return graph.constant(a * b, dtype)
            case .divide: return graph.constant(a / b, dtype)
            default: break
            }
        }
        return make(Binary(code: code), ValueList(two: id, other.id))
    }
    /// Any unary or binary function by its code, with the simplifications of the operators.
    public func apply(_ code: UnaryCode) -> Expression { code == .negate ? negated() : unary(code) }
    public func apply(_ code: BinaryCode, _ other: Expression) -> Expression {
        switch code {
        case .add: self + other
        case .subtract: self - other
        case .multiply: self * other
        case .divide: self / other
        case .power: Engine.power(self, other)
        default: binary(code, other)
        }
    }
    public func compare(_ code: BinaryCode, _ other: Expression) -> Expression { binary(code, other) }
    public func maximum(_ other: Expression) -> Expression { binary(.maximum, other) }
    public func minimum(_ other: Expression) -> Expression { binary(.minimum, other) }
    /// The exact remainder, of b's sign (see `BinaryCode.remainder`).
    public static func % (a: Expression, b: Expression) -> Expression { a.binary(.remainder, b) }

    /// True when combining with `other` leaves this one's shape as it is, so that x + 0 is x.
    private func absorbs(_ other: Expression) -> Bool {
        guard other.shape != shape else { return true }
        let shift = shape.count - other.shape.count
        return shift >= 0 && other.shape.indices.allSatisfy { other.shape[$0] == 1 || other.shape[$0] == shape[$0 + shift] }
    }

    public static func + (a: Expression, b: Expression) -> Expression {
        if b.constantValue == 0, a.absorbs(b) { return a }
        if a.constantValue == 0, b.absorbs(a) { return b }
        return a.binary(.add, b)
    }
    public static func - (a: Expression, b: Expression) -> Expression {
        if b.constantValue == 0, a.absorbs(b) { return a }
        if a.constantValue == 0, b.absorbs(a) { return -b }
        if let inner = b.graph.nodes[b.id].op(Unary.self), inner.code == .negate { return a + b.operands[0] }
        return a.binary(.subtract, b)
    }
    public static func * (a: Expression, b: Expression) -> Expression {
        if b.constantValue == 1, a.absorbs(b) { return a }
        if a.constantValue == 1, b.absorbs(a) { return b }
        return a.binary(.multiply, b)
    }
    public static func / (a: Expression, b: Expression) -> Expression {
        if b.constantValue == 1, a.absorbs(b) { return a }
        return a.binary(.divide, b)
    }
    public static prefix func - (a: Expression) -> Expression { a.negated() }

    public static func + (a: Expression, b: Double) -> Expression { a + a.graph.constant(b, a.dtype) }
    public static func - (a: Expression, b: Double) -> Expression { a - a.graph.constant(b, a.dtype) }
    public static func * (a: Expression, b: Double) -> Expression { a * a.graph.constant(b, a.dtype) }
    public static func / (a: Expression, b: Double) -> Expression { a / a.graph.constant(b, a.dtype) }
    public static func - (a: Double, b: Expression) -> Expression { b.graph.constant(a, b.dtype) - b }
    public static func * (a: Double, b: Expression) -> Expression { b.graph.constant(a, b.dtype) * b }

    // MARK: Reductions; axes count from 0 and stay as size 1.

    public func reduce(_ code: ReductionCode, _ axes: [Int]) throws -> Expression {
        axes.isEmpty ? self : try graph.apply(Reduction(code: code, axes: axes.count == 1 ? axes : axes.sorted()), to: ValueList(one: id))
    }
    public func sum(_ axes: [Int]) throws -> Expression { try reduce(.sum, axes) }
    /// The sum of all elements, of no dimensions.
    public func sum() throws -> Expression { try sum(Array(0..<rank)).reshape([]) }
    /// The mean of all elements, of no dimensions: their sum, divided by their number.
    public func mean() throws -> Expression { try sum() / Double(shape.elements) }
    public func mean(_ axes: [Int]) throws -> Expression { try sum(axes) / axes.reduce(1.0) { $0 * Double(shape[$1]) } }

    /// The adjoint of broadcasting from `target` to this shape.
    public func sum(to target: Shape) throws -> Expression {
        guard target != shape else { return self }
        let shift = rank - target.count
        let axes = (0..<rank).filter { $0 < shift || (target[$0 - shift] == 1 && shape[$0] != 1) }
        return try sum(axes).reshape(target)
    }

    // MARK: Layout

    public func reshape(_ shape: Shape) throws -> Expression {
        if shape == self.shape { return self }
        if let value = constantValue { return graph.filled(value, shape, dtype) }
        if graph.nodes[id].isOp(Reshape.self) { return try operands[0].reshape(shape) }
        return try graph.apply(Reshape(to: shape), to: ValueList(one: id))
    }
    public func permute(_ order: [Int]) throws -> Expression {
        if order == Array(0..<rank) { return self }
        if let inner = graph.nodes[id].op(Permute.self) { return try operands[0].permute(order.map { inner.order[$0] }) }
        return try graph.apply(Permute(order: order), to: ValueList(one: id))
    }
    public func transpose(_ a: Int, _ b: Int) throws -> Expression {
        var order = Array(0..<rank)
        order.swapAt(a, b)
        return try permute(order)
    }
    public func expand(_ shape: Shape) throws -> Expression {
        if shape == self.shape { return self }
        if let value = constantValue { return graph.filled(value, shape, dtype) }
        return try graph.apply(Expand(to: shape), to: ValueList(one: id))
    }
    public func slice(axis: Int, start: Int, count: Int, step: Int = 1) throws -> Expression {
        if start == 0 && count == shape[axis] && step == 1 { return self }
        return try graph.apply(Slice(axis: axis, start: start, count: count, step: step), to: ValueList(one: id))
    }
    public func flip(_ axis: Int) throws -> Expression {
        shape[axis] == 0 ? self : try slice(axis: axis, start: shape[axis] - 1, count: shape[axis], step: -1)
    }
    public func roll(axis: Int, by shift: Int) throws -> Expression {
        let size = shape[axis]
        if size == 0 || shift % size == 0 { return self }
        return try graph.apply(Roll(axis: axis, shift: ((shift % size) + size) % size), to: ValueList(one: id))
    }
    public func convert(to dtype: DType) throws -> Expression {
        dtype == self.dtype ? self : try graph.apply(Convert(to: dtype), to: ValueList(one: id))
    }

    // MARK: Products

    public func matmul(_ other: Expression) throws -> Expression { try graph.apply(MatrixProduct(), to: [id, other.id]) }

    public func softmax(_ axis: Int) throws -> Expression {
        let shifted = (self - (try reduce(.maximum, [axis]).stopGradient())).exp()
        return shifted / (try shifted.sum([axis]))
    }
    public func logSoftmax(_ axis: Int) throws -> Expression {
        let shifted = self - (try reduce(.maximum, [axis]).stopGradient())
        return shifted - (try shifted.exp().sum([axis]).log())
    }
}

/// b where a is not zero, else c.
public func select(_ a: Expression, _ b: Expression, _ c: Expression) -> Expression {
    do { return try a.graph.apply(Select(), to: [a.id, b.id, c.id]) } catch { preconditionFailure("\(error)") }
}

public func power(_ a: Expression, _ b: Expression) -> Expression {
    switch b.shape.isEmpty ? b.constantValue : nil {
    case 1: a
    case 2: a * a
    default: a.binary(.power, b)
    }
}

public func concatenate(_ parts: [Expression], axis: Int) throws -> Expression {
    parts.count == 1 ? parts[0] : try parts[0].graph.apply(Concatenate(axis: axis), parts)
}
