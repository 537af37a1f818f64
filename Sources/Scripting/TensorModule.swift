import CLua
import Engine
import LuaHost
import Tensors

/// The namespace `tensor`. What tensors can do is declared beside it, in TensorType, TensorFunctions, TensorShapes and so
/// on; methods are functions of the namespace as well.
enum TensorModule {
    static func declare(in environment: ScriptingEnvironment) throws {
        let module = environment.state.module("tensor", "Dense n-dimensional arrays of float32 (the default) or float64, with gradients. Functions whose first argument is a tensor are methods too: tensor.exp(a) is a:exp().")
        let type = module.type(Tensor.self, "A dense array of up to 8 dimensions. Immutable but for index assignment, which never shows in another tensor.",
                               example: "local a = tensor{{1, 2, 3}, {4, 5, 6}}\nprint(a.shape, a.dtype, a.size, a.rank, #a)\nfor i, row in pairs(a) do print(i, row:sum():item()) end")
        declareLiteral(module)
        declareCreation(module)
        declareRandom(module, environment)
        try declareTensorProperties(type, environment)
        declareTensorOperators(type)
        declareTensorIndexing(type, environment)
        declareElementwise(type, module)
        declareReductions(type)
        declareTests(type)
        declareShapes(type, module)
        declareProducts(type)
        declareConvolutions(module)
        declareOtherNames(type, module)
        type.shareMethods(with: module)
        type.shareFunctions(
            [
                "maximum", "minimum", "where", "allclose", "zeros_like", "ones_like", "conv1d", "conv2d",
                "conv_transpose1d",
            ], of: module)
        declareGradients(module, environment)
        declareCompile(module, environment)
        declareTensorFiles(module, environment)
        try declareTensorIteration(type, environment)
    }
}

private func declareLiteral(_ module: LuaModule) {
    module.call("A tensor of the numbers in nested tables, of one number, or of a tensor's values.",
                signature: "tensor(values [, {dtype =}])",
                arguments: [.init(name: "values", type: "number, tensor or nested tables", shape: "", summary: "rectangular; tensors inside are stacked", defaultText: nil, isOptional: false),
                            OptionsParam([.dtype]).documentation],
                returns: "tensor", errors: "when the tables are not rectangular, nested deeper than 8, or hold something else",
                example: "local a = tensor{{1, 2, 3}, {4, 5, 6}}\nprint(a.shape[1], a.dtype)\nprint(tensor({1, 2}, {dtype = \"float64\"}))") { call in
        let options = try call.options(2, [.dtype])
        var literal = TensorLiteral(call.L)
        guard call.count >= 1 else { throw call.wrong(1, "values", "number, tensor or nested tables of numbers expected, got no value") }
        call.push(try literal.read(call.slot(1), options.isGiven("dtype") ? options.dtype : nil))
    }
    module.function("is_tensor", "Whether a value is a tensor.", Param<LuaValue>("x", "any value"), returns: "boolean",
                    example: "print(tensor.is_tensor(tensor{1}), tensor.is_tensor(1))") { value in
        if case .userdata(let data) = value { return data.object(Tensor.self) != nil }
        return false
    }
}

private func declareCreation(_ module: LuaModule) {
    let options = OptionsParam([.dtype])
    module.function("zeros", "A tensor of zeros.", SizesParam("sizes"), options, returns: "tensor {sizes}",
                    errors: "for negative sizes, more than 8 dimensions, or more than memory holds",
                    example: "print(tensor.zeros{2, 3})") { try Tensor.full($0, 0, $1.dtype, "zeros") }
    module.function("ones", "A tensor of ones.", SizesParam("sizes"), options, returns: "tensor {sizes}",
                    errors: "as tensor.zeros", example: "print(tensor.ones({2}, {dtype = \"float64\"}))") { try Tensor.full($0, 1, $1.dtype, "ones") }
    module.function("full", "A tensor of one number.", SizesParam("sizes", isFollowedByNumber: true), Param<Operand>("value", "number, or tensor of one element"), options,
                    returns: "tensor {sizes}", errors: "as tensor.zeros", example: "print(tensor.full({2, 3}, 7))") { shape, value, options in
        switch value {
        case .number(let number): return try Tensor.full(shape, number, options.dtype)
        case .tensor(let tensor):
            guard tensor.count == 1 else { throw EngineError("full: a number or a tensor of one element expected, got shape \(tensor.shape.braces)") }
            return try tensor.convert(to: options.dtype).reshape([]).expand(shape)
        }
    }
    let like = Param<Tensor>("a", "of the shape and type wanted")
    module.function("zeros_like", "Zeros of another tensor's shape and type.", like, returns: "tensor", example: "print(tensor.zeros_like(tensor{{1, 2}}))") {
        try Tensor.full($0.shape, 0, $0.dtype, "zeros_like")
    }
    module.function("ones_like", "Ones of another tensor's shape and type.", like, returns: "tensor", example: "print(tensor.ones_like(tensor{{1, 2}}))") {
        try Tensor.full($0.shape, 1, $0.dtype, "ones_like")
    }
    module.function("eye", "The identity matrix.", Param<Int>.range("n", 0...(1 << 31), "rows"),
                    Param<Int?>("m", "columns; n when absent", expecting: "integer of at least 0") { $0 ?? 0 >= 0 && $0 ?? 0 <= 1 << 31 }, options,
                    returns: "tensor {n, m}", example: "print(tensor.eye(3))") { try Tensor.identity($0, $1 ?? $0, $2.dtype) }
    module.function("arange", "first, first + step, .. below stop, as NumPy's: stop itself is left out. With one number: 0, 1, .. below it.",
                    Param<Double>("first", "first value"), Param<Double?>("stop", "end, left out"), Param<Double?>("step", "1 when absent; may be negative"), options,
                    returns: "tensor {n}", errors: "for a step of 0", example: "print(tensor.arange(1, 10, 2))") { first, stop, step, options in
        try Tensor.range(stop == nil ? 0 : first, stop ?? first, step ?? 1, options.dtype)
    }
    module.function("linspace", "Evenly spaced numbers, first and last included.", Param<Double>("first", "first value"), Param<Double>("last", "last value"),
                    Param<Int>.range("n", 0...(1 << 40), "how many"), options, returns: "tensor {n}",
                    example: "print(tensor.linspace(0, 1, 11))") { try Tensor.linspace($0, $1, $2, $3.dtype) }
}

private func declareRandom(_ module: LuaModule, _ environment: ScriptingEnvironment) {
    func draw(_ distribution: RandomDraw.Distribution) -> ([Int], LuaOptions) throws -> Tensor {
        { [unowned environment] shape, options in
            try shape.checked(distribution == .normal ? "randn" : "rand")
            if case .seed(let seed)? = options.seedSource { return try Tensor.random(distribution, shape, options.dtype, from: .seed(seed)) }
            var given: RandomStream?
            if case .stream(let stream)? = options.seedSource { given = stream }
            // In a compiled function: another draw in every run.
            if let trace = Trace.current, trace.mode == .compile { return try trace.random(distribution, shape, options.dtype, from: given) }
            return try Tensor.random(distribution, shape, options.dtype, from: .stream(given ?? environment.stream))
        }
    }
    let options = OptionsParam([.seed, .dtype])
    module.function("randn", "Standard normal numbers. The same seed gives the same numbers; without one each call draws the next of the session's stream, which starts at --seed.",
                    SizesParam("sizes"), options, returns: "tensor {sizes}", errors: "as tensor.zeros",
                    example: "print(tensor.randn({2, 3}, {seed = 1}))", draw(.normal))
    module.function("rand", "Uniform numbers from 0 (included) to 1 (excluded); seeds as in tensor.randn.", SizesParam("sizes"), options, returns: "tensor {sizes}",
                    errors: "as tensor.zeros", example: "print(tensor.rand({2, 3}, {seed = 1, dtype = \"float64\"}))", draw(.uniform))
    module.function("stream", "A stream of random numbers: given as `seed`, each draw takes the next ones.", Param<Int>("seed", "where it starts"), returns: "stream",
                    example: "local s = tensor.stream(1)\nprint(tensor.rand({2}, {seed = s}), tensor.rand({2}, {seed = s}))") { RandomStream(seed: $0) }
    let type = module.type(RandomStream.self, "A stream of random numbers: a seed and the number of draws so far.", example: "local s = tensor.stream(5)\nlocal a, b = tensor.rand({2}, {seed = s}), tensor.rand({2}, {seed = s})\nprint(s.seed, s.draws, a == b)")
    type.property("seed", "Where it started.", type: "integer") { $0.seed }
    type.property("draws", "Draws so far.", type: "integer") { Int($0.step) }
    type.describe { "stream{seed = \($0.seed)} after \($0.step) draws" }
}
