import DARTS
import Engine
import LuaHost
import Synchronization
import Tensors

/// A strategy written in Lua. Its functions are called once for each use and shape, with tensors that record; what they
/// did is then copied into the graphs of the search, which run on any thread, without Lua.
final class DefinedStrategy: RelaxingStrategy, @unchecked Sendable {
    static let options: [LuaOption] = [
        LuaOption("name", .string, default: "own", "its name"),
        LuaOption("weights", .function, "weights(alpha, context) -> tensor {rows, operations}, the weights of the mix; context.use is \"alpha\", \"inner\", \"theta\" or \"evaluation\", context.progress goes from 0 to 1 over the steps (1 in evaluation)"),
        LuaOption("loss", .function, default: nil, "loss(alpha, weights, context) -> tensor of one element, added to the loss that alpha follows"),
        LuaOption("select", .function, default: nil, "select(alpha, weights, context) -> tensor {rows, operations} of scores, of which the largest of a row is selected; without it alpha is"),
    ]
    let name: String
    private let weightsFunction: LuaFunction, lossFunction: LuaFunction?, selectFunction: LuaFunction?
    private unowned let environment: ScriptingEnvironment
    private let templates = Mutex<[Key: Template]>([:])

    private enum Part: String { case weights, loss, select }
    private struct Key: Hashable {
        let part: Part, use: RelaxationContext.Use, shape: Shape
    }
    private struct Template: @unchecked Sendable {
        let output: Engine.Expression
        let captured: [ConstantContents]
    }

    init(_ o: LuaOptions, environment: ScriptingEnvironment) {
        (name, weightsFunction, lossFunction, selectFunction) = (o.string("name"), o.function("weights"), o.optionalFunction("loss"), o.optionalFunction("select"))
        self.environment = environment
    }

    private let number = Definitions.next()
    /// Functions of the same text may have captured different values.
    var identity: String { "defined \(number)" }

    /// What was recorded is part of it, so that an edited function is another strategy.
    var description: String {
        let parts = templates.withLock { $0.map { "\($0.key.part.rawValue) \($0.key.use.rawValue) \($0.key.shape) \(graphDigest($0.value.output.graph, captured: $0.value.captured))" }.sorted() }
        return "defined{name = \(name), \(parts.joined(separator: ", "))}"
    }

    func prepare(rows: Int, operations: Int) throws {
        let shape = [rows, operations]
        for use in [RelaxationContext.Use.alpha, .inner, .theta, .evaluation] { _ = try template(.weights, use, shape) }
        if lossFunction != nil { _ = try template(.loss, .alpha, shape) }
        if selectFunction != nil { _ = try template(.select, .evaluation, shape) }
    }

    func numbers(step: Int, of steps: Int) -> [Double] { [Double(step) / Double(max(1, steps - 1))] }

    func weights(_ alpha: Engine.Expression, _ context: RelaxationContext) throws -> Engine.Expression { try inline(.weights, context, alpha, alpha) }
    func penalty(_ alpha: Engine.Expression, _ weights: Engine.Expression, _ context: RelaxationContext) throws -> Engine.Expression? {
        lossFunction == nil ? nil : try inline(.loss, context, alpha, weights).reshape([])
    }
    func scores(_ alpha: Engine.Expression, _ context: RelaxationContext) throws -> Engine.Expression {
        selectFunction == nil ? alpha : try inline(.select, context, alpha, weights(alpha, context))
    }

    private func inline(_ part: Part, _ context: RelaxationContext, _ alpha: Engine.Expression, _ weights: Engine.Expression) throws -> Engine.Expression {
        let template = try template(part, context.use, alpha.shape)
        let progress = context.numbers ?? alpha.graph.filled(1, [1], alpha.dtype)
        let captured = template.captured.map { alpha.graph.constant(ConstantContents(shape: $0.shape, dtype: alpha.dtype, values: $0.values)) }
        return try alpha.graph.inline(template.output, inputs: [alpha, weights, progress] + captured)
    }

    private func template(_ part: Part, _ use: RelaxationContext.Use, _ shape: Shape) throws -> Template {
        let key = Key(part: part, use: use, shape: shape)
        if let template = templates.withLock({ $0[key] }) { return template }
        guard environment.isOnScriptThread else { throw EngineError("strategy '\(name)' was not prepared for alpha of shape \(shape.braces)") }
        let template = try record(part, use, shape)
        templates.withLock { $0[key] = template }
        return template
    }

    private func record(_ part: Part, _ use: RelaxationContext.Use, _ shape: Shape) throws -> Template {
        let function: LuaFunction? = switch part {
        case .weights: weightsFunction
        case .loss: lossFunction
        case .select: selectFunction
        }
        guard let function else { throw EngineError("strategy '\(name)' has no function '\(part.rawValue)'") }
        let trace = Trace(.compile)
        let result = try trace.record {
            let alpha = trace.parameter(shape, .float32)
            let weights = trace.parameter(shape, .float32)
            let progress = trace.parameter([1], .float32)
            let context = environment.state.makeTable()
            context.set("use", to: use.rawValue)
            context.set("progress", to: progress)
            let arguments: [any LuaConvertible] = part == .weights ? [alpha, context] : [alpha, weights, context]
            return try function.call(arguments, as: Tensor.self).convert(to: .float32)
        }
        if part == .loss {
            guard result.count == 1 else { throw LuaError("strategy '\(name)': loss (\(function.place)) must return a tensor of one element, got shape \(result.shape.braces)") }
        } else {
            guard result.shape == shape else { throw LuaError("strategy '\(name)': \(part.rawValue) (\(function.place)) must return a tensor of the shape of alpha, \(shape.braces), got \(result.shape.braces)") }
        }
        let output = try trace.expression(result)
        let captured = try trace.bound.compactMap { tensor in
            try tensor.map { ConstantContents(shape: $0.shape, dtype: $0.dtype, values: try $0.values()) }
        }
        return Template(output: output, captured: captured)
    }
}
