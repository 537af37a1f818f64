import DARTS
import Datasets
import Engine
import LuaHost
import Operations
import Tensors

final class SpaceObject: LuaObject {
    static let luaType = LuaTypeIdentity("space")
    let space: Space
    init(_ space: Space) { self.space = space }
}

final class ArchitectureObject: LuaObject {
    static let luaType = LuaTypeIdentity("architecture")
    let architecture: Architecture
    init(_ architecture: Architecture) { self.architecture = architecture }
}

final class SearchObject: LuaObject {
    static let luaType = LuaTypeIdentity("search")
    let result: SearchResult
    let space: Space
    init(_ result: SearchResult, _ space: Space) { (self.result, self.space) = (result, space) }
}

final class NetworkObject: LuaObject {
    static let luaType = LuaTypeIdentity("network")
    let network: TrainedNetwork
    init(_ network: TrainedNetwork) { self.network = network }
}

/// The namespace `darts`: spaces, searches, training.
enum DartsModule {
    static let space = LuaOption("space", .value(SpaceObject.self), "the architectures: darts.space{..}")
    static let data = LuaOption("data", .value(DatasetObject.self), "the data set")

    /// Options of an optimiser, with the defaults given.
    static func optimizer(_ standard: Optimizer, _ extra: [LuaOption] = []) -> LuaOptionKind {
        .options([
            LuaOption("optimizer", .choice(Optimizer.Kind.allCases.map(\.rawValue)), default: .string(standard.kind.rawValue), "which one"),
            LuaOption("rate", .nonNegativeNumber, default: .number(standard.rate), "learning rate"),
            LuaOption("schedule", .choice(Optimizer.Schedule.allCases.map(\.rawValue)), default: .string(standard.schedule.rawValue), "how the rate falls"),
            LuaOption("betas", .numbers, default: .numbers([standard.betas.0, standard.betas.1]), "Adam's decay rates; without use to SGD"),
            LuaOption("momentum", .numberIn(0...1), default: .number(standard.momentum), "of SGD; without use to Adam"),
            LuaOption("weight_decay", .nonNegativeNumber, default: .number(standard.weightDecay), "L2, or decoupled with adamw"),
            LuaOption("clip", .nonNegativeNumber, default: .number(standard.clip), "largest global norm of the gradient; 0: none"),
        ] + extra)
    }

    static func optimizer(_ o: LuaOptions) throws -> Optimizer {
        var optimizer = Optimizer(rate: o.number("rate"))
        optimizer.kind = o.choice("optimizer", of: Optimizer.Kind.self)
        optimizer.schedule = o.choice("schedule", of: Optimizer.Schedule.self)
        let betas = o.numbers("betas")
        guard betas.count == 2, betas.allSatisfy({ $0 >= 0 && $0 < 1 }) else { throw LuaError("betas: two numbers from 0 to below 1 expected, got {\(betas.map { "\($0)" }.joined(separator: ", "))}") }
        optimizer.betas = (betas[0], betas[1])
        (optimizer.momentum, optimizer.weightDecay, optimizer.clip) = (o.number("momentum"), o.number("weight_decay"), o.number("clip"))
        return optimizer
    }

    /// What training takes besides space, architecture, data and seed.
    static let trainingOptions: [LuaOption] = {
        let standard = TrainingSettings()
        return [
            LuaOption("steps", .positiveInteger, default: .integer(standard.steps), "steps"),
            LuaOption("batch", .positiveInteger, default: .integer(standard.batch), "signals of a batch"),
            LuaOption("theta", optimizer(standard.theta), default: .empty, "optimiser of the weights"),
        ]
    }()

    static func trainingSettings(_ o: LuaOptions) throws -> TrainingSettings {
        var settings = TrainingSettings()
        (settings.steps, settings.batch, settings.theta) = (o.integer("steps"), o.integer("batch"), try optimizer(o.options("theta")))
        return settings
    }

    /// One name, a list of names, or an architecture.
    static let architectureKind = LuaOptionKind.either([.value(ArchitectureObject.self), .string, .list(.string)])

    static func architecture(_ o: LuaOptions, _ name: String, in space: Space) throws -> Architecture? {
        switch o[name] {
        case .custom(let value): try (value as? ArchitectureObject).map { try space.architecture($0.architecture.chosen) }
        case .string(let name): try space.architecture([name])
        case .list(let values): try space.architecture(values.map { if case .string(let name) = $0 { name } else { "" } })
        default: nil
        }
    }

    static func defaultOperations() -> [any Operations.Operation] { [GradientDescent(), ConvolutionalNetwork(), RollOperation(), NoiseOperation()] }

    static func declare(in environment: ScriptingEnvironment) {
        let module = environment.state.module("darts", "Differentiable architecture search: spaces, searches, training.")
        module.options("space", "The sequential meta-architecture: nodes in a row, each one of the operations.", [
            LuaOption("nodes", .positiveInteger, default: 10, "number of nodes"),
            LuaOption("operations", .list(.value(OperationObject.self)), default: .computed("gradient_descent, cnn, roll, noise"), "what a node can be"),
            LuaOption("skip", .boolean, default: false, "every operation is there a second time with x(0) added to its output, under its name with +x0"),
            LuaOption("topology", .choice(Space.Topology.allCases.map(\.rawValue)), default: .string(Space.Topology.chain.rawValue),
                      "chain: nodes in a row; cell: every node is the mean of edges from all earlier states, x(0) being state 0, and the last node is the output"),
            LuaOption("edges", .positiveInteger, default: 2, "of a cell: edges that a node keeps"),
        ], returns: "space", errors: "no operations; two operations of one name", example: "print(darts.space{nodes = 4}.size)") { o -> SpaceObject in
            let operations: [any Operations.Operation] = o.isGiven("operations")
                ? o.values("operations", as: OperationObject.self).map(\.operation) : defaultOperations()
            let topology = o.choice("topology", of: Space.Topology.self)
            guard topology == .cell || !o.isGiven("edges") else { throw LuaError("edges: only for topology = \"cell\", got topology = \"chain\"") }
            return SpaceObject(try Space(nodes: o.integer("nodes"), operations: operations, topology: topology, kept: o.integer("edges"), skip: o.boolean("skip")))
        }
        module.options("search", "Searches an architecture. A data set without a seed is drawn from the seed of the search.",
                       [space, data, .seed, strategyOption(strategySummary)] + searchOptions,
                       returns: "search", errors: "an option that does not apply to the strategy (steps, batch and theta are taken by all of them); a space with nothing to choose; a loss or alpha that becomes non-finite",
                       example: "local s = darts.search{space = darts.space{nodes = 2}, data = dataset.cosines{train = 32, validation = 32, test = 32}, steps = 5}\nprint(#s.architecture)") { o -> SearchObject in
            let space = o.value("space", as: SpaceObject.self).space
            let seed = environment.seed(o)
            let settings = try searchSettings(o, strategy: o["strategy"], environment: environment)
            let data = try o.value("data", as: DatasetObject.self).dataset(trialSeed: seed)
            let candidates = settings.strategy as? any CandidateStrategy
            try candidates?.check(space)
            let progress = environment.progress("search", total: candidates?.count(space) ?? settings.steps)
            defer { progress.finish() }
            return SearchObject(try search(space, on: data, settings: settings, seed: seed) { progress.update($0 + 1) }, space)
        }
        module.options("train", "Trains one architecture from scratch and scores it.",
                       [space, LuaOption("architecture", architectureKind, "an architecture, its text as printed, one operation name for all nodes, or a list of names"), data, .seed] + trainingOptions,
                       returns: "network", errors: "an unknown operation; a loss that becomes non-finite",
                       example: "local t = darts.train{space = darts.space{nodes = 2}, architecture = \"grad\", data = dataset.cosines{train = 32, validation = 32, test = 32}, steps = 5}\nprint(t.psnr.test > 0)") { o -> NetworkObject in
            let space = o.value("space", as: SpaceObject.self).space
            let seed = environment.seed(o)
            let architecture = try architecture(o, "architecture", in: space)!
            let data = try o.value("data", as: DatasetObject.self).dataset(trialSeed: seed)
            let settings = try trainingSettings(o)
            let progress = environment.progress("train", total: settings.steps)
            defer { progress.finish() }
            return NetworkObject(try train(architecture, in: space, on: data, settings: settings, seed: seed) { progress.update($0 + 1) })
        }
        declareRelaxation(module, environment)
        TabularModule.declare(module, environment)
        declareSpace(module, environment)
        declareResults(module, environment)
    }

    private static func declareSpace(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        let type = module.type(SpaceObject.self, "The architectures a search chooses from.",
                               example: "local s = darts.space{nodes = 2}\nprint(s, s.size, s.nodes, s.rows, table.concat(s.operations, \", \"))")
        type.property("size", "Number of architectures.", type: "integer, or a float beyond 2^53") { s -> LuaResults in
            let size = s.space.size
            return size < 9_007_199_254_740_992 ? LuaResults(Int(size)) : LuaResults(size)
        }
        type.property("nodes", "Number of nodes.", type: "integer") { $0.space.nodes }
        type.property("operations", "Names of the operations.", type: "array of strings") { $0.space.names }
        type.method("random", "A uniformly random architecture.", OptionsParam([.seed]), returns: "architecture",
                    example: "print(darts.space{nodes = 3}:random{seed = 1})") { s, o in
            ArchitectureObject(s.space.random(seed: environment.seed(o)))
        }
        type.method("architecture", "The architecture with these operations, one for each node or one for all.",
                    Param<[String]>("operations", "names in node order"), returns: "architecture",
                    example: "print(darts.space{nodes = 2}:architecture{\"grad\", \"net\"})") { s, names in
            ArchitectureObject(try s.space.architecture(names))
        }
        type.rawMethod("all", "Iterates over every architecture, in order.", signature: "space:all()", returns: "iterator",
                       example: "for a in darts.space{nodes = 1}:all() do print(a) end") { s, call in
            let architectures = s.space.all()
            call.push(LuaNativeFunction("all") { call in
                guard let architecture = architectures.next() else { return call.push(LuaValue.nil) }
                call.push(ArchitectureObject(architecture))
            })
        }
        type.property("rows", "Rows of alpha: nodes of a chain, edges of a cell.", type: "integer") { $0.space.rows }
        type.describe { s in "space: \(s.space.topology == .cell ? "cell of " : "")\(s.space.nodes) nodes of {\(s.space.names.joined(separator: ", "))}, \(sizeText(s.space.size)) architectures" }

        let architecture = module.type(ArchitectureObject.self, "One operation for each node; of a cell for each edge kept, written operation(state).",
                                       example: "local s = darts.space{nodes = 2}\nlocal a = s:architecture{\"grad\", \"net\"}\nprint(a, #a, a[1], a == s:architecture{\"grad\", \"net\"})")
        architecture.length("Number of nodes.") { $0.architecture.chosen.count }
        architecture.index("The name of the operation at a node.", signature: "architecture[node]") { a, call in
            let names = a.architecture.chosen
            let at = call.read(1, as: Int.self).map { $0 < 0 ? names.count + $0 : $0 - 1 } ?? -1
            if names.indices.contains(at) { call.push(names[at]) } else { call.push(LuaValue.nil) }
        }
        architecture.method("names", "The operations in node order.", returns: "array of strings",
                            example: "print(table.concat(darts.space{nodes = 2}:architecture{\"grad\"}:names(), \",\"))") { $0.architecture.chosen }
        architecture.operation(.equal, "Whether two architectures choose the same; nothing else is equal to one.", Param<LuaValue>("a", "architecture"), Param<LuaValue>("b", "architecture")) { a, b -> Bool in
            guard let a: ArchitectureObject = a.as(), let b: ArchitectureObject = b.as() else { return false }
            return a.architecture.chosen == b.architecture.chosen
        }
        architecture.describe { $0.architecture.description }
    }

    private static func sizeText(_ size: Double) -> String { size < 1e15 ? "\(Int(size))" : "\(size)" }

    private static func declareResults(_ module: LuaModule, _ environment: ScriptingEnvironment) {
        let fields = ResultFields(environment.state)
        let search = module.type(SearchObject.self, "What a search found.",
                                 example: "local d = dataset.cosines{length = 16, train = 32, validation = 32, test = 32, seed = 1}\nlocal s = darts.search{space = darts.space{nodes = 2}, data = d, steps = 5, seed = 1}\nprint(s)\nprint(s.architecture, s.alpha, s.weights, s.one_shot.relaxed, #s.history.training, s.memory > 0, s.seconds < 60, s.stopped, s.candidates)")
        search.property("architecture", "The architecture selected.", type: "architecture") { ArchitectureObject($0.result.architecture) }
        search.property("alpha", "The architecture parameters.", type: "tensor {nodes, operations}, of a cell {edges, operations}; nil for strategies without") { $0.matrix($0.result.alpha) }
        search.property("weights", "The weights of the mix: softmax(alpha) by node, or what the strategy makes of alpha.", type: "tensor {nodes, operations}; nil for strategies without") { $0.matrix($0.result.weights) }
        search.property("one_shot", "Validation PSNR in dB with the weights of the search: relaxed, of the relaxed network; argmax, of the architecture selected; scaled, of the same with each output times its weight in the mix.", type: "{relaxed, argmax, scaled}; nil where the strategy has none") { s -> LuaTable in
            var scores: [String: Double] = [:]
            if let relaxed = s.result.oneShotRelaxed { scores["relaxed"] = relaxed }
            if let argmax = s.result.oneShotArgmax { scores["argmax"] = argmax }
            if let scaled = s.result.oneShotScaled { scores["scaled"] = scaled }
            return fields.table("one_shot", scores, optional: ["relaxed", "argmax", "scaled"])
        }
        search.property("history", "Losses of every step that ran: training, and validation (with what the strategy adds; nan where alpha rested and none was taken); alpha after each. At the intervals asked for the relaxed network's validation PSNR and the Hessian's eigenvalue, each with the steps after which they were taken.",
                        type: "{training {steps}, validation {steps}, alpha {steps, nodes, operations}, nil for strategies without; score {n}, score_step {n}, eigenvalue {n}, eigenvalue_step {n}, nil where not asked for}") { s -> LuaTable in
            let r = s.result
            func vector(_ values: [Double]) -> Tensor { Tensor(values, shape: [values.count]) }
            let count = s.space.rows * s.space.operations.count
            var history = ["training": vector(r.trainingLosses.map(Double.init)), "validation": vector(r.validationLosses.map(Double.init))]
            if !r.alphaHistory.isEmpty {
                history["alpha"] = Tensor(r.alphaHistory.map(Double.init), shape: [r.alphaHistory.count / count, s.space.rows, s.space.operations.count])
            }
            if !r.scores.isEmpty { (history["score"], history["score_step"]) = (vector(r.scores.map(\.psnr)), vector(r.scores.map { Double($0.step) })) }
            if !r.eigenvalues.isEmpty { (history["eigenvalue"], history["eigenvalue_step"]) = (vector(r.eigenvalues.map(\.value)), vector(r.eigenvalues.map { Double($0.step) })) }
            let names = ["training", "validation", "alpha", "score", "score_step", "eigenvalue", "eigenvalue_step"]
            return fields.table("the search's history", history.mapValues { $0.owned(by: .search) }, optional: names)
        }
        search.property("stopped", "The step whose state was kept when early_stop ended the search.", type: "integer; nil when it was not ended early") { $0.result.stopped }
        search.property("candidates", "What was tried, with validation PSNR in dB, in order.", type: "array of {architecture, score}; nil for strategies without candidates") { s -> [[String: LuaValue]]? in
            s.result.candidates.isEmpty ? nil : s.result.candidates.map { ["architecture": .string($0.architecture.description), "score": .number($0.score)] }
        }
        search.property("seconds", "Wall-clock time.", type: "number") { $0.result.seconds }
        search.property("memory", "Bytes held while it ran: the arenas of its plans, parameters and moments, packed batches, histories. The data set is not in it.",
                        type: "integer") { $0.result.memory }
        search.describe { $0.text(DisplayStyle()) }

        let network = module.type(NetworkObject.self, "A trained architecture.",
                                  example: "local d = dataset.cosines{length = 16, train = 32, validation = 32, test = 32, seed = 1}\nlocal t = darts.train{space = darts.space{nodes = 2}, architecture = {\"grad\", \"net\"}, data = d, steps = 5, seed = 1}\nprint(t.architecture, t.psnr.test, t.measurement, t.parameters[1].step, #t.history.training, t.seconds < 60)")
        network.property("architecture", "What was trained.", type: "architecture") { ArchitectureObject($0.network.architecture) }
        network.property("psnr", "PSNR in dB over each whole split; of a network that was loaded for another measurement only a reason why there is none.",
                         type: "{train, validation, test}, or {reason}") { n -> LuaTable in
            let names = ["train", "validation", "test", "reason"]
            guard let psnr = n.network.scores?.psnr else {
                return fields.table("psnr", ["reason": n.network.reasonWithoutScores ?? "no scores"], optional: names)
            }
            let scores = ["train": psnr.train, "validation": psnr.validation, "test": psnr.test]
            return fields.table("psnr", scores, optional: names)
        }
        network.property("measurement", "What it reconstructs from.", type: "measurement") { MeasurementObject($0.network.measurement) }
        network.property("parameters", "The weights, by node (of a cell by edge) and name.", type: "array of {name = tensor, ..}") { n -> [LuaTable] in
            var nodes = [[String: Tensor]](repeating: [:], count: n.network.space.rows)
            for entry in n.network.layout.entries {
                let values = n.network.theta[entry.offset..<(entry.offset + entry.count)].map(Double.init)
                let weights = Tensor(values, shape: entry.parameter.shape)
                nodes[entry.row][entry.parameter.name] = weights.owned(by: .network)
            }
            return nodes.map { fields.table("the parameters of a node", $0) }
        }
        network.property("history", "The training loss of every step.", type: "{training {steps}}") { n -> LuaTable in
            let losses = Tensor(n.network.losses.map(Double.init), shape: [n.network.losses.count])
            return fields.table("the training's history", ["training": losses.owned(by: .network)])
        }
        network.property("seconds", "Wall-clock time.", type: "number") { $0.network.seconds }
        network.method("reconstruct", "The signals that the network makes of measurements.",
                       Param<Tensor>("measured", "measurements", shape: "{n, channels, measured length} or {n, measured length}"),
                       returns: "tensor {n, channels, length}",
                       example: "local d = dataset.cosines{train = 32, validation = 32, test = 32, seed = 1}\nlocal t = darts.train{space = darts.space{nodes = 2}, architecture = \"grad\", data = d, steps = 5}\nprint(t:reconstruct(d.test.measured).shape[3])") { n, measured in
            try n.network.reconstruct(measured.rank == 2 ? measured.reshape([measured.shape[0], 1, measured.shape[1]]) : measured)
        }
        let small = "local d = dataset.cosines{train = 32, validation = 32, test = 32, seed = 1}\nlocal t = darts.train{space = darts.space{nodes = 2}, architecture = \"grad\", data = d, steps = 5}\nlocal path = os.tmpname() .. \".safetensors\"\nt:save(path)\nprint(darts.load(path).psnr.test == t.psnr.test)\nos.remove(path)"
        network.method("save", "Writes the network to one file, which darts.load reads: weights, architecture, measurement, scores.",
                       Param<String>("path", "of any ending; the format is safetensors"), returns: "the path", errors: "a file that cannot be written", example: small) { n, path -> String in
            try environment.state.checkFileAccess("save")
            try n.network.save(path)
            return path
        }
        module.function("load", "Reads a network that t:save wrote. What its file cannot describe, operations of a script and matrices, is given again, and has to be what the network was trained with. Nothing in the file is run.",
                        Param<String>("path", "what t:save wrote"), OptionsParam([
                            LuaOption("space", .value(SpaceObject.self), default: nil, "the space, for operations made with operation.define"),
                            LuaOption("measurement", .value(MeasurementObject.self), default: nil, "the measurement, for measurement.matrix"),
                            LuaOption("allow", .choice(["other_measurement"]), default: nil, "other_measurement: measurement may be another one than the network was trained with; the network then has no scores"),
                        ]), returns: "network", errors: "files that are missing, damaged or of another kind; a space or a measurement that is not the file's", example: small) { path, o -> NetworkObject in
            try environment.state.checkFileAccess("darts.load")
            return NetworkObject(try TrainedNetwork.load(path, space: o.optionalValue("space", as: SpaceObject.self)?.space,
                                                         measurement: o.optionalValue("measurement", as: MeasurementObject.self)?.measurement,
                                                         allowsOtherMeasurement: o.isGiven("allow")))
        }
        network.describe { n in
            guard let p = n.network.scores?.psnr else {
                return "network: \(n.network.architecture)\nno PSNR: \(n.network.reasonWithoutScores ?? "no scores")"
            }
            return "network: \(n.network.architecture)\nPSNR \(fixed(p.test)) dB test, \(fixed(p.validation)) dB validation, \(fixed(p.train)) dB train"
        }
    }
}

extension SearchObject: Displayed {
    func representations(_ style: DisplayStyle) -> [Representation] { [Representation(text: text(style))] }

    /// Architecture, one-shot scores and the relaxation's weights.
    fileprivate func text(_ style: DisplayStyle) -> String {
        guard let relaxed = result.oneShotRelaxed else {
            let score = result.oneShotArgmax.map { "\none-shot \(fixed($0)) dB, \(fixed(result.seconds)) s" } ?? ""
            return "search: \(result.architecture)\(score)"
        }
        let stopped = result.stopped.map { ", stopped at step \($0)" } ?? ""
        let scores = "one-shot \(fixed(relaxed)) dB relaxed, \(fixed(result.oneShotArgmax ?? .nan)) dB argmax, \(fixed(result.seconds)) s\(stopped)"
        let map = RelaxationText(names: space.names, nodes: space.rows, weights: result.weights)
        return (["search: \(result.architecture)", scores] + (result.weights.isEmpty ? [] : map.lines(style))).joined(separator: "\n")
    }

    fileprivate func matrix(_ values: [Float]) -> Tensor? {
        guard !values.isEmpty else { return nil }
        return Tensor(values.map(Double.init), shape: [space.rows, space.operations.count]).owned(by: .search)
    }
}

/// Two decimals, or what it is when it has none.
func fixed(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let scaled = (Swift.abs(value) * 100).rounded()
    let text = "\(Int(scaled / 100))." + (scaled.truncatingRemainder(dividingBy: 100) < 10 ? "0" : "") + "\(Int(scaled.truncatingRemainder(dividingBy: 100)))"
    return (value < 0 && scaled > 0 ? "-" : "") + text
}
