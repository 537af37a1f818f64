import Engine

/// Rounding, and division as Lua's // and % do it: towards minus infinity. Gradients have floor flat: d(a % b) = da - floor(a / b) db.
extension Tensor {
    /// -floor(-x)
    public func ceiling() throws -> Tensor { try Tensor.compute("ceil", [], [self]) { -(-$0[0]).floor() } }

    /// The nearest integer; halves to the even one.
    public func rounded() throws -> Tensor {
        try Tensor.compute("round", [], [self]) { inputs in
            let x = inputs[0], floor = x.floor(), rest = x - floor
            let half = x.graph.constant(0.5, x.dtype), odd = floor - 2 * (floor * 0.5).floor()
            return Engine.select(rest.compare(.greater, half), floor + 1.0, Engine.select(rest.compare(.equal, half), floor + odd, floor))
        }
    }

    /// floor(a / b)
    public static func floorDivide(_ a: Tensor, _ b: Tensor) throws -> Tensor {
        try together(a, b, "floor_divide") { ($0 / $1).floor() }
    }

    /// The remainder of a / b, of b's sign: exact for every size of the quotient, and rounded once where b is added to give it that
    /// sign, as Lua, NumPy and `torch.remainder` have it. A zero has the sign of a; b = 0 and an infinite a give NaN; an infinite b
    /// gives a, or b where the signs differ.
    public static func modulo(_ a: Tensor, _ b: Tensor) throws -> Tensor { try binary(.remainder, a, b) }

    private static func together(_ a: Tensor, _ b: Tensor, _ name: String, _ function: (Expression, Expression) -> Expression) throws -> Tensor {
        let (x, y) = try promoted(a, b)
        try broadcast([x.shape, y.shape], operation: name).checked(name)
        return try compute(name, [], [x, y]) { function($0[0], $0[1]) }
    }
}
