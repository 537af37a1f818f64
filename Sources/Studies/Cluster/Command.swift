// Another program, run to its end with its output kept. Arguments are handed over as they are: no shell, nothing to quote.

import Foundation

/// A program that was run.
public struct Command {
    public let status: Int32
    public let output: String
    public let errors: String

    /// Runs a program found in PATH.
    /// - Throws: `Missing` when there is none of that name.
    public static func run(_ name: String, _ arguments: [String]) throws -> Command {
        guard let path = find(name) else { throw Missing(name: name) }
        let process = Process(), output = Pipe(), errors = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, output, errors)
        try process.run()
        // Both pipes are emptied at once, or a program that fills one would wait for ever.
        nonisolated(unsafe) var said = Data()
        let reader = DispatchGroup()
        DispatchQueue.global().async(group: reader) { said = errors.fileHandleForReading.readDataToEndOfFile() }
        let text = output.fileHandleForReading.readDataToEndOfFile()
        reader.wait()
        process.waitUntilExit()
        return Command(status: process.terminationStatus, output: String(decoding: text, as: UTF8.self), errors: String(decoding: said, as: UTF8.self))
    }

    /// A program that is not installed.
    public struct Missing: Error, CustomStringConvertible {
        public let name: String
        public var description: String { "'\(name)' is not installed, or not in PATH" }
    }

    private static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// A word as a shell reads it back.
    public static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-_./=:,%+@".utf8.contains($0) }
        return plain && !word.isEmpty ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
