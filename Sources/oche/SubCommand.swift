import ArgumentParser
import Engine
import Foundation
import LuaHost
import Scripting
import Studies

/// A word after `oche` with options of its own. Those before the word (--seed, --threads, --quiet, ..) hold for the session it runs.
enum SubCommand {
    nonisolated(unsafe) static var session = ScriptingEnvironment.Configuration()

    /// The words there are.
    static let names = ["manual", "notebook", "kernel", "verify", "study", "slurm", "help"]

    /// - Returns: whether the word is one of them.
    static func run(_ word: String, _ rest: [String], _ session: ScriptingEnvironment.Configuration) throws -> Bool {
        switch word {
        case "manual": try ManualCommand.run(rest)
        case "notebook": try run(NotebookCommand.self, rest, session)
        case "kernel": try run(KernelCommand.self, rest, session)
        case "verify": try run(VerifyCommand.self, rest, session)
        case "study": try run(StudyCommand.self, rest, session)
        case "slurm" where rest.first == "collect": try run(SlurmCollectCommand.self, Array(rest.dropFirst()), session)
        case "slurm":
            if let given = rest.first, !isFile(given), UsageError.slip(given, among: ["collect"]) != nil { throw UsageError.tell(UsageError.unknownSubcommand(given, of: "oche slurm", among: ["collect"]), SlurmCommand.self) }
            try run(SlurmCommand.self, rest, session)
        case "help":
            guard let about = rest.first, about != "help" else { throw CleanExit.helpRequest(Oche.self) }
            // What follows the other words may be a script with its arguments.
            let inner = ["study", "kernel", "slurm"].contains(about) ? Array(rest.dropFirst()) : []
            guard try names.contains(about) && run(about, inner + ["--help"], session) else { throw UsageError.unknownSubcommand(about, of: "oche help", among: names.dropLast()) }
        default: return false
        }
        return true
    }

    /// A script by this name comes before a word; a folder does not.
    static func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }

    static func run<C: ParsableCommand>(_ type: C.Type, _ arguments: [String], _ session: ScriptingEnvironment.Configuration) throws {
        self.session = session
        do {
            let names = type.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0.configuration.commandName ?? "\($0)".lowercased() }
            if let word = arguments.first, !names.isEmpty, !word.hasPrefix("-"), word != "help", !names.contains(word) {
                throw UsageError.unknownSubcommand(word, of: type.configuration.commandName ?? "oche", among: names)
            }
            if arguments.isEmpty, type.configuration.defaultSubcommand != nil { throw ValidationError("a subcommand expected: \(names.joined(separator: ", "))") }
            var command = try type.parseAsRoot(arguments)
            try command.run()
        } catch let error as ExitCode {
            throw error
        } catch let error as LuaError {
            fflush(stdout)
            FileHandle.standardError.write(Data("oche: \(error.report)\n".utf8))
            throw ExitCode(error.kind == .interrupted ? 130 : 1)
        } catch is Interrupted {
            throw ExitCode(130)
        } catch {
            let isUsage = error is ValidationError || "\(Swift.type(of: error))" == "CommandError"
            if type.exitCode(for: error) == .success {
                print(type.fullMessage(for: error))
                return
            }
            if isUsage { throw UsageError.tell(error, type) }
            fflush(stdout)
            FileHandle.standardError.write(Data("oche: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }

    /// Runs a script for the sake of its studies: what it prints is dropped.
    /// - Parameter source: where it is not the file at its path that is to be run, but this text.
    static func conduct(_ source: ScriptSource, seed: Int? = nil, _ conductor: any StudyConductor) throws {
        var configuration = session
        configuration.seed = seed ?? configuration.seed
        let environment = try ScriptingEnvironment(configuration)
        Interrupts.install(for: environment.state)
        defer { Interrupts.installFlag() }
        environment.script = source
        environment.conductor = conductor
        environment.state.output = { _ in }
        try environment.state.run(source.text, name: source.path ?? "script", arguments: source.arguments)
    }

    static func source(_ path: String, _ arguments: [String]) throws -> ScriptSource {
        ScriptSource(text: try TextFile.read(path), path: path, arguments: arguments)
    }
}

/// A conductor that has what it wanted: the script ends here.
struct ScriptIsOver {
    static var error: LuaError { LuaError("exit", kind: .exit(0)) }
}
