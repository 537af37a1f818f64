import ArgumentParser
import Engine
import Foundation
import LuaHost
import Notebook
import Scripting
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The command line: `oche script.lua [args]`, `oche -e 'code'`, `oche run script.lua`.
@main
struct Oche: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oche",
        abstract: "Differentiable architecture search on inverse problems, in Lua.",
        usage: """
            oche [options]
            oche [options] script.lua [arguments ...]
            oche [options] -e 'print(1 + 1)'
            oche manual [--markdown | --luals]
            oche notebook script.lua -o out.html|.ipynb|.md     run it cell by cell and write it down
            oche kernel install [--user | --prefix path]        make it a Jupyter kernel
            oche verify script.lua            run its studies again and compare bit for bit
            oche study status|table|resume|export|report|compare|worker|collect ...
            oche slurm script.lua | collect   a study on a cluster
            """,
        discussion: "Without a script it reads cells: from a terminal with a prompt, else as they come. A script's exit status is 0, 1 when it failed, 2 for wrong usage, 130 after Ctrl-C.",
        version: version)

    @Option(name: .customShort("e"), parsing: .unconditional, help: ArgumentHelp("Evaluate this text.", valueName: "text"))
    var text: String?
    @Option(parsing: .unconditional, help: "Seed of everything random that has no seed of its own.")
    var seed = 0
    @Option(help: "Trials, or blocks of a batch, at a time (default: all cores).")
    var threads: Int?
    @Flag(help: "No files, processes or environment.")
    var sandbox = false
    @Option(help: ArgumentHelp("Limit of memory, such as 2G or 500M.", valueName: "size"))
    var memory: String?
    @Option(help: ArgumentHelp("Limit of time, such as 60s or 5m.", valueName: "time"))
    var time: String?
    @Flag(help: "No progress.")
    var quiet = false
    @Argument(parsing: .captureForPassthrough, help: "A script and its arguments.")
    var script: [String] = []

    mutating func validate() throws {
        // Everything from the script's name on belongs to the script; what looks like an option before it is ours.
        switch script.first {
        case "--version": throw CleanExit.message(Self.version)
        case "--help", "-h": throw CleanExit.helpRequest(self)
        case let word? where word.hasPrefix("-") && word.count > 1: throw UsageError.unknownOption(word, of: Oche.self)
        default: break
        }
        if let threads, threads < 1 { throw ValidationError("--threads: a positive number expected, got \(threads)") }
        if let memory, Quantity.bytes(memory) == nil { throw ValidationError("--memory: a size such as 2G or 500M expected, got '\(memory)'") }
        if let time, Quantity.seconds(time) == nil { throw ValidationError("--time: a time such as 60s or 5m expected, got '\(time)'") }
    }

    mutating func run() throws {
        let configuration = ScriptingEnvironment.Configuration(
            seed: seed, threads: threads, isSandboxed: sandbox, memoryLimit: memory.flatMap(Quantity.bytes), timeLimit: time.flatMap(Quantity.seconds),
            isQuiet: quiet)
        if text == nil, script.first == "run" {
            script.removeFirst()
            if script.isEmpty { throw ValidationError("run: the path of a script expected") }
        } else if text == nil, let word = script.first, !SubCommand.isFile(word) {
            if try SubCommand.run(word, Array(script.dropFirst()), configuration) { return }
            if let near = UsageError.slip(word, among: SubCommand.names + ["run"]), !FileManager.default.fileExists(atPath: word) {
                throw ValidationError("there is no script and no command '\(word)' (did you mean 'oche \(near)'?)")
            }
        }
        let environment = try ScriptingEnvironment(configuration)
        Interrupts.install(for: environment.state)
        let session = Session(environment)
        do {
            if let text {
                environment.script = ScriptSource(text: text, path: nil, arguments: script)
                try environment.state.run(text, name: "-e", arguments: script)
            } else if let path = script.first {
                try session.run(script: path, arguments: Array(script.dropFirst()))
            } else {
                throw ExitCode(try prompt(session))
            }
            fflush(stdout)
        } catch let error as LuaError {
            fflush(stdout)
            if case .exit = error.kind {} else { fputs("oche: \(error.report)\n", stderr) }
            switch error.kind {
            case .interrupted: throw ExitCode(130)
            case .exit(let status): throw ExitCode(Int32(truncatingIfNeeded: status))
            default: throw ExitCode(1)
            }
        }
    }

    /// The REPL, or cells from a pipe.
    private func prompt(_ session: Session) throws -> Int32 {
        let repl = Repl(session)
        guard Repl.isOnTerminal else { return repl.runPiped() }
        return try repl.run(LineEditor(hooks: repl.hooks, history: History()))
    }

    static let version = Repl.version

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as ExitCode {
            leave(error.rawValue)
        } catch {
            let code = exitCode(for: error)
            if code == .success {
                let message = fullMessage(for: error)
                if !message.isEmpty { print(message) }
                leave(0)
            }
            fputs("\(UsageError.text(error, Oche.self))\n", stderr)
            leave(2)
        }
    }

    private static func leave(_ code: Int32) -> Never {
        fflush(stdout)
        endProcess(code)
    }
}

/// `exit`, under a name that a command does not have.
private func endProcess(_ code: Int32) -> Never { exit(code) }

/// Amounts as people write them.
enum Quantity {
    static func bytes(_ text: String) -> Int? { scaled(text, ["": 1, "k": 1024, "m": 1_048_576, "g": 1_073_741_824]).map { Int($0) } }
    static func seconds(_ text: String) -> Double? { scaled(text, ["": 1, "s": 1, "m": 60, "h": 3600]) }

    private static func scaled(_ text: String, _ units: [String: Double]) -> Double? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let value = Double(digits), value > 0, let unit = units[text.dropFirst(digits.count).lowercased()] else { return nil }
        return value * unit
    }
}

/// Ctrl-C: the script stops, and so does what it runs in the compiled core, or a wait for input.
enum Interrupts {
    nonisolated(unsafe) private static var target: OpaquePointer?
    static func install(for state: LuaState) {
        target = state.interruptTarget
        handle { _ in if let target = Interrupts.target { LuaState.interrupt(target: target) } }
    }

    /// Where no script runs: what waits looks at the flag itself.
    static func installFlag() { handle { _ in Interruption.flag.pointee = 1 } }

    private static func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        #if canImport(Glibc)
        action.__sigaction_handler.sa_handler = handler
        #else
        action.__sigaction_u.__sa_handler = handler
        #endif
        // Without restart: a wait for input ends as well.
        sigaction(SIGINT, &action, nil)
    }
}
