import ArgumentParser
import Foundation
import LuaHost
import Scripting
import Studies

struct StudyCollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect", abstract: "Bring the results of workers into a store. Doing so again changes nothing.",
        discussion: "With --script the study's plan comes along, so that status and table know what is missing.")
    @Argument(help: "The folder that workers wrote to.") var folder: String
    @Argument(help: "The store; made when there is none.") var store: String
    @Option(help: ArgumentHelp("The script the workers ran.", valueName: "script.lua")) var script: String?
    @Option(help: ArgumentHelp("Which study, where the script runs several; else the first.", valueName: "name")) var study: String?
    @Option(parsing: .remaining, help: ArgumentHelp("Arguments of the script; nothing may follow.", valueName: "arguments ...")) var arguments: [String] = []

    func run() throws {
        guard FileManager.default.fileExists(atPath: folder) else { throw LuaError("no folder '\(folder)'") }
        let results = try ResultFolder(folder), target = try Store(path: store)
        var missing: Int?
        if let script {
            let planner = Planner(study: study)
            try planner.conduct(SubCommand.source(script, arguments))
            try target.declare(study: planner.study!, planner.specs, provenance: planner.provenance)
        }
        let collected = try target.collect(results.identities(), from: results)
        if script != nil { missing = try target.studies().last.map { try target.status(study: $0).missing } }
        try collected.tell(missing: missing)
    }
}

extension Collected {
    /// Says what came of it on standard output.
    /// - Throws: exit status 1 when results contradict the store.
    func tell(missing: Int?) throws {
        var parts = ["\(imported) \(imported == 1 ? "trial" : "trials") imported, \(known) there before"]
        if failed > 0 { parts.append("\(failed) failed") }
        if let missing { parts.append("\(missing) missing") }
        print(parts.joined(separator: ", "))
        for file in damaged { print("damaged, counts as missing: \(file)") }
        for identity in different { print("other numbers than the store has, which was left as it is: \(identity)") }
        if !different.isEmpty { throw ExitCode(1) }
    }
}

/// Finds out what a script's study consists of, without running any of it.
final class Planner: StudyConductor {
    private let wanted: String?
    private(set) var study: String?, specs: [TrialSpec] = [], store: String?, provenance: Provenance?
    private var paths: [String: String] = [:]
    init(study: String?) { wanted = study }

    func conduct(_ source: ScriptSource) throws {
        do { try SubCommand.conduct(source, self) } catch { if study == nil { throw error } }
        guard study != nil else { throw LuaError(wanted.map { "the script runs no study '\($0)'" } ?? "the script runs no study") }
    }

    func openStore(study: String, path: String?) throws -> Store {
        paths[study] = path
        return try Store(path: nil)
    }

    func run(_ design: StudyDesign, in store: Store, workers: Int?, retry: Bool, environment: ScriptingEnvironment) throws {
        guard study == nil, wanted == nil || wanted == design.name else { return }
        (study, specs, self.store, provenance) = (design.name, design.specs, paths[design.name], environment.provenance)
        throw ScriptIsOver.error
    }
}
