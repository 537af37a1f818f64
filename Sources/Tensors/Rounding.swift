import Engine

/// Rounding, and division as Lua's // and % do it: towards minus infinity. Gradients are those of the formulas, with
/// floor flat: d(a % b) = da - floor(a / b) db.
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

    /// a - floor(a / b) b, of b's sign.
    public static func modulo(_ a: Tensor, _ b: Tensor) throws -> Tensor {
        try together(a, b, "modulo") { $0 - ($0 / $1).floor() * $1 }
    }

    private static func together(_ a: Tensor, _ b: Tensor, _ name: String, _ function: (Expression, Expression) -> Expression) throws -> Tensor {
        let (x, y) = try promoted(a, b)
        try broadcast([x.shape, y.shape], operation: name).checked(name)
        return try compute(name, [], [x, y]) { function($0[0], $0[1]) }
    }
}
