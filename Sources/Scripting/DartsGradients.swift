import DARTS
import Datasets
import Engine
import LuaHost
import Tensors

extension DartsModule {
    private static let batchOptions: [LuaOption] = [
        LuaOption("clean", .value(Tensor.self), "signals {n, channels, length} or {n, length}"),
        LuaOption("measured", .value(Tensor.self), "their measurements {n, channels, measured length} or {n, measured length}"),
        LuaOption("measurement", .value(MeasurementObject.self), "how they were measured"),
    ]

    private static let pointOptions: [LuaOption] = [
        space,
        LuaOption("alpha", .value(Tensor.self), "architecture parameters {nodes, operations}, before the softmax"),
        LuaOption("parameters", .table, "weights p[node][operation] = {name = tensor, ..}, as darts.parameters gives them; an operation by its name or its number"),
    ]

    /// parameters, loss and alpha_gradient: what a search does in a step, piece by piece.
    static func declareRelaxation(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        let setUp = "local space = darts.space{nodes = 2}\nlocal p, alpha = darts.parameters{space = space, seed = 1}, tensor.zeros{2, 4}\n"
            + "local m = measurement.blur{}\nlocal function batch(seed)\n  local x = tensor.randn({4, 32}, {seed = seed})\n"
            + "  return {clean = x, measured = m:observe(x:unsqueeze(2), {seed = seed}), measurement = m}\nend\n"
        module.options("parameters", "The weights that a search with this seed starts from.", [
            space, .seed,
            LuaOption("shape", .shape, default: .computed("{1, 32}"), "shape {channels, length} of the signals"),
            LuaOption("dtype", .choice(["float32", "float64"]), default: "float32", "element type"),
        ], returns: "p[node][operation] = {name = tensor, ..}", errors: "a shape that is not {channels, length}",
           example: "local p = darts.parameters{space = darts.space{nodes = 2}, seed = 1}\nprint(p[2].net.weight1.shape[1])") { o -> [[String: [String: Tensor]]] in
            let space = o.value("space", as: SpaceObject.self).space
            let signal = o.optionalIntegers("shape") ?? [1, 32]
            guard signal.count == 2 else { throw LuaArgumentError.option("shape", "shape {channels, length} of the signals expected, got \(signal.braces)") }
            let layout = try ParameterLayout(relaxing: space, signal: signal)
            return ParameterTables(space: space, layout: layout).tables(layout.initialValues(seed: environment.seed(o)).map(Double.init), o.dtype)
        }
        module.options("loss", "The mean squared error of the relaxed network on a batch: every node the sum of its operations, weighted with softmax(alpha).",
                       pointOptions + [
                           LuaOption("batch", .options(batchOptions), "signals and their measurements"), .seed,
                           LuaOption("draws", .choice(Draws.allCases.map(\.rawValue)), default: .string(Draws.outer.rawValue),
                                     "the noise of noise operations: outer, or inner as for the training loss in darts.alpha_gradient"),
                       ],
                       returns: "number", errors: "parameters that are missing, unknown or of another shape; batches that do not fit; inside tensor.grad or tensor.compile",
                       example: setUp + "print(darts.loss{space = space, alpha = alpha, parameters = p, batch = batch(2), seed = 3} > 0)") { o -> Double in
            let point = try RelaxationReading(o, "loss")
            let draws = o.choice("draws", of: Draws.self)
            return try point.relaxation.loss(point.batch(o, "batch"), draws: draws, seed: environment.seed(o))
        }
        module.options("alpha_gradient", "The gradient in alpha of the validation loss: at these weights (order 1), or at the weights that one step of SGD on the "
                       + "training batch makes of them, theta - rate (momentum velocity + gradient + weight_decay theta), through which alpha acts too "
                       + "(order 2; Liu, Simonyan and Yang 2019, equation 7). float64 when any tensor is.",
                       pointOptions + [
                           LuaOption("validation", .options(batchOptions), "the batch whose loss is differentiated"),
                           LuaOption("train", .options(batchOptions), default: nil, "the batch of the inner step; this and what follows matter to order 2 alone"),
                           LuaOption("order", .integerIn(1...2), default: 1, "1 or 2"),
                           LuaOption("rate", .nonNegativeNumber, default: .computed("0.02, the rate of theta in darts.search"), "of the inner step"),
                           LuaOption("hvp", .choice(HessianProduct.allCases.map(\.rawValue)), default: .string(HessianProduct.exact.rawValue),
                                     "differentiate the inner step, or take the reference implementation's central difference with R = 0.01 / |v|"),
                           LuaOption("weight_decay", .nonNegativeNumber, default: 0.0, "of the inner step"),
                           LuaOption("momentum", .numberIn(0...1), default: 0.0, "of the inner step"),
                           LuaOption("velocity", .table, default: .computed("zero"), "what momentum multiplies, of the structure of parameters"),
                           .seed,
                       ],
                       returns: "tensor {nodes, operations}", errors: "as darts.loss; order 2 without a training batch",
                       example: setUp + "local g = darts.alpha_gradient{space = space, alpha = alpha, parameters = p, train = batch(2), validation = batch(3), order = 2, rate = 0.1, seed = 4}\nprint(g.shape[1], g.shape[2])") { o -> Tensor in
            let point = try RelaxationReading(o, "alpha_gradient")
            let isSecond = o.integer("order") == 2
            guard !isSecond || o.isGiven("train") else { throw LuaArgumentError.option("train", "for order = 2 a batch {clean = , measured = , measurement = } expected, got nothing") }
            let order: AlphaGradient = isSecond ? .secondOrder(o.choice("hvp", of: HessianProduct.self)) : .firstOrder
            let step = Relaxation.Unrolling(rate: o.optionalNumber("rate") ?? SearchSettings().theta.rate, weightDecay: o.number("weight_decay"),
                                            momentum: o.number("momentum"), velocity: try o.optionalTable("velocity").map { try point.flat($0, "velocity") })
            return try point.relaxation.alphaGradient(order, validation: point.batch(o, "validation"), training: isSecond ? point.batch(o, "train") : nil,
                                                      step: step, seed: environment.seed(o))
        }
    }
}

/// Space, alpha, weights and batches of a call, checked against each other and brought to one type: float64 if any is.
private struct RelaxationReading {
    let relaxation: Relaxation
    private let function: String
    private let dtype: DType
    private let tables: ParameterTables
    private let signal: Shape

    init(_ o: LuaOptions, _ function: String) throws {
        guard Trace.current == nil else {
            throw EngineError("\(function): not inside tensor.grad or tensor.compile (darts.alpha_gradient differentiates the loss)")
        }
        let space = o.value("space", as: SpaceObject.self).space
        let batches = ["batch", "validation", "train"].filter { RelaxationReading.names[function]!.contains($0) }.compactMap { name in o.optionalOptions(name).map { (name, $0) } }
        let first = try RelaxationReading.threeAxes(batches[0].1, "clean", batches[0].0)
        signal = Array(first.shape.dropFirst())
        let layout = try ParameterLayout(relaxing: space, signal: signal)
        tables = ParameterTables(space: space, layout: layout)
        let (alpha, entries) = (o.value("alpha", as: Tensor.self), try tables.tensors(o.table("parameters"), "parameters"))
        guard alpha.shape == [space.rows, space.operations.count] else {
            throw LuaArgumentError.option("alpha", "tensor of shape {nodes, operations} = \([space.rows, space.operations.count].braces) expected, got \(alpha.shape.braces)")
        }
        let given = [alpha] + entries + batches.flatMap { [$0.1.value("clean", as: Tensor.self), $0.1.value("measured", as: Tensor.self)] }
        dtype = given.contains { $0.dtype == .float64 && !$0.isWeak } ? .float64 : .float32
        self.function = function
        relaxation = Relaxation(space: space, layout: layout, theta: try ParameterTables.flat(entries, dtype), alpha: try alpha.convert(to: dtype))
    }

    private static let names = ["loss": ["batch"], "alpha_gradient": ["validation", "train"]]

    func flat(_ table: LuaTable, _ name: String) throws -> Tensor { try ParameterTables.flat(tables.tensors(table, name), dtype) }

    func batch(_ o: LuaOptions, _ name: String) throws -> Batch {
        let b = o.options(name)
        let measurement = b.value("measurement", as: MeasurementObject.self).measurement
        let (clean, measured) = (try Self.threeAxes(b, "clean", name), try Self.threeAxes(b, "measured", name))
        guard clean.shape[0] > 0 else { throw LuaArgumentError.option("\(name).clean", "at least one signal expected, got shape \(clean.shape.braces)") }
        guard Array(clean.shape.dropFirst()) == signal else {
            throw LuaArgumentError.option("\(name).clean", "signals of shape \(signal.braces) as in the other batch expected, got \(Array(clean.shape.dropFirst()).braces)")
        }
        let expected = [clean.shape[0]] + (try measurement.measuredShape(signal))
        guard measured.shape == expected else {
            throw LuaArgumentError.option("\(name).measured", "measurements of shape \(expected.braces) expected for signals \(clean.shape.braces), got \(measured.shape.braces)")
        }
        return Batch(clean: try clean.convert(to: dtype), measured: try measured.convert(to: dtype), measurement: measurement)
    }

    private static func threeAxes(_ b: LuaOptions, _ name: String, _ batch: String) throws -> Tensor {
        let x: Tensor = b.value(name)
        switch x.rank {
        case 3: return x
        case 2: return try x.reshape([x.shape[0], 1, x.shape[1]])
        default: throw LuaArgumentError.option("\(batch).\(name)", "{n, channels, length} or {n, length} expected, got shape \(x.shape.braces)")
        }
    }
}

/// Weights as nested Lua tables p[node][operation][name], and as the flat vector that they are inside.
private struct ParameterTables {
    let space: Space
    let layout: ParameterLayout

    func tables(_ values: [Double], _ dtype: DType) -> [[String: [String: Tensor]]] {
        var result = (0..<space.rows).map { _ in Dictionary(uniqueKeysWithValues: space.names.map { ($0, [String: Tensor]()) }) }
        for entry in layout.entries {
            let part = Array(values[entry.offset..<entry.offset + entry.count])
            result[entry.row][space.names[entry.operation]]![entry.parameter.name] = Tensor(part, shape: entry.parameter.shape, dtype)
        }
        return result
    }

    /// The tensors of the layout's entries, in order. Whatever is missing, unknown or of another shape is an error that says where.
    func tensors(_ table: LuaTable, _ option: String) throws -> [Tensor] {
        func wrong(_ problem: String) -> LuaArgumentError { .option(option, problem) }
        guard table.count == space.rows else { throw wrong("tables of \(space.rows) nodes expected, got \(table.count)") }
        var found: [Int: Tensor] = [:]
        for node in 0..<space.rows {
            guard let operations: LuaTable = table[node + 1].as() else { throw wrong("node \(node + 1): a table of operations expected, got \(describe(table[node + 1]))") }
            var given: Set<Int> = []
            for (key, value) in operations.pairs {
                let operation = try self.operation(key, node, wrong)
                let place = "node \(node + 1), operation '\(space.names[operation])'"
                guard given.insert(operation).inserted else { throw wrong("\(place): given by name and by number") }
                guard let parameters: LuaTable = value.as() else { throw wrong("\(place): a table of parameters expected, got \(describe(value))") }
                let entries = layout.entries.indices.filter { layout.entries[$0].row == node && layout.entries[$0].operation == operation }
                let names = entries.map { layout.entries[$0].parameter.name }
                for (key, value) in parameters.pairs {
                    guard let name = key.as(String.self), let at = names.firstIndex(of: name) else {
                        let text = key.as(String.self).map { "'\($0)'" } ?? describe(key)
                        let near = key.as(String.self).flatMap { NearestName.of($0, among: names) }.map { " (did you mean '\($0)'?)" } ?? ""
                        throw wrong("\(place): unknown parameter \(text)\(near); it has \(names.isEmpty ? "none" : names.joined(separator: ", "))")
                    }
                    let entry = layout.entries[entries[at]]
                    guard let tensor: Tensor = value.as() else {
                        throw wrong("\(place): parameter '\(name)': a tensor of shape \(entry.parameter.shape.braces) expected, got \(describe(value))")
                    }
                    guard tensor.shape == entry.parameter.shape else {
                        throw wrong("\(place): parameter '\(name)': shape \(entry.parameter.shape.braces) expected, got \(tensor.shape.braces)")
                    }
                    found[entries[at]] = tensor
                }
            }
        }
        return try layout.entries.enumerated().map { index, entry in
            guard let tensor = found[index] else {
                throw wrong("node \(entry.row + 1), operation '\(space.names[entry.operation])': parameter '\(entry.parameter.name)' of shape \(entry.parameter.shape.braces) is missing")
            }
            return tensor
        }
    }

    private func operation(_ key: LuaValue, _ node: Int, _ wrong: (String) -> LuaArgumentError) throws -> Int {
        if let number = key.as(Int.self), space.names.indices.contains(number - 1) { return number - 1 }
        if let name = key.as(String.self) {
            if let index = try? space.index(of: name) { return index }
            let near = NearestName.of(name, among: space.names).map { " (did you mean '\($0)'?)" } ?? ""
            throw wrong("node \(node + 1): no operation '\(name)' in this space\(near); it has \(space.names.joined(separator: ", "))")
        }
        throw wrong("node \(node + 1): an operation's name or number from 1 to \(space.names.count) expected, got \(describe(key))")
    }

    static func flat(_ tensors: [Tensor], _ dtype: DType) throws -> Tensor {
        let values = try tensors.flatMap { try $0.values() }
        return Tensor(values, shape: [values.count], dtype)
    }
}
