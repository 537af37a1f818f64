import ArgumentParser
import Engine
import Foundation
import LuaHost
import Scripting
import Studies

struct StudyResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Do what is missing of the studies of a store.",
        discussion: "The script is the one recorded when the study was last run, with its arguments, seed and folder. To run an edited script, run it: it, too, does only what is missing.")
    @OptionGroup var place: StoreArguments
    @Flag(help: "Run failed trials again.") var retry = false

    func run() throws {
        let path: String, origins: [Provenance]
        do {
            let store = try Store(path: place.store, readOnly: true)
            path = store.path!
            var seen: Set<String> = []
            origins = try place.studies(in: store).map { name in
                guard let origin = try store.provenance(study: name), origin.script != nil else {
                    throw LuaError("study '\(name)' was typed at a prompt, or run by an older Oche: the same study.new and run there go on")
                }
                return origin
            }.filter { seen.insert("\($0.scriptHash ?? "") \($0.arguments ?? [])").inserted }
        }
        for origin in origins {
            if let folder = origin.folder, !FileManager.default.changeCurrentDirectoryPath(folder) {
                FileHandle.standardError.write(Data("oche: the folder '\(folder)' is not there; files that the script names are looked for here\n".utf8))
            }
            let resumer = Resumer(path: path, study: place.study, retry: retry)
            let source = ScriptSource(text: origin.script!, path: origin.scriptPath, arguments: origin.arguments ?? [])
            do { try SubCommand.conduct(source, seed: origin.sessionSeed, resumer) } catch let error as LuaError where error.kind == .interrupted {
                FileHandle.standardError.write(Data("oche: stopped; what is done is kept in \(path), 'oche study resume \(Command.quoted(path))' goes on\n".utf8))
                throw ExitCode(130)
            }
        }
        let store = try Store(path: path, readOnly: true)
        for name in try place.studies(in: store) {
            let status = try store.status(study: name)
            print("\(name): \(status.ok) of \(status.planned) trials done\(status.failed > 0 ? ", \(status.failed) failed" : "")")
        }
    }
}

/// Runs studies as their script does, in the given store wherever the script says its own is.
private final class Resumer: StudyConductor {
    let path: String, study: String?, retry: Bool
    init(path: String, study: String?, retry: Bool) { (self.path, self.study, self.retry) = (path, study, retry) }

    func openStore(study: String, path given: String?) throws -> Store { try Store(path: given == nil ? nil : path) }

    func run(_ design: StudyDesign, in store: Store, workers: Int?, retry: Bool, environment: ScriptingEnvironment) throws {
        if let study, study != design.name { return }
        try environment.withRun(design.name, workers: workers) { given, _ in
            var run = given
            run.retryFailed = retry || self.retry
            if try run.run(study: design.name, design.specs, in: store, trial: { try design.run($0) }).stopped { throw Interrupted() }
        }
    }
}
