import ArgumentParser
import Foundation
import LuaHost

/// What is said of wrong usage: the error, one or two lines of usage, and where help is.
enum UsageError {
    /// - Parameter type: the command that could not be parsed, or refused its arguments.
    static func text<C: ParsableCommand>(_ error: any Error, _ type: C.Type) -> String {
        var said: [Substring] = [], usage: [Substring] = [], pointer: Substring?
        var isUsage = false
        for line in type.fullMessage(for: error).split(separator: "\n") {
            // Without any argument the whole help follows the error.
            if line.hasPrefix("OVERVIEW:") { break }
            if line.hasPrefix("  See '") { pointer = line } else if line.hasPrefix("Usage: ") || isUsage {
                isUsage = true
                usage.append(line)
            } else { said.append(line) }
        }
        if let first = said.first, first.hasPrefix("Error: ") { said[0] = "oche: " + first.dropFirst(7) }
        if usage.isEmpty { usage = ["Usage: " + type.usageString().split(separator: "\n").prefix(1).joined()] }
        return (said + usage.prefix(2) + [pointer ?? "  See '\(type.configuration.commandName ?? "oche") --help' for more information."]).joined(separator: "\n")
    }

    /// An option that is not known, with the nearest that is.
    static func unknownOption<C: ParsableCommand>(_ option: String, of type: C.Type) -> ValidationError {
        // Known are those that help lists: lines of two spaces and names.
        let known = type.helpMessage(columns: 10_000).split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
            line.split(whereSeparator: { $0 == " " || $0 == "," }).prefix { $0.hasPrefix("-") || $0.hasPrefix("<") }.filter { $0.hasPrefix("--") }.map(String.init)
        }
        let name = String(option.prefix { $0 != "=" })
        return ValidationError("unknown option '\(name)'\(NearestName.suggestion(for: name, among: known))")
    }

    /// A word in the place of a subcommand that is none.
    static func unknownSubcommand(_ word: String, of command: String, among names: [String]) -> ValidationError {
        let near = NearestName.of(word, among: names).map { "did you mean '\(command) \($0)'?" } ?? "\(command) \(names.joined(separator: ", "))"
        return ValidationError("unknown subcommand '\(word)' (\(near))")
    }

    /// Says it.
    /// - Returns: the exit status to end with.
    static func tell<C: ParsableCommand>(_ error: any Error, _ type: C.Type) -> ExitCode {
        fflush(stdout)
        FileHandle.standardError.write(Data((text(error, type) + "\n").utf8))
        return ExitCode(2)
    }

    /// Whether a word is a slip for one of the names rather than the path of a file.
    static func slip(_ word: String, among names: [String]) -> String? {
        word.contains(where: { $0 == "." || $0 == "/" }) ? nil : NearestName.of(word, among: names)
    }
}
