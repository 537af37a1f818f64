import ArgumentParser
import Engine
import LuaHost
import Scripting
import Studies

/// `oche verify script.lua`: its studies run again, compared with what their stores have.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oche verify", abstract: "Run a script's studies again and compare with what the last run recorded, bit for bit.",
        discussion: "The stores are only read and what the script prints is dropped; files it writes are written again. Exit status 0 when all is the same; 1 when something differs, or there is nothing to compare. Options of the session, such as --threads, stand before 'verify'.")

    @Option(help: ArgumentHelp("Run this many trials of each study again, evenly over its table, in place of all.", valueName: "n"))
    var sample: Int?
    @Argument(help: "The script.") var script: String
    @Argument(parsing: .captureForPassthrough, help: "Its arguments.") var arguments: [String] = []

    func validate() throws {
        if let sample, sample < 1 { throw ValidationError("--sample: a positive number expected, got \(sample)") }
    }

    func run() throws {
        let verifier = Verifier(sample: sample)
        try SubCommand.conduct(SubCommand.source(script, arguments), verifier)
        if verifier.results.isEmpty {
            throw LuaError(verifier.unkept.isEmpty ? "verify: the script ran no study" : "verify: no study of the script has a store (study.new{store = ..}), so nothing was recorded to compare with")
        }
        if !verifier.results.allSatisfy(\.isSound) { throw ExitCode(verifier.results.contains(where: \.stopped) ? 130 : 1) }
    }
}

private final class Verifier: StudyConductor {
    let sample: Int?
    private(set) var results: [Verification] = []
    private(set) var unkept: [String] = []
    init(sample: Int?) { self.sample = sample }

    func openStore(study: String, path: String?) throws -> Store { try Store(path: path, readOnly: path != nil) }

    func run(_ design: StudyDesign, in store: Store, workers: Int?, retry: Bool, environment: ScriptingEnvironment) throws {
        guard store.path != nil else {
            unkept.append(design.name)
            // The rest of the script may need its trials.
            _ = try environment.withRun(design.name, workers: workers) { run, _ in try run.run(study: design.name, design.specs, in: store) { try design.run($0) } }
            return
        }
        let result = try environment.withRun(design.name, workers: workers) { run, _ in
            try Verification(study: design.name, design.specs, in: store, sample: sample, run: run) { try design.run($0) }
        }
        results.append(result)
        print(result.report)
        if result.stopped { throw Interrupted() }
    }
}
