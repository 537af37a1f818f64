import Engine

/// Rounding, and division as Lua's // and % do it: towards minus infinity. Gradients have floor flat: d(a % b) = da - floor(a / b) db.
extension Tensor {
    /// -floor(-x)
    public func ceiling() throws -> Tensor { try Tensor.compute(Ceiling(), [self]) }

    /// The nearest integer; halves to the even one.
    public func rounded() throws -> Tensor {
        try Tensor.compute(Round(), [self])
    }

    /// floor(a / b)
    public static func floorDivide(_ a: Tensor, _ b: Tensor) throws -> Tensor {
        try together(a, b, FloorDivide())
    }

    /// The remainder of a / b, of b's sign: exact for every size of the quotient, and rounded once where b is added to give it that
    /// sign, as Lua, NumPy and `torch.remainder` have it. A zero has the sign of a; b = 0 and an infinite a give NaN; an infinite b
    /// gives a, or b where the signs differ.
    public static func modulo(_ a: Tensor, _ b: Tensor) throws -> Tensor { try binary(.remainder, a, b) }

    private static func together(_ a: Tensor, _ b: Tensor, _ function: some EagerFunction) throws -> Tensor {
        let (x, y) = try promoted(a, b)
        try broadcast([x.shape, y.shape], operation: function.name).checked(function.name)
        return try compute(function, [x, y])
    }
}

private struct Ceiling: EagerFunction {
    var name: String { "ceil" }
    var fold: Int { 0 }
    func expression(_ inputs: [Expression]) -> Expression { -(-inputs[0]).floor() }
}

private struct Round: EagerFunction {
    var name: String { "round" }
    var fold: Int { 0 }
    func expression(_ inputs: [Expression]) -> Expression {
        let x = inputs[0], floor = x.floor(), rest = x - floor
        let half = x.graph.constant(0.5, x.dtype), odd = floor - 2 * (floor * 0.5).floor()
        let atHalf = Engine.select(rest.compare(.equal, half), floor + odd, floor)
        let nearest = Engine.select(rest.compare(.greater, half), floor + 1.0, atHalf)
        // A zero has the sign of x.
        let zero = x.graph.constant(0, x.dtype)
        return Engine.select(nearest.compare(.equal, zero), x.stopGradient() * 0.0, nearest)
    }
}

private struct FloorDivide: EagerFunction {
    var name: String { "floor_divide" }
    var fold: Int { 0 }
    func expression(_ inputs: [Expression]) -> Expression { (inputs[0] / inputs[1]).floor() }
}
