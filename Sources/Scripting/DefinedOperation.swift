import Datasets
import Engine
import LuaHost
import Operations
import Synchronization
import Tensors

/// An operation written in Lua. `forward` is called once for each batch shape, with tensors that record; what it did is
/// then copied into every graph that uses it, on any thread, without Lua.
final class DefinedOperation: Operations.Operation, @unchecked Sendable {
    let name: String
    private let parametersFunction: LuaFunction?
    private let forwardFunction: LuaFunction
    private unowned let environment: ScriptingEnvironment
    private let templates = Mutex<[Key: Template]>([:])
    private let known = Mutex<[Shape: [Parameter]]>([:])
    private let source: String

    /// What a recording is for.
    private struct Key: Hashable {
        let batch: Shape
        let training: Bool
        let measurement: AnyHashable
        /// Orders the recordings alike in every process.
        let text: String

        init(batch: Shape, training: Bool, measurement: any Datasets.Measurement) {
            self.batch = batch
            self.training = training
            self.measurement = measurement.erasedIdentity
            text = "\(batch.braces) \(measurement.description)"
        }
    }

    private struct Template: @unchecked Sendable {
        let output: Engine.Expression
        /// Values of outer tensors that `forward` used: one constant each.
        let captured: [(input: Int, contents: ConstantContents)]
    }

    init(name: String, parameters: LuaFunction?, forward: LuaFunction, environment: ScriptingEnvironment) {
        (self.name, parametersFunction, forwardFunction, self.environment) = (name, parameters, forward, environment)
        source = forward.place
    }

    private let number = Definitions.next()
    /// Functions of the same text may have captured different values, and what is recorded of them comes late.
    var identity: String { "define \(number)" }

    /// The recorded graph, with the values that it captured, and the initial parameters are part of it once they are known, so
    /// that an edited function is another operation.
    var description: String {
        // One recording in training and one in evaluation, which may use different values from outside.
        let graphs = templates.withLock { templates in
            [false, true].compactMap { training in
                templates.filter { $0.key.training == training }.min { $0.key.text < $1.key.text }.map {
                    graphDigest($0.value.output.graph, captured: $0.value.captured.map(\.contents))
                }
            }
        }
        let graph = graphs.isEmpty ? nil : graphs.joined(separator: "+")
        let initial = known.withLock { known in
            known.min { $0.key.braces < $1.key.braces }.map { parameterDigest($0.value) }
        }
        return "define{name = \(name)\(graph.map { ", graph = \($0)" } ?? "")\(initial.map { ", parameters = \($0)" } ?? "")}"
    }

    func parameters(signal: Shape) throws -> [Parameter] {
        if let parameters = known.withLock({ $0[signal] }) { return parameters }
        guard let function = parametersFunction else { return [] }
        guard environment.isOnScriptThread else { throw EngineError("operation '\(name)' was not prepared for signals of shape \(signal.braces)") }
        // What init gives stands for a draw that is made anew at every node and for every seed. It is known again by its
        // numbers: where the function has changed them, what it made of them starts every node.
        var drawn: [(values: [Double], bound: Double)] = []
        let initial = LuaNativeFunction("init") { call in
            let fanIn: Double = try call.argument(1, Param<Double>.positive("fan_in", "inputs of each output"))
            let shape: [Int] = try call.argument(2, "shape")
            let bound = 1 / fanIn.squareRoot(), graph = Graph()
            let u = try graph.apply(RandomDraw(.uniform, shape, .float32, stream: UInt32(drawn.count)), [])
            let values = try Tensor.run(Plan(graph, outputs: [(u * 2 - 1) * bound]), inputs: [], seed: derivedSeed(0, .parameters))[0]
            drawn.append((try values.values(), bound))
            call.push(values)
        }
        let table = try function.call([signal, initial], as: LuaTable.self)
        let parameters = try table.pairs.map { key, value -> Parameter in
            guard let name = key.as(String.self), let tensor = value.as(Tensor.self) else {
                throw LuaError("operation '\(self.name)': parameters must return a table of named tensors")
            }
            let values = try tensor.values()
            if let draw = drawn.first(where: { $0.values == values }) { return Parameter(name, tensor.shape, .uniform(bound: draw.bound)) }
            return Parameter(name, tensor.shape, .values(values.map { Float($0) }))
        }
        known.withLock { $0[signal] = parameters }
        return parameters
    }

    func forward(_ x: Engine.Expression, _ parameters: [Engine.Expression], _ context: OperationContext) throws -> Engine.Expression {
        let template = try template(batch: x.shape, measurement: context.measurement, training: context.training)
        var inputs = [x, context.measured, context.initial] + parameters
        for (_, contents) in template.captured {
            inputs.append(x.graph.constant(ConstantContents(shape: contents.shape, dtype: x.dtype, values: contents.values)))
        }
        return try x.graph.inline(template.output, inputs: inputs)
    }

    func prepare(batch: Shape, measurement: any Datasets.Measurement, training: Bool) throws {
        _ = try template(batch: batch, measurement: measurement, training: training)
    }

    private func template(batch: Shape, measurement: any Datasets.Measurement, training: Bool) throws -> Template {
        let key = Key(batch: batch, training: training, measurement: measurement)
        if let template = templates.withLock({ $0[key] }) { return template }
        guard environment.isOnScriptThread else {
            throw EngineError("operation '\(name)' was not prepared for batches of shape \(batch.braces)")
        }
        let template = try record(batch: batch, measurement: measurement, training: training)
        templates.withLock { $0[key] = template }
        return template
    }

    private func record(batch: Shape, measurement: any Datasets.Measurement, training: Bool) throws -> Template {
        let signal = Array(batch.dropFirst())
        let measuredShape = [batch[0]] + (try measurement.measuredShape(signal))
        let parameters = try parameters(signal: signal)
        let trace = Trace(.compile)
        let result = try trace.record {
            let x = trace.parameter(batch, .float32)
            let measured = trace.parameter(measuredShape, .float32)
            let initial = trace.parameter(batch, .float32)
            let table = environment.state.makeTable()
            for parameter in parameters { table.set(parameter.name, to: trace.parameter(parameter.shape, .float32)) }
            let context = environment.state.makeTable()
            context.set("measured", to: measured)
            context.set("initial", to: initial)
            context.set("measurement", to: MeasurementObject(measurement))
            context.set("training", to: training)
            return try forwardFunction.call([table, x, context], as: Tensor.self).convert(to: .float32)
        }
        guard result.shape == batch else {
            throw LuaError("operation '\(name)' (\(source)) must return a tensor of the shape of x, \(batch.braces), got \(result.shape.braces)")
        }
        let output = try trace.expression(result)
        let captured = try trace.bound.enumerated().compactMap { index, tensor in
            try tensor.map { (index, ConstantContents(shape: $0.shape, dtype: $0.dtype, values: try $0.values())) }
        }
        return Template(output: output, captured: captured)
    }
}

/// A digest of the operators of a graph and of the values that are known in it, the same in every process.
func graphDigest(_ graph: Graph, captured: [ConstantContents] = []) -> String {
    var digest = Digest()
    for node in graph.nodes {
        digest.add("\(node.op) \(node.inputs) \(node.shape)")
        if let constant = node.op as? ConstantTensor { digest.add(constant.contents.values.map(\.bitPattern)) }
    }
    for contents in captured { digest.add(contents.values.map(\.bitPattern)) }
    return digest.text
}

/// A digest of named parameters and how they start.
private func parameterDigest(_ parameters: [Parameter]) -> String {
    var digest = Digest()
    for parameter in parameters.sorted(by: { $0.name < $1.name }) { digest.add("\(parameter.name) \(parameter.shape) \(parameter.initial)") }
    return digest.text
}

/// FNV-1a, 64 bit.
private struct Digest {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var text: String { String(hash, radix: 16) }
    mutating func add(_ text: String) { for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
    mutating func add(_ words: [UInt64]) {
        for word in words { for shift in stride(from: 0, to: 64, by: 8) { hash = (hash ^ ((word >> UInt64(shift)) & 0xff)) &* 0x100_0000_01b3 } }
    }
}

/// Numbers for what scripts define, none of them given twice while the process lives.
enum Definitions {
    private static let count = Mutex(0)
    static func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}
