import CLua
import Engine
import KernelInterface
import LuaHost
import Tensors

/// Elementwise functions and reductions, as methods.
func declareElementwise(_ type: LuaType<Tensor>, _ module: LuaModule) {
    let functions: [(String, UnaryCode, String)] = [
        ("exp", .exponential, "Exponential"), ("log", .logarithm, "Natural logarithm"), ("sqrt", .squareRoot, "Square root"),
        ("abs", .absolute, "Absolute value; its gradient at 0 is 0"), ("sign", .sign, "-1, 0 or 1"), ("floor", .floor, "The largest integer not above"),
        ("reciprocal", .reciprocal, "1 / a"), ("sin", .sine, "Sine"), ("cos", .cosine, "Cosine"), ("tanh", .tangentHyperbolic, "Hyperbolic tangent"),
        ("sigmoid", .sigmoid, "1 / (1 + exp(-a))"), ("relu", .relu, "The larger of 0 and a; its gradient at 0 is 0"),
    ]
    for (name, code, summary) in functions {
        type.method(name, "\(summary), elementwise.", returns: "tensor", example: "print(tensor{0.5, 1, 2}:\(name)())") { try $0.unary(code) }
    }
    type.method("ceil", "The smallest integer not below, elementwise.", returns: "tensor", example: "print(tensor{0.5, -0.5}:ceil())") { try $0.ceiling() }
    type.method("round", "The nearest integer, elementwise; halves go to the even one.", returns: "tensor", example: "print(tensor{0.5, 1.5, -1.2}:round())") { try $0.rounded() }
    let comparisons: [(String, BinaryCode, String)] = [
        ("gt", .greater, ">"), ("ge", .greaterEqual, ">="), ("lt", .less, "<"), ("le", .lessEqual, "<="), ("eq", .equal, "=="), ("ne", .notEqual, "~="),
    ]
    for (name, code, symbol) in comparisons {
        type.method(name, "1 where a \(symbol) b, else 0, elementwise with broadcasting. NaN is only ~= to anything.", Param<Operand>("b", "tensor or number"),
                    returns: "tensor of 1 and 0", example: "print(tensor{1, 2, 3}:\(name)(2))") { try combine(code, .tensor($0), $1) }
    }
    type.method("clamp", "Values below lo become lo, above hi become hi; nil leaves a side open.", Param<Double?>("lo", "least value"), Param<Double?>("hi", "greatest value"),
                returns: "tensor", errors: "when lo is above hi, or both are absent", example: "print(tensor{-2, 0, 2}:clamp(-1, 1))") { x, low, high in
        guard low != nil || high != nil else { throw EngineError("clamp: lo or hi expected, got neither") }
        if let low, let high, low > high { throw EngineError("clamp: lo <= hi expected, got \(LuaDescription.number(low)) and \(LuaDescription.number(high))") }
        return try x.clamp(low, high)
    }
    let a = Param<Operand>("a", "tensor or number"), b = Param<Operand>("b", "tensor or number")
    module.function("maximum", "The larger, elementwise with broadcasting; NaN where either is; ties share the gradient.", a, b, returns: "tensor",
                    example: "print(tensor.maximum(tensor{1, 5}, 3))") { try combine(.maximum, $0, $1) }
    module.function("minimum", "The smaller, elementwise with broadcasting; NaN where either is; ties share the gradient.", a, b, returns: "tensor",
                    example: "print(tensor.minimum(tensor{1, 5}, 3))") { try combine(.minimum, $0, $1) }
    module.function("where", "x where c is not 0, else y, elementwise with broadcasting.", Param<Tensor>("c", "condition"), Param<Operand>("x", "tensor or number"),
                    Param<Operand>("y", "tensor or number"), returns: "tensor", example: "local a = tensor{-1, 2}\nprint(tensor.where(a:gt(0), a, 0))") { c, x, y in
        // A number takes the other's type, two numbers the condition's.
        var dtype = c.dtype
        if case .tensor(let other) = x { dtype = other.dtype } else if case .tensor(let other) = y { dtype = other.dtype }
        return try Tensor.select(c, x.tensor(dtype), y.tensor(dtype))
    }
    module.function("allclose", "Whether |a - b| <= atol + rtol |b| everywhere. NaN is close to nothing.", Param<Operand>("a", "tensor or number"),
                    Param<Operand>("b", "tensor or number"), OptionsParam([
                        .init("rtol", .nonNegativeNumber, default: 1e-5, "relative tolerance"), .init("atol", .nonNegativeNumber, default: 1e-8, "absolute tolerance")]),
                    returns: "boolean", errors: "for shapes that do not broadcast", example: "print(tensor.allclose(tensor{1}, tensor{1 + 1e-7}))") { a, b, options in
        try Tensor.allClose(a.tensor(.float64), b.tensor(.float64), relative: options.number("rtol"), absolute: options.number("atol"))
    }
}

func declareReductions(_ type: LuaType<Tensor>) {
    let dims = Param<Dimensions>("dim", "dimension, or table of dimensions; all when absent", default: .all)
    let keep = OptionsParam([.keepdim])
    func reduction(_ name: String, _ summary: String, errors: String = "", _ body: @escaping (Tensor, [Int], Bool) throws -> Tensor) {
        type.method(name, summary, dims, keep, returns: "tensor, of no dimensions when all are reduced", errors: errors,
                    example: "local a = tensor{{1, 2, 3}, {4, 5, 6}}\nprint(a:\(name)())\nprint(a:\(name)(2, {keepdim = true}))") { x, dim, options in
            try body(x, try x.axes(dim), options.boolean("keepdim"))
        }
    }
    reduction("sum", "Sum over dimensions; 0 of nothing.") { try $0.reduce(.sum, $1, keep: $2) }
    reduction("mean", "Mean over dimensions; NaN of nothing.") { try $0.mean($1, keep: $2) }
    reduction("max", "Largest element over dimensions; NaN where there is one; ties share the gradient.", errors: "for no elements") { try $0.reduce(.maximum, $1, keep: $2) }
    reduction("min", "Smallest element over dimensions; NaN where there is one; ties share the gradient.", errors: "for no elements") { try $0.reduce(.minimum, $1, keep: $2) }
    reduction("prod", "Product over dimensions; 1 of nothing.") { try $0.reduce(.product, $1, keep: $2) }
    reduction("var", "Variance over dimensions, divided by n - 1; NaN for fewer than two elements.") { try $0.variance($1, keep: $2) }
    reduction("std", "Standard deviation over dimensions, the root of var.") { try $0.deviation($1, keep: $2) }
    type.method("norm", "(sum |a|^p)^(1/p) over dimensions; math.huge as p gives the largest |a|.", dims,
                OptionsParam([.keepdim, .init("p", .positiveNumber, default: 2, "order")]), returns: "tensor, of no dimensions when all are reduced",
                example: "print(tensor{3, 4}:norm(), tensor{{3, 4}, {6, 8}}:norm(2, {p = 1}))") { x, dim, options in
        try x.norm(options.number("p"), try x.axes(dim), keep: options.boolean("keepdim"))
    }
    for (name, largest) in [("argmax", true), ("argmin", false)] {
        type.method(name, "Index from 1 of the first \(largest ? "largest" : "smallest") element along a dimension; without one, of all elements in row-major order.",
                    Param<Int?>("dim", "dimension"), keep, returns: "tensor of indices", errors: "for no elements",
                    example: "print(tensor{{1, 5, 3}, {4, 2, 6}}:\(name)(2))") { x, dim, options in
            try x.argument(largest: largest, try dim.map { try x.axis($0) }, keep: options.boolean("keepdim"))
        }
    }
    type.method("cumsum", "Running sums along a dimension.", Param<Int>("dim", "dimension"), returns: "tensor", example: "print(tensor{1, 2, 3}:cumsum(1))") {
        try $0.cumulativeSum(try $0.axis($1))
    }
    type.method("sort", "Sorted along a dimension, stable, NaN last; and the indices (from 1) the values had.", Param<Int>("dim", "dimension", default: -1),
                OptionsParam([.init("descending", .boolean, default: false, "largest first")]), returns: "tensor, tensor of indices",
                example: "local sorted, order = tensor{3, 1, 2}:sort(1)\nprint(sorted, order)") { x, dim, options in
        let (values, order) = try x.sorted(try x.axis(dim), descending: options.boolean("descending"))
        return LuaResults(values, order)
    }
    for (name, summary) in [("softmax", "exp(a) / sum(exp(a)) along a dimension, without overflow."), ("log_softmax", "log of the softmax along a dimension, without overflow.")] {
        type.method(name, summary, Param<Int>("dim", "dimension", default: -1), returns: "tensor", example: "print(tensor{1, 2, 3}:\(name)(-1))") { x, dim in
            try x.softmax(try x.axis(dim), logarithm: name == "log_softmax")
        }
    }
}
