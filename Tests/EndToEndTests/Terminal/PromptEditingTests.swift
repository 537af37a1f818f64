import Foundation
import XCTest

/// What a person does at the prompt: paste, edit, complete, recall, resize, leave.
final class PromptEditingTests: TerminalTestCase {
    private let forty = ["total = 0", "for i = 1, 3 do"] + (1...36).map { "\ttotal = total + i * \($0)" } + ["end", "total"]

    func testABracketedPasteIsOneCell() throws {
        let oche = try oche(height: 60)
        oche.send("\u{1B}[200~" + forty.joined(separator: "\n") + "\u{1B}[201~")
        try oche.wait("the last line") { oche.line.hasSuffix(": total") }
        XCTAssertEqual(try enter(oche), "Out[1]: 3996")
    }

    func testAPasteWithoutBracketsIsOneCell() throws {
        let oche = try oche(height: 60)
        oche.send(forty.joined(separator: "\r") + "\r")
        try oche.prompt(2)
        XCTAssertEqual(oche.terminal.transcript.suffix(2).first, "Out[1]: 3996")
    }

    func testALineOfAMultiLineCellIsEdited() throws {
        let oche = try oche()
        oche.send("\u{1B}[200~for i = 1, 3 do\n  print(i, 'old')\nend\u{1B}[201~")
        try oche.wait("the cell") { oche.line.hasSuffix(": end") }
        // Up, to the end of the line, back over ') and the word.
        oche.send("\u{1B}[A\u{05}\u{1B}[D\u{1B}[D" + String(repeating: "\u{7F}", count: 3) + "new")
        try oche.wait("the word") { oche.line.hasSuffix("print(i, 'new')") }
        oche.send("\u{1B}>")
        try oche.wait("the end") { oche.line.hasSuffix(": end") }
        XCTAssertEqual(try enter(oche), "1       new\n2       new\n3       new")
        // Recalled whole, and run again.
        oche.send("\u{10}")
        try oche.wait("the cell before") { oche.terminal.lines.filter { $0.hasSuffix("print(i, 'new')") }.count == 2 }
        XCTAssertTrue(try enter(oche, 2).hasSuffix(": end\n1       new\n2       new\n3       new"))
    }

    /// One that takes the terminal, as editors do: in a process group of its own it would be stopped.
    func testACellGoesToTheEditorAndComesBack() throws {
        let script = folder.appendingPathComponent("editor it's")
        try "#!/bin/sh\nstty -echo\nprintf 'word: ' >/dev/tty\nread -r word </dev/tty\nstty echo\necho \"print('$word')\" > \"$1\"\n".write(to: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
        var environment = environment
        environment["EDITOR"] = "'" + script.path.replacing("'", with: "'\\''") + "'"
        let oche = try Program([program], environment: environment, folder: folder)
        try oche.prompt(1)
        oche.send("x\u{18}\u{05}")
        try oche.wait("the editor") { oche.line.hasSuffix("word:") }
        oche.send("edited\n")
        try oche.wait("the text") { oche.line.hasSuffix("print('edited')") }
        XCTAssertEqual(try enter(oche), "edited")
    }

    func testCompletionInsideACall() throws {
        let oche = try oche()
        oche.send("darts.search{str\t")
        try oche.wait("the option") { oche.line.hasSuffix("darts.search{strategy =") }
        oche.send("\u{03}")
        try oche.prompt(1, below: oche.row)
        oche.send("darts.search{\t")
        try oche.wait("the options") { ["space", "data", "steps", "alpha"].allSatisfy { name in oche.terminal.lines.contains { $0.contains(name) } } }
    }

    func testHistoryOutlivesTheSession() throws {
        let first = try oche()
        try first.run("first = 'kept for later'")
        first.send("\u{1B}[200~if first then\n  print 'two lines'\nend\u{1B}[201~")
        try first.wait("the paste") { first.line.hasSuffix(": end") }
        XCTAssertEqual(try enter(first, 2), "two lines")
        first.send("\u{04}")
        XCTAssertEqual(try first.ending(), .status(0))
        let second = try oche()
        second.send("\u{1B}[A")
        try second.wait("the last cell") { second.terminal.lines.contains("In [1]: if first then") && second.terminal.lines.contains { $0.hasSuffix("print 'two lines'") } }
        second.send("\u{03}")
        try second.prompt(1, below: second.row)
        second.send("\u{12}kept f")
        try second.wait("the search") { second.terminal.lines.contains { $0.contains("first = 'kept for later'") } }
        second.send("\r")
        try second.prompt(2)
        XCTAssertEqual(try second.run("first .. '!'"), "Out[2]: \"kept for later!\"")
    }

    func testKilledSessionLeavesAHistoryThatLoads() throws {
        let first = try oche()
        try first.run("before = 1")
        first.send("while true do end")
        try first.wait("the cell") { first.line.hasSuffix("while true do end") }
        first.send("\r")
        try first.wait("the run") { !first.terminal.isPasteBracketed }
        kill(first.process, SIGKILL)
        XCTAssertEqual(try first.ending(), .signal(SIGKILL))
        // And what a crash in the middle of a write leaves.
        let file = folder.appendingPathComponent(".history")
        let torn = try FileHandle(forWritingTo: file)
        try torn.seekToEnd()
        try torn.write(contentsOf: Data([0x78, 0xC3]))
        try torn.close()
        let second = try oche()
        second.send("\u{10}")
        try second.wait("the cell that was killed") { second.line == "In [1]: while true do end" }
        second.send("\u{10}")
        try second.wait("the one before") { second.line == "In [1]: before = 1" }
        second.send("\r")
        try second.prompt(2)
        XCTAssertTrue(try String(decoding: Data(contentsOf: file), as: UTF8.self).hasSuffix("before = 1\n"))
    }

    func testResize() throws {
        let oche = try oche(width: 100)
        let text = "text = '" + String(repeating: "0123456789", count: 7) + "'"
        oche.send(text)
        try oche.wait("the text") { oche.line.hasSuffix(text) }
        oche.terminal.resize(width: 50)
        oche.setSize(50, 30)
        oche.send(" ")
        try oche.wait("two rows") { oche.terminal.lines.joined().contains("In [1]: " + text) && oche.line.count < 50 }
        oche.send("\r")
        try oche.prompt(2)
        XCTAssertEqual(try oche.run("#text"), "Out[2]: 70")
        // The new width is known to values: a table that fitted on one line no longer does.
        XCTAssertTrue(try oche.run("{text, text}").contains("\n"))
    }

    func testTenMegabytesOfOutput() throws {
        let oche = try oche()
        oche.isDrawn = false
        let before = oche.raw.count
        oche.send("for i = 1, 100000 do print(('x'):rep(100)) end print('that ' .. 'was all')\r")
        try oche.expect("that was all\r\n", seconds: 120)
        XCTAssertGreaterThan(oche.raw.count - before, 10_000_000)
        XCTAssertEqual(oche.raw[before...].count { $0 == UInt8(ascii: "x") }, 10_000_000 + 1, "every line once, and the x that was typed")
        try oche.expect("In [2]: ")
        oche.isDrawn = true
        oche.send("1 + 1\r")
        try oche.expect("2")
    }

    func testWithoutATerminalThatMovesItsCursor() throws {
        var plain = environment
        plain["TERM"] = "dumb"
        let oche = try Program([program], environment: plain, folder: folder)
        try oche.expect("In [1]: ")
        oche.send("for i = 1, 2 do\nprint(i)\nend\n")
        try oche.expect("1\r\n2\r\n")
        try oche.expect("In [2]: ")
        XCTAssertFalse(oche.raw.contains(0x1B))
        oche.send("\u{04}")
        XCTAssertEqual(try oche.ending(), .status(0))
    }

    /// Runs what stands in the editor.
    private func enter(_ oche: Program, _ number: Int = 1) throws -> String {
        let from = oche.row
        oche.send("\r")
        try oche.prompt(number + 1, below: from)
        return oche.terminal.transcript[(from + 1)..<oche.row].joined(separator: "\n")
    }
}
