import Datasets
import Engine
import Operations
import Tensors

/// A trained network in one file of the safetensors format: the weights by row, operation and name; in the metadata what is needed to
/// run it again. Nothing in a file is evaluated.
extension TrainedNetwork {
    private static let format = "oche network 1"

    public func save(_ path: String) throws {
        var metadata = [
            "format": TrainedNetwork.format, "nodes": "\(space.nodes)", "topology": space.topology.rawValue, "edges": "\(space.kept)",
            "operations": "\(space.operations.count)", "rows": list(architecture.rows), "choices": list(architecture.choices),
            "measurement": measurement.description, "signal": list(signal), "seed": "\(seed)", "seconds": "\(seconds)",
            "psnr": "\(psnr.train) \(psnr.validation) \(psnr.test)", "mean_signal_psnr": "\(meanSignalPSNR)", "output_energy": "\(outputEnergy)",
        ]
        for (i, operation) in space.operations.enumerated() {
            (metadata["operation \(i)"], metadata["operation \(i) name"]) = (operation.description, operation.name)
        }
        var tensors = ["losses": Tensor(losses.map(Double.init), shape: [losses.count])]
        for entry in layout.entries {
            tensors[name(entry, space)] = Tensor(theta[entry.offset..<entry.offset + entry.count].map(Double.init), shape: entry.parameter.shape)
        }
        try TensorFile.save(path, tensors, metadata: metadata)
    }

    /// A file that `save` wrote. `space` and `measurement` stand for what the file cannot describe: operations of a script,
    /// matrices. Throws for files that are damaged or of another kind, and where what is given does not fit.
    public static func load(_ path: String, space given: Space? = nil, measurement givenMeasurement: (any Measurement)? = nil) throws -> TrainedNetwork {
        let (tensors, metadata) = try TensorFile.loadWithMetadata(path)
        guard metadata["format"] == format else {
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
        _ = try measurement.measuredShape(signal)

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
        guard tensors.count == layout.entries.count + 1, let losses = tensors["losses"], losses.rank == 1 else { throw damaged("it has other tensors than its weights and losses") }
        let scores = try text("psnr").split(separator: " ").map { try number($0, "psnr") }
        guard scores.count == 3 else { throw damaged("'psnr' is not three numbers") }
        guard let seed = UInt64(try text("seed")) else { throw damaged("'seed' is '\(try text("seed").prefix(60))'") }
        return TrainedNetwork(
            space: space, architecture: architecture, measurement: measurement, signal: signal, layout: layout, theta: theta, losses: try losses.values().map { Float($0) },
            psnr: SplitScores(train: scores[0], validation: scores[1], test: scores[2]), meanSignalPSNR: try number(text("mean_signal_psnr"), "mean_signal_psnr"),
            outputEnergy: try number(text("output_energy"), "output_energy"), seconds: try number(text("seconds"), "seconds"), seed: seed)
    }
}

private func list(_ values: [Int]) -> String { values.map(String.init).joined(separator: " ") }
private func name(_ entry: ParameterLayout.Entry, _ space: Space) -> String { "\(entry.row + 1).\(space.names[entry.operation]).\(entry.parameter.name)" }
