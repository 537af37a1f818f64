import ArgumentParser
import Foundation
import LuaHost
import Studies

/// `oche study ..`: what there is to do with a store.
struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oche study", abstract: "Look at, go on with and compare the stores of studies.",
        subcommands: [StudyStatusCommand.self, StudyTableCommand.self, StudyResumeCommand.self, StudyExportCommand.self, StudyReportCommand.self,
                      StudyCompareCommand.self, StudyWorkerCommand.self, StudyCollectCommand.self])
}

/// A store, and which of its studies.
struct StoreArguments: ParsableArguments {
    @Argument(help: "The store's file.") var store: String
    @Option(help: ArgumentHelp("One study of several.", valueName: "name")) var study: String?

    /// The studies asked for, in the order declared.
    func studies(in opened: Store) throws -> [String] { try StoreArguments.studies(in: opened, study) }

    static func studies(in opened: Store, _ study: String?) throws -> [String] {
        let names = try opened.studies()
        guard let study else {
            guard !names.isEmpty else { throw LuaError("store '\(opened.path ?? "")' has no study") }
            return names
        }
        guard names.contains(study) else { throw LuaError("store '\(opened.path ?? "")' has no study '\(study)'; there are \(names.map { "'\($0)'" }.joined(separator: ", "))") }
        return [study]
    }

    /// Of a store that is only read.
    func records(_ opened: Store, _ name: String) throws -> (plan: [TrialSpec], records: [TrialRecord]) {
        let plan = try opened.plan(study: name)
        return (plan, try opened.records(for: plan))
    }
}

/// A score by its name.
struct ScoreOption: ParsableArguments {
    @Option(help: ArgumentHelp("Which score: \(Score.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "name")) var score = Score.test.rawValue

    func value() throws -> Score {
        guard let found = Score(rawValue: score) else { throw ValidationError("--score: one of \(Score.allCases.map(\.rawValue).joined(separator: ", ")) expected, got '\(score)'") }
        return found
    }
}
