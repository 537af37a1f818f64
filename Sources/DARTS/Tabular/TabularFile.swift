// A tabular benchmark as a text file: comma-separated values that pandas.read_csv(path, comment="#") reads as they are. Lines that begin
// with # come first and say what the table is; then one line for each architecture, with a column for each kind of data, split and
// seed, PSNR in dB to 0.001. A file is checked whole when it is read: every architecture of the space, once, with every score.

import Engine
import Foundation

extension TabularBenchmark {
    private static let title = "# Oche tabular benchmark, format 1"

    /// The text of the file.
    public var text: String {
        var out = TabularBenchmark.title + "\n"
        func line(_ name: String, _ value: String) { out += "# \(name): \(value.split(whereSeparator: \.isNewline).joined(separator: " "))\n" }
        line("nodes", "\(space.nodes)")
        for operation in space.operations { line("operation", "\(operation.name): \(operation.description)") }
        for column in columns { line("data", "\(column.name): \(column.description)") }
        line("seeds", seeds.map(String.init).joined(separator: ", "))
        line("training", training)
        for (name, value) in provenance { line(name, value) }
        line("columns", "data/split/seed, PSNR in dB of the network trained from scratch; nan: training failed")
        let heads = columns.flatMap { column in Split.allCases.flatMap { split in seeds.map { "\(column.name)/\(split.rawValue)/\($0)" } } }
        out += (["architecture"] + heads).joined(separator: ",") + "\n"
        for (place, architecture) in architectures.enumerated() {
            out += architecture.chosen.joined(separator: ">")
            for column in columns { for split in Split.allCases { for scores in column.scores[split]! { out += "," + decimal(scores[place]) } } }
            out += "\n"
        }
        return out
    }

    private func decimal(_ value: Double) -> String {
        if !value.isFinite { return value.isNaN ? "nan" : value > 0 ? "inf" : "-inf" }
        return String(format: "%.3f", value)
    }

    /// Reads a table.
    /// - Parameters:
    ///   - name: of the file, for messages.
    ///   - given: the space, for operations that a script made and a file cannot describe.
    public init(text: String, name: String, space given: Space? = nil) throws {
        func wrong(_ line: Int, _ what: String) -> EngineError { EngineError("tabular: \(name), line \(line): \(what)") }
        // Lines may end as on Windows.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first.map(String.init) == TabularBenchmark.title else {
            let isNewer = lines.first?.hasPrefix("# Oche tabular benchmark") ?? false
            throw EngineError("tabular: \(name) is \(isNewer ? "of another format than 1, which this Oche reads" : "no tabular benchmark (its first line is not '\(TabularBenchmark.title)')")")
        }
        var head: [(name: String, value: String)] = []
        var at = 1
        while at < lines.count, lines[at].hasPrefix("#") {
            let parts = lines[at].dropFirst().split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw wrong(at + 1, "'# name: value' expected") }
            head.append((parts[0].trimmingCharacters(in: .whitespaces), parts[1].trimmingCharacters(in: .whitespaces)))
            at += 1
        }
        func one(_ wanted: String) throws -> String {
            let found = head.filter { $0.name == wanted }
            guard found.count == 1 else { throw EngineError("tabular: \(name): one line '# \(wanted): ..' expected, got \(found.count)") }
            return found[0].value
        }
        func named(_ wanted: String) throws -> [(name: String, description: String)] {
            try head.filter { $0.name == wanted }.map {
                guard let colon = $0.value.firstRange(of: ": ") else { throw EngineError("tabular: \(name): '# \(wanted): name: description' expected, got '\($0.value)'") }
                return (String($0.value[..<colon.lowerBound]), String($0.value[colon.upperBound...]))
            }
        }
        guard let nodes = Int(try one("nodes")), (1...64).contains(nodes) else { throw EngineError("tabular: \(name): a number of nodes from 1 to 64 expected, got '\(try one("nodes"))'") }
        let seeds = try one("seeds").split(separator: ",").map { text in
            guard let seed = Int(text.trimmingCharacters(in: .whitespaces)) else { throw EngineError("tabular: \(name): seeds: whole numbers expected, got '\(text)'") }
            return seed
        }
        let space = try TabularBenchmark.space(nodes: nodes, named("operation"), name: name, given: given)
        let kinds = try named("data")
        let heads = kinds.flatMap { kind in Split.allCases.flatMap { split in seeds.map { "\(kind.name)/\(split.rawValue)/\($0)" } } }
        guard at < lines.count, lines[at] == (["architecture"] + heads).joined(separator: ",") else {
            throw wrong(at + 1, "the heading 'architecture,\(heads.first ?? "")..' of \(heads.count) columns of scores expected")
        }
        guard space.size <= 1_000_000 else { throw EngineError("tabular: \(name): a space of at most 1000000 architectures expected, got \(space.size)") }
        let count = Int(space.size)
        var places: [String: Int] = [:]
        for (place, architecture) in space.all().enumerated() { places[architecture.chosen.joined(separator: ">")] = place }
        var values = [[Double]](repeating: [Double](repeating: 0, count: count), count: heads.count)
        var seen = [Bool](repeating: false, count: count)
        for (i, line) in lines.enumerated().dropFirst(at + 1) where !line.isEmpty {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == heads.count + 1 else { throw wrong(i + 1, "\(heads.count + 1) fields expected, got \(fields.count)") }
            guard let place = places[String(fields[0])] else { throw wrong(i + 1, "an architecture of the space expected, got '\(fields[0])'") }
            guard !seen[place] else { throw wrong(i + 1, "\(fields[0]) is there a second time") }
            seen[place] = true
            for (column, field) in fields.dropFirst().enumerated() {
                guard let value = Double(field) else { throw wrong(i + 1, "a number expected, got '\(field)'") }
                values[column][place] = value
            }
        }
        let missing = seen.count { !$0 }
        guard missing == 0 else { throw EngineError("tabular: \(name) is incomplete: \(missing) of \(count) architectures are missing") }
        let columns = kinds.enumerated().map { k, kind in
            Column(name: kind.name, description: kind.description, scores: Dictionary(uniqueKeysWithValues: Split.allCases.enumerated().map { s, split in
                (split, seeds.indices.map { values[(k * Split.allCases.count + s) * seeds.count + $0] })
            }))
        }
        let known: Set = ["nodes", "operation", "data", "seeds", "training", "columns"]
        try self.init(space: space, seeds: seeds, training: try one("training"), columns: columns, provenance: head.filter { !known.contains($0.name) })
    }

    /// The space that the lines describe; the one given where it is the same, so that operations of a script can be run.
    private static func space(nodes: Int, _ operations: [(name: String, description: String)], name: String, given: Space?) throws -> Space {
        if let given {
            let theirs = given.operations.map { "\($0.name): \($0.description)" }, ours = operations.map { "\($0.name): \($0.description)" }
            guard given.topology == .chain, given.nodes == nodes, theirs == ours else {
                throw EngineError("tabular: \(name) is of a chain of \(nodes) nodes of {\(ours.joined(separator: ", "))}, the space given is \(given.description)")
            }
            return given
        }
        return try Space(nodes: nodes, operations: operations.map { operation in
            guard let rebuilt = try Rebuilding.operation(operation.description, name: operation.name) else {
                throw EngineError("tabular: \(name): operation '\(operation.name)' is not built in: give the space it belongs to with space =")
            }
            return rebuilt
        })
    }
}
