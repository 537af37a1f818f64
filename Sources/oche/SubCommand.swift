import ArgumentParser
import Engine
import Foundation
import LuaHost
import Scripting
import Studies

/// A word after `oche` with options of its own. Those before the word (--seed, --threads, --quiet, ..) hold for the session it runs.
enum SubCommand {
    nonisolated(unsafe) static var session = ScriptingEnvironment.Configuration()

    static func run<C: ParsableCommand>(_ type: C.Type, _ arguments: [String], _ session: ScriptingEnvironment.Configuration) throws {
        self.session = session
        do {
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
            let message = isUsage ? type.fullMessage(for: error) : "oche: \(error)"
            if type.exitCode(for: error) == .success {
                print(type.fullMessage(for: error))
                return
            }
            fflush(stdout)
            FileHandle.standardError.write(Data((message + "\n").utf8))
            throw ExitCode(isUsage ? 2 : 1)
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
