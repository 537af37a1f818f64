import Datasets
import Engine
import Operations
import Tensors

/// A trained network in one file of the safetensors format: the weights by row, operation and name; in the metadata what is needed to
/// run it again. Nothing in a file is evaluated.
///
/// The measurement stands there as what it says of itself and as what it does: its response to a signal of fixed random
/// numbers, in float64, in which every number of a matrix, kernel or mask has its share. Format 1 had no response.
extension TrainedNetwork {
    private static let formats = ["oche network 1", "oche network 2"]
    private static let response = "measurement"

    /// A x for one signal x {1, channels, length} of standard normals, in float64.
    private static func response(_ measurement: any Measurement, signal: Shape) throws -> [Double] {
        let graph = Graph()
        let x = try graph.apply(RandomDraw(.normal, [1] + signal, .float64, stream: 0, seed: derivedSeed(0, .measurementResponse)), [])
        return try Tensor.run(Plan(graph, outputs: [measurement.forward(x)]), inputs: [])[0].values()
    }

    /// Whether two responses are one to rounding.
    private static func isSame(_ a: [Double], _ b: [Double]) -> Bool {
        guard a.count == b.count else { return false }
        let size = a.reduce(0) { max($0, abs($1)) }
        return zip(a, b).allSatisfy { abs($0 - $1) <= 1e-9 * size || $0.bitPattern == $1.bitPattern }
    }

    public func save(_ path: String) throws {
        var metadata = [
            "format": TrainedNetwork.formats[1], "nodes": "\(space.nodes)", "topology": space.topology.rawValue, "edges": "\(space.kept)",
            "operations": "\(space.operations.count)", "rows": list(architecture.rows), "choices": list(architecture.choices),
            "measurement": measurement.description, "signal": list(signal), "seed": "\(seed)", "seconds": "\(seconds)",
        ]
        if let scores {
            metadata["psnr"] = "\(scores.psnr.train) \(scores.psnr.validation) \(scores.psnr.test)"
            metadata["mean_signal_psnr"] = "\(scores.meanSignalPSNR)"
            metadata["output_energy"] = "\(scores.outputEnergy)"
        }
        if let trainedWith { metadata["trained with"] = trainedWith }
        for (i, operation) in space.operations.enumerated() {
            (metadata["operation \(i)"], metadata["operation \(i) name"]) = (operation.description, operation.name)
        }
        var tensors = ["losses": Tensor(losses.map(Double.init), shape: [losses.count])]
        let response = try TrainedNetwork.response(measurement, signal: signal)
        tensors[TrainedNetwork.response] = Tensor(response, shape: [response.count], .float64)
        for entry in layout.entries {
            tensors[name(entry, space)] = Tensor(theta[entry.offset..<entry.offset + entry.count].map(Double.init), shape: entry.parameter.shape)
        }
        try TensorFile.save(path, tensors, metadata: metadata)
    }

    /// A file that `save` wrote. `space` and `measurement` stand for what the file cannot describe: operations of a script,
    /// matrices. Throws for files that are damaged or of another kind, and where what is given is not what the file describes;
    /// with `allowsOtherMeasurement` the measurement may be another one, and the network is then without scores.
    public static func load(_ path: String, space given: Space? = nil, measurement givenMeasurement: (any Measurement)? = nil,
                            allowsOtherMeasurement: Bool = false) throws -> TrainedNetwork {
        let (tensors, metadata) = try TensorFile.loadWithMetadata(path)
        guard let format = metadata["format"], let version = formats.firstIndex(of: format) else {
            throw EngineError("load: '\(path)' is not a network that was saved by t:save" + (metadata["format"].map { " in a format known here (it says '\($0.prefix(60))')" } ?? ""))
        }
        func damaged(_ what: String) -> EngineError { EngineError("load: '\(path)' is damaged: \(what)") }
        func text(_ key: String) throws -> String {
            guard let value = metadata[key] else { throw damaged("'\(key)' is missing") }
            return value
        }
        func integer(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
            guard let value = Int(try text(key)), range.contains(value) else { throw damaged("'\(key)' is '\(try text(key).prefix(60))'") }
            return value
        }
        func integers(_ key: String) throws -> [Int] {
            let parts = try text(key).split(separator: " "), values = parts.compactMap { Int($0) }
            guard values.count == parts.count else { throw damaged("'\(key)' is '\(try text(key).prefix(60))'") }
            return values
        }
        func number(_ text: some StringProtocol, _ key: String) throws -> Double {
            guard let value = Double(text) else { throw damaged("'\(key)' is '\(text.prefix(60))'") }
            return value
        }

        let signal = try integers("signal")
        guard signal.count == 2, signal.allSatisfy({ (1...1_000_000).contains($0) }) else { throw damaged("'signal' is no shape") }
        let nodes = try integer("nodes", 1...1000), count = try integer("operations", 1...10_000), kept = try integer("edges", 1...10_000)
        guard let topology = Space.Topology(rawValue: try text("topology")) else { throw damaged("'topology' is '\(try text("topology").prefix(60))'") }
        let names = try (0..<count).map { try text("operation \($0) name") }
        let space: Space
        if let given {
            guard given.names == names, given.nodes == nodes, given.topology == topology, given.topology == .chain || given.kept == kept else {
                throw EngineError("load: the space given does not fit '\(path)', whose \(topology.rawValue) has \(nodes) nodes of \(names.joined(separator: ", "))")
            }
            for (i, operation) in given.operations.enumerated() {
                // What a script's own says depends on what was recorded of it: its name has to do.
                let (ours, theirs) = (operation.description, try text("operation \(i)"))
                guard ours == theirs || [ours, theirs].allSatisfy({ $0.contains("define{") }) else {
                    throw EngineError("load: the space given does not fit '\(path)', whose operation '\(names[i])' is \(theirs), not \(ours)")
                }
            }
            space = given
        } else {
            let operations = try names.enumerated().map { i, name in
                guard let operation = try Rebuilding.operation(text("operation \(i)"), name: name) else {
                    throw EngineError("load: operation '\(name)' of '\(path)' is one of a script's own: give the space again, darts.load(path, {space = ..})")
                }
                return operation
            }
            space = try Space(nodes: nodes, operations: operations, topology: topology, kept: kept)
        }
        guard let measurement = try givenMeasurement ?? Rebuilding.measurement(text("measurement")) else {
            throw EngineError("load: the measurement of '\(path)' is not held by its description: give it again, darts.load(path, {measurement = ..})")
        }
        let recorded = try text("measurement")
        _ = try measurement.measuredShape(signal)
        var other: String?
        if measurement.description != recorded {
            other = "the measurement of '\(path)' is \(recorded), the one given is \(measurement.description)"
        } else if version > 0 {
            guard let response = tensors[response] else { throw damaged("the response of its measurement is missing") }
            if try !isSame(response.values(), Self.response(measurement, signal: signal)) {
                other = "the measurement of '\(path)' calls itself \(recorded), as this one does, but does not do the same"
            }
        }
        if let other, !allowsOtherMeasurement {
            throw EngineError("load: \(other); with allow = \"other_measurement\" the network is loaded for the other one, without its scores")
        }
        let trainedWith = metadata["trained with"] ?? (other == nil ? nil : recorded)

        let rows = try integers("rows"), choices = try integers("choices")
        let expected = (1...nodes).map { node in (range: space.rows(into: node), count: space.keptCount(node)) }
        guard rows.count == choices.count, choices.allSatisfy({ (0..<count).contains($0) }), zip(rows, rows.dropFirst()).allSatisfy({ $0 < $1 }),
              expected.allSatisfy({ e in rows.filter { e.range.contains($0) }.count == e.count }), rows.count == expected.reduce(0, { $0 + $1.count }) else {
            throw damaged("its architecture is none of its space")
        }
        let architecture = space.architecture(rows: rows, choices: choices)
        let layout = try ParameterLayout(space, signal: signal, present: space.present(architecture))
        var theta: [Float] = []
        for entry in layout.entries {
            let key = name(entry, space)
            guard let tensor = tensors[key], tensor.shape == entry.parameter.shape else {
                throw damaged("weight '\(key)' of shape \(entry.parameter.shape.braces) expected, got \(tensors[key]?.shape.braces ?? "nothing")")
            }
            theta += try tensor.values().map { Float($0) }
        }
        guard tensors.count == layout.entries.count + 1 + version, let losses = tensors["losses"], losses.rank == 1 else {
            throw damaged("it has other tensors than its weights and losses")
        }
        var scores: NetworkScores?
        if metadata["trained with"] == nil {
            let psnr = try text("psnr").split(separator: " ").map { try number($0, "psnr") }
            guard psnr.count == 3 else { throw damaged("'psnr' is not three numbers") }
            scores = NetworkScores(psnr: SplitScores(train: psnr[0], validation: psnr[1], test: psnr[2]),
                                   meanSignalPSNR: try number(text("mean_signal_psnr"), "mean_signal_psnr"),
                                   outputEnergy: try number(text("output_energy"), "output_energy"))
        }
        guard let seed = UInt64(try text("seed")) else { throw damaged("'seed' is '\(try text("seed").prefix(60))'") }
        return TrainedNetwork(
            space: space, architecture: architecture, measurement: measurement, trainedWith: trainedWith, signal: signal, layout: layout, theta: theta,
            losses: try losses.values().map { Float($0) }, scores: scores, seconds: try number(text("seconds"), "seconds"), seed: seed)
    }
}

private func list(_ values: [Int]) -> String { values.map(String.init).joined(separator: " ") }
private func name(_ entry: ParameterLayout.Entry, _ space: Space) -> String { "\(entry.row + 1).\(space.names[entry.operation]).\(entry.parameter.name)" }
