// The line editor on a pseudo-terminal: what a person would see who types there.

import Foundation
import Testing
import VirtualTerminals
@testable import Notebook

/// A pseudo-terminal with a terminal in memory at its other end. Waiting for something to be seen ends with it, or after a time that only a
/// broken editor takes.
private final class Seat: PseudoTerminal {
    func wait(_ what: String = "", until condition: () -> Bool) {
        if !reads(until: condition) { Issue.record("waited for \(what); seen: \(terminal.transcript)") }
    }

    func see(_ text: String) { wait(text) { terminal.transcript.contains { $0.contains(text) } } }

    var mode: tcflag_t {
        var mode = termios()
        tcgetattr(slave, &mode)
        return mode.c_lflag & tcflag_t(ICANON | ECHO | ISIG)
    }
    static let cooked = tcflag_t(ICANON | ECHO | ISIG)
}

/// Somebody who reads cells on a seat, in a thread of their own.
private final class Reader: @unchecked Sendable {
    private let lock = NSLock()
    private var read: [LineResult] = []
    private var over = false

    init(_ seat: Seat, history: History, environment: [String: String] = ["TERM": "xterm-256color"], cells: Int = 1, before: (@Sendable () -> Void)? = nil) {
        let hooks = EditorHooks(
            isComplete: Typist.isComplete,
            complete: { text, offset in
                CompletionAnswer(start: offset - 2, end: offset, candidates: [Candidate(text: "print", detail: "writes"), Candidate(text: "prune", detail: "cuts")])
            },
            inspect: { _, _ in "help" })
        let editor = LineEditor(hooks: hooks, history: history, input: seat.slave, output: seat.slave, traits: TerminalTraits(environment))
        let thread = Thread {
            for i in 0..<cells {
                let result = try! editor.readCell(prompt: "In [\(i + 1)]: ", continuation: "   ...: ")
                self.lock.withLock { self.read.append(result) }
                before?()
            }
            self.lock.withLock { self.over = true }
        }
        thread.start()
    }
    var results: [LineResult] { lock.withLock { read } }
    var isOver: Bool { lock.withLock { over } }
}

@Suite(.serialized) struct LineEditorTests {
    private let forty = ["for i = 1, 3 do"] + (1...38).map { "\tx = f(i, \($0))" } + ["end"]

    @Test(arguments: [true, false])
    func aPasteIsOneCell(bracketed: Bool) {
        let seat = Seat()
        let history = History(path: nil)
        let reader = Reader(seat, history: history)
        seat.see("In [1]:")
        #expect(seat.mode == 0 && seat.terminal.isPasteBracketed)
        if bracketed {
            seat.send("\u{1B}[200~" + forty.joined(separator: "\r") + "\r\u{1B}[201~")
            seat.see("   ...: end")
            #expect(reader.results.isEmpty)
            seat.send("\r")
        } else {
            seat.send(forty.joined(separator: "\r") + "\r")
        }
        seat.wait("the cell") { reader.isOver }
        #expect(reader.results == [.cell(forty.joined(separator: "\n"))])
        #expect(history.entries == [forty.joined(separator: "\n")])
        seat.wait("all of it") { seat.terminal.row == 23 && seat.terminal.column == 0 && !seat.terminal.isPasteBracketed }
        #expect(seat.terminal.transcript.count == 40 && seat.terminal.transcript.first == "In [1]: for i = 1, 3 do")
        #expect(seat.mode == Seat.cooked)
    }

    @Test func aCellOfSeveralLinesIsEdited() {
        let seat = Seat()
        let reader = Reader(seat, history: History(path: nil))
        seat.see("In [1]:")
        seat.send("for i = 1, 3 do\r")
        seat.see("   ...:")
        seat.send("pritn(i)")
        seat.see("  pritn(i)")
        seat.send("\r")
        seat.wait { seat.terminal.row == 2 }
        seat.send("end\u{1B}[A\u{1B}[H")
        seat.wait { seat.terminal.row == 1 && seat.terminal.column == 8 }
        seat.send("\u{1B}[1;5C\u{7F}\u{14}\u{14}\u{2}\u{14}\u{B}nt(i)")
        seat.send("\u{15}  print(i)\u{1B}>")
        seat.see("  print(i)")
        seat.send("\r")
        seat.wait("the cell") { reader.isOver }
        #expect(reader.results == [.cell("for i = 1, 3 do\n  print(i)\nend")])
        #expect(seat.terminal.transcript == ["In [1]: for i = 1, 3 do", "   ...:   print(i)", "   ...: end"])
    }

    @Test func historyReachesTheNextSession() {
        let path = NSTemporaryDirectory() + "history-\(UUID().uuidString)"
        defer { unlink(path) }
        let first = Seat()
        var reader = Reader(first, history: History(path: path))
        first.see("In [1]:")
        first.send("t = {\ra,\r}\r")
        first.wait("the cell") { reader.isOver }
        let cell = reader.results
        let second = Seat()
        reader = Reader(second, history: History(path: path), cells: 2)
        second.see("In [1]:")
        second.send("\u{1B}[A")
        second.see("}")
        second.send("\r")
        second.see("In [2]:")
        second.send("\u{12}t =")
        second.see("(search back) t =_")
        second.send("\r")
        second.wait("the cells") { reader.isOver }
        #expect(reader.results == cell + cell && cell.count == 1)
        #expect(!second.terminal.transcript.contains { $0.contains("search") })
    }

    @Test func theWidthChanges() {
        let seat = Seat(width: 60, height: 12)
        let reader = Reader(seat, history: History(path: nil))
        seat.see("In [1]:")
        let text = (1...12).map { "value\($0)" }.joined(separator: " + ")
        seat.send("x = " + text)
        seat.see("value12")
        for width in [40, 25, 70, 140] {
            // The terminal breaks the line anew by itself; what is waited for is the drawing after that.
            seat.raw = []
            seat.terminal.resize(width: width)
            seat.setSize(width, 12)
            kill(getpid(), SIGWINCH)
            let rows = ("In [1]: x = ".count + text.count) / width
            seat.wait("width \(width)") { String(decoding: seat.raw, as: UTF8.self).contains("\u{1B}[J") && seat.terminal.row == rows && seat.terminal.lines.joined().filter { $0 != " " } == "In[1]:x=" + text.filter { $0 != " " } }
        }
        seat.send("\r")
        seat.wait("the cell") { reader.isOver }
        #expect(reader.results == [.cell("x = " + text)])
    }

    @Test func controlKeysLeave() {
        let seat = Seat()
        let reader = Reader(seat, history: History(path: nil), cells: 2)
        seat.see("In [1]:")
        seat.send("abandoned")
        seat.see("abandoned")
        seat.send("\u{3}")
        seat.see("abandoned^C")
        seat.wait { seat.terminal.row == 1 && seat.terminal.text(1) == "In [1]:" }
        #expect(reader.results.isEmpty)
        // A signal does what the key does.
        kill(getpid(), SIGINT)
        seat.see("In [2]:")
        seat.send("\u{4}")
        seat.wait("the end") { reader.isOver }
        #expect(reader.results == [.interrupted, .endOfInput])
        #expect(seat.mode == Seat.cooked)
    }

    @Test func whatIsTypedAheadIsForTheNextCells() {
        let seat = Seat()
        seat.send("a = 1\rb = {\r1}\rc = 3")
        // The line discipline, not yet raw, has to have it all.
        seat.see("c = 3")
        let reader = Reader(seat, history: History(path: nil), cells: 3)
        seat.see("In [3]: c = 3")
        seat.send("\r")
        seat.wait("the cells") { reader.isOver }
        #expect(reader.results == [.cell("a = 1"), .cell("b = {\n  1}"), .cell("c = 3")])
    }

    @Test func linesOfProgramsRun() {
        let seat = Seat()
        let reader = Reader(seat, history: History(path: nil), cells: 2)
        seat.see("In [1]:")
        seat.send("print(1)\n")
        seat.see("In [2]:")
        // ^J alone is a key: a line more.
        seat.send("print(2)")
        seat.see("print(2)")
        seat.send("\n")
        seat.see("   ...:")
        seat.send("x\r")
        seat.wait("the cells") { reader.isOver }
        #expect(reader.results == [.cell("print(1)"), .cell("print(2)\nx")])
    }

    @Test func completionsAreListed() {
        let seat = Seat()
        let reader = Reader(seat, history: History(path: nil))
        seat.see("In [1]:")
        seat.send("pr\t")
        seat.see("writes")
        #expect(seat.terminal.lines.contains { $0.contains("prune") && $0.contains("cuts") })
        seat.send("\t\t")
        seat.see("In [1]: prune")
        seat.send("\r")
        seat.wait { !seat.terminal.lines.contains { $0.contains("writes") } }
        seat.send("\r")
        seat.wait("the cell") { reader.isOver }
        #expect(reader.results == [.cell("prune")])
    }

    @Test func thePromptBeginsARow() {
        let seat = Seat(width: 30)
        let reader = Reader(seat, history: History(path: nil), cells: 2, before: { [slave = seat.slave] in _ = write(slave, "no newline", 10) })
        seat.see("In [1]:")
        seat.send("x\r")
        seat.see("In [2]:")
        #expect(seat.terminal.lines.prefix(3) == ["In [1]: x", "no newline%", "In [2]:"])
        seat.send("\u{4}")
        seat.wait("the end") { reader.isOver }
    }

    @Test func aDumbTerminalIsReadByLines() {
        let seat = Seat()
        let reader = Reader(seat, history: History(path: nil), environment: ["TERM": "dumb"], cells: 3)
        seat.see("In [1]:")
        #expect(seat.mode == Seat.cooked)
        seat.send("t = {\n1}\n")
        seat.see("In [2]:")
        kill(getpid(), SIGINT)
        seat.see("In [3]:")
        seat.send("\u{4}")
        seat.wait("the end") { reader.isOver }
        #expect(reader.results == [.cell("t = {\n1}"), .interrupted, .endOfInput])
        #expect(!seat.raw.contains(0x1B))
    }

    @Test func theEndOfTheTerminalIsTheEnd() {
        let seat = Seat()
        let reader = Reader(seat, history: History(path: nil), cells: 1)
        seat.see("In [1]:")
        seat.send("x = ")
        seat.see("x =")
        close(seat.master)
        let deadline = Date().addingTimeInterval(20)
        while !reader.isOver, Date() < deadline { usleep(1000) }
        #expect(reader.results == [.endOfInput])
    }

    @Test func environments() {
        #expect(TerminalTraits(["TERM": "xterm"]).hasColor && !TerminalTraits(["TERM": "xterm", "NO_COLOR": "1"]).hasColor)
        #expect(TerminalTraits(["TERM": "dumb"]).isDumb && !TerminalTraits([:]).isDumb)
        #expect(TerminalTraits(["TERM": "xterm"]).reflows && !TerminalTraits(["TERM": "xterm", "XTERM_VERSION": "XTerm(390)"]).reflows)
        #expect(TerminalTraits(["TERM": "screen", "TMUX": "x"]).reflows && !TerminalTraits(["TERM": "screen"]).reflows)
    }
}
