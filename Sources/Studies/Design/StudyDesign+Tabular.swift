// Tables and studies. A table is made by a study whose methods are all architectures of a space; a study on a table takes final scores
// from it, after checking that it is about the same space, data and training.

import DARTS
import Datasets
import Engine

extension TabularBenchmark {
    /// Names all its numbers in a trial's identity.
    var digest: String {
        var digest = NumberDigest()
        digest.add(space.description)
        for column in columns {
            digest.add(column.description)
            for split in Split.allCases { for scores in column.scores[split]! { digest.add(scores) } }
        }
        return digest.finish()
    }

    /// The study that trains every architecture of a chain, with the seeds `seed`, `seed` + 1 and so on.
    public static func design(name: String, space: Space, data: [(name: String, source: any DataSource)], seeds: Int, seed: Int, training: TrainingSettings) -> StudyDesign {
        StudyDesign(name: name, trials: seeds, seed: seed, data: data, methods: space.all().map { architecture in
            StudyMethod(name: architecture.chosen.joined(separator: ">"), space: space, strategy: .fixed(architecture), training: training)
        })
    }

    /// The table of such a study's records.
    /// - Throws: when trials are missing.
    public init(_ design: StudyDesign, records: [TrialRecord], provenance: [(name: String, value: String)]) throws {
        let space = design.methods[0].space, seeds = (1...design.trials).map { design.seeds(trial: $0).data }
        var place: [String: Int] = [:]
        for (i, method) in design.methods.enumerated() { place[method.name] = i }
        let empty = [[Double]](repeating: [Double](repeating: .nan, count: design.methods.count), count: seeds.count)
        var scores: [String: [Split: [[Double]]]] = [:]
        for (name, _) in design.data { scores[name] = [.validation: empty, .test: empty] }
        guard records.count == design.specs.count else { throw EngineError("tabulate: \(design.specs.count - records.count) of \(design.specs.count) trainings are missing") }
        for record in records where record.status == .ok {
            scores[record.data]![.validation]![record.trial - 1][place[record.method]!] = record.psnr.validation ?? .nan
            scores[record.data]![.test]![record.trial - 1][place[record.method]!] = record.psnr.test ?? .nan
        }
        try self.init(space: space, seeds: seeds, training: TabularBenchmark.text(design.methods[0].training),
                      columns: design.data.map { Column(name: $0.name, description: $0.source.description, scores: scores[$0.name]!) }, provenance: provenance)
    }

    /// Training settings in one line, by which a study is known to train as the table did.
    public static func text(_ settings: TrainingSettings) -> String { settings.canonical.text(.canonical) }
}

extension StudyDesign {
    /// Throws when the study is about something else than its table.
    public func checkTable() throws {
        guard let tabular else { return }
        func differs(_ what: String, _ theirs: String, _ ours: String) -> EngineError {
            EngineError("the table is of another \(what): it has \(theirs), the study has \(ours)")
        }
        for (name, source) in data {
            let column = try tabular.column(name)
            guard column.description == source.description else { throw differs("data set '\(name)'", column.description, source.description) }
        }
        for method in methods {
            let names = Set(tabular.space.operations.map { "\($0.name): \($0.description)" })
            let own = method.space.operations.map { "\($0.name): \($0.description)" }
            // A part of the table's operations will do: what is found is then among its architectures.
            guard method.space.topology == .chain, method.space.nodes == tabular.space.nodes, own.allSatisfy(names.contains) else {
                throw differs("space than method '\(method.name)'", tabular.space.description, method.space.description)
            }
            let training = TabularBenchmark.text(method.training)
            guard training == tabular.training else { throw differs("training than method '\(method.name)'", tabular.training, training) }
        }
        guard nesting == nil else { throw EngineError("a study on a table has the table's seeds: seeds = cannot be given as well") }
    }
}
