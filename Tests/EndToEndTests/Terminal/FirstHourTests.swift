import Foundation
import XCTest
import VirtualTerminals

/// A newcomer's first hour (Fixtures/first-hour.txt), typed again: what is shown is what the transcript shows. With RECORD_FIRST_HOUR set to a
/// path, what was shown is written there.
final class FirstHourTests: TerminalTestCase {
    func testReadsAsWritten() throws {
        let url = try XCTUnwrap(Bundle.module.url(forResource: "first-hour", withExtension: "txt", subdirectory: "Fixtures"))
        let written = Transcript(try String(contentsOf: url, encoding: .utf8))
        let shell = try shell(height: 60)
        for entry in written.entries {
            let prompt = entry.prompt.trimmingCharacters(in: .whitespaces)
            try shell.wait("'\(prompt)' for '\(entry.text)'") { shell.line.trimmingCharacters(in: .whitespaces) == prompt && (prompt == "$" || shell.terminal.isPasteBracketed) }
            shell.send(entry.text)
            try shell.wait(entry.text) { shell.line.hasSuffix(entry.text) }
            let row = shell.row
            shell.send(entry.key)
            try shell.wait("what '\(entry.text)' does") { shell.row > row }
        }
        try shell.wait("the shell") { shell.line == "$" }
        let shown = shell.terminal.transcript.dropLast()
        if let path = ProcessInfo.processInfo.environment["RECORD_FIRST_HOUR"] {
            try Data((shown.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        }
        let (expected, got) = (written.lines.dropLast().map(Transcript.masked), shown.map(Transcript.masked))
        let first = zip(expected, got).first { $0 != $1 }
        XCTAssertEqual(first?.0, first?.1, "the first line that differs")
        XCTAssertEqual(expected.count, got.count)
    }
}
