import CLua
import Engine
import LuaHost
import Tensors

/// grad, value_and_grad, hvp and gradcheck: functions of functions. The outermost one records the call and computes
/// everything at once; one inside another only adds to the recording, so that they compose to any order.
func declareGradients(_ module: LuaModule, _ environment: ScriptingEnvironment) {
    let f = Documentation.Argument(
        name: "f", type: "function", shape: "",
        summary: "of parameters (a tensor or nested tables of tensors) and anything else; returns a tensor of one "
            + "element. It may assign to its arguments: the caller's tensors keep their values, and the gradient is "
            + "by what came in",
        defaultText: nil, isOptional: false)
    let errors = "when f does not return a tensor of one element, or parameters hold something that is not a tensor"
    module.rawFunction("grad", "The gradient function of f with respect to its first argument. Its result has the structure of that argument.",
                       signature: "tensor.grad(f)", arguments: [f], returns: "function (p, ..) --> gradients", errors: errors,
                       example: "local f = function(p, x) return ((p.w * x + p.b) ^ 2):mean() end\nlocal g = tensor.grad(f)({w = tensor{2}, b = tensor{1}}, tensor{1, 2, 3})\nprint(g.w, g.b)") { call in
        let function: LuaFunction = try call.argument(1, "f")
        call.push(LuaNativeFunction("gradient function") { call in
            let result = try differentiate(function, &call, name: "grad")
            call.push(result.gradients)
        })
    }
    module.rawFunction("value_and_grad", "As tensor.grad, but the function gives f's value too: value, gradients, and whatever else f returns.",
                       signature: "tensor.value_and_grad(f)", arguments: [f], returns: "function (p, ..) --> value, gradients", errors: errors,
                       example: "local loss, g = tensor.value_and_grad(function(w) return (w ^ 2):sum() end)(tensor{1, 2})\nprint(loss, g)") { call in
        let function: LuaFunction = try call.argument(1, "f")
        call.push(LuaNativeFunction("value and gradient function") { call in
            let result = try differentiate(function, &call, name: "value_and_grad")
            call.push(result.value)
            call.push(result.gradients)
            for other in result.others { call.push(other) }
        })
    }
    module.rawFunction("hvp", "The Hessian of f at p times v, exactly: the gradient of <grad f, v>.", signature: "tensor.hvp(f, p, v [, ..])",
                       arguments: [f, .init(name: "p", type: "tensor or nested tables", shape: "", summary: "where", defaultText: nil, isOptional: false),
                                   .init(name: "v", type: "tensor or nested tables", shape: "", summary: "direction, of p's structure and shapes", defaultText: nil, isOptional: false)],
                       returns: "of p's structure", errors: errors,
                       example: "print(tensor.hvp(function(x) return (x ^ 3):sum() end, tensor{1, 2}, tensor{1, 0}))") { call in
        try hessianVectorProduct(&call)
    }
    module.rawFunction("gradcheck", "Compares the gradient of f at p with central differences in float64. For a result of several elements, their sum with fixed weights is differentiated.",
                       signature: "tensor.gradcheck(f, p [, options])",
                       arguments: [f, .init(name: "p", type: "tensor or nested tables", shape: "", summary: "where; taken in float64", defaultText: nil, isOptional: false),
                                   OptionsParam(GradientCheck.options).documentation],
                       returns: "boolean, worst relative error", errors: "when f does not return a tensor",
                       example: "print(tensor.gradcheck(function(x) return (x:sin() * x):sum() end, tensor{1, 2}))") { [unowned environment] call in
        let options = try call.options(3, GradientCheck.options)
        let (isRight, error) = try GradientCheck(function: try call.argument(1, "f"), step: options.number("step"), stream: environment.stream).run(call)
        call.push(isRight && error <= options.number("tolerance"))
        call.push(error)
    }
}

/// Runs `body` in the trace under way, or in one of its own whose results are then computed.
private func recorded(_ body: (Trace) throws -> [Tensor]) throws -> [Tensor] {
    if let trace = Trace.current { return try TracedFunction.call { try body(trace) } }
    let trace = Trace(.gradient)
    return try trace.finish(try trace.record { try body(trace) })
}

/// The loss of a traced call: f's first result, which must be one number.
func scalarLoss(_ results: [LuaValue], _ name: String) throws -> Tensor {
    guard let first = results.first, let loss: Tensor = first.as() else {
        throw EngineError("\(name): the function must return a tensor of one element, got \(describe(results.first))")
    }
    guard loss.count == 1 else {
        throw EngineError("\(name): the function must return a tensor of one element, got shape \(loss.shape.braces) (take its sum or mean)")
    }
    return try loss.reshape([])
}

func describe(_ value: LuaValue?) -> String {
    switch value {
    case nil, .nil?: "nothing"
    case .number(let number)?: "number \(LuaDescription.number(number)) (item() ends the recording)"
    case .integer(let number)?: "number \(number)"
    case .boolean?: "boolean"
    case .string?: "string"
    case .table?: "table"
    case .function?: "function"
    case .userdata(let data)?: data.typeName
    case .other?: "another value"
    }
}

private func parameters(_ call: LuaCall, _ i: Int, _ name: String, _ leaves: inout [Tensor]) throws -> ValueTree {
    let tree = try ValueTree.read(call.L, call.slot(i), .refused, &leaves, path: "\(name): parameters")
    guard !leaves.isEmpty else { throw EngineError("\(name): no tensors among the parameters") }
    return tree
}

/// The arguments behind the parameters, tensors among them in objects of the function's own: to be read in the call.
private func furtherArguments(_ call: LuaCall, from first: Int) throws -> [any LuaConvertible] {
    guard call.count >= first else { return [] }
    return try (first...call.count).map { i in
        if let tensor: Tensor = call.read(i) { return tensor.argument() }
        return try call.argument(i, "argument", as: LuaValue.self)
    }
}

private func differentiate(_ function: LuaFunction, _ call: inout LuaCall, name: String) throws -> (value: Tensor, gradients: FilledTree, others: [any LuaConvertible]) {
    var leaves: [Tensor] = []
    guard call.count >= 1 else { throw EngineError("\(name): parameters expected, got no value") }
    let tree = try parameters(call, 1, name, &leaves)
    var others: [LuaValue] = []
    let given = call
    let results = try recorded { trace in
        let variables = try leaves.map { try trace.variable($0) }
        let parameters = FilledTree(tree: tree, leaves: variables.map(\.tensor))
        let results = try function.call([parameters] + furtherArguments(given, from: 2))
        others = Array(results.dropFirst())
        let loss = try scalarLoss(results, name)
        let gradients = try gradients(of: try trace.expression(loss), withRespectTo: variables.map(\.node))
        return [loss] + zip(gradients, leaves).map { trace.tensor($0, like: $1) }
    }
    return (results[0], FilledTree(tree: tree, leaves: Array(results.dropFirst())), others)
}

private func hessianVectorProduct(_ call: inout LuaCall) throws {
    let function: LuaFunction = try call.argument(1, "f")
    var leaves: [Tensor] = [], directions: [Tensor] = []
    let tree = try parameters(call, 2, "hvp", &leaves)
    _ = try parameters(call, 3, "hvp", &directions)
    guard leaves.map(\.shape) == directions.map(\.shape) else {
        throw EngineError("hvp: a direction of the parameters' structure and shapes expected, got \(directions.map(\.shape.braces).joined(separator: ", ")) for \(leaves.map(\.shape.braces).joined(separator: ", "))")
    }
    let given = call
    let results = try recorded { trace in
        let variables = try leaves.map { try trace.variable($0) }
        let inputs = variables.map(\.node)
        let parameters = FilledTree(tree: tree, leaves: variables.map(\.tensor))
        let loss = try scalarLoss(try function.call([parameters] + furtherArguments(given, from: 4)), "hvp")
        let first = try gradients(of: try trace.expression(loss), withRespectTo: inputs)
        let seeds = try zip(directions, first).map { try trace.expression(try $0.convert(to: $1.dtype)) }
        let second = try gradients(of: zip(first, seeds).map { ($0, $1) }, withRespectTo: inputs)
        return zip(second, leaves).map { trace.tensor($0, like: $1) }
    }
    call.push(FilledTree(tree: tree, leaves: results))
}
