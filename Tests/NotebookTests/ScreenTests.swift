// What stands on the terminal after any keys is what a terminal shows that is given the whole text at once.

import Testing
import Terminal
import VirtualTerminals
@testable import Notebook

/// SplitMix64, so that a seed gives the same keys everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

private let hooks = EditorHooks(
    isComplete: { text in
        let tokens = LuaTokens.read(text.utf8)
        return tokens.count % 3 == 0 ? .complete : .incomplete(indent: 2)
    },
    complete: { text, offset in
        let names = ["print", "pairs", "ipairs", "tensor", "tensor.zeros", "tensör", "数据", "math", "measurement", "darts"]
        let start = text.utf8.prefix(offset).reversed().prefix { $0 != 32 && $0 != 10 }.count
        let typed = String(decoding: text.utf8.prefix(offset).suffix(start), as: UTF8.self)
        return CompletionAnswer(
            start: offset - start, end: offset,
            candidates: names.filter { $0.hasPrefix(typed) }.map { Candidate(text: $0, detail: "what \($0) is, in a few words") })
    },
    inspect: { _, offset in offset % 2 == 0 ? (1...offset + 1).map { "line \($0) of help" }.joined(separator: "\n") : nil })

/// An editor on a terminal in memory.
private final class Desk {
    let editor: CellEditor
    var terminal: VirtualTerminal
    var writer: ScreenWriter
    let prompt = "In [1]: ", continuation = "   ...: "
    var decoder = KeyDecoder()
    var most = 0

    init(width: Int, height: Int, reflows: Bool = true, before lines: Int = 0) {
        editor = CellEditor(hooks: hooks, history: History(path: nil))
        terminal = VirtualTerminal(width: width, height: height, reflows: reflows)
        writer = ScreenWriter(columns: width, hasColor: true)
        for i in 0..<lines { terminal.feed("old \(i)\r\n") }
        draw()
    }

    func draw() {
        let screen = editor.screen(prompt: prompt, continuation: continuation, columns: terminal.width, rows: terminal.height)
        let bytes = writer.update(to: screen)
        most = max(most, bytes.count)
        terminal.feed(bytes)
    }

    func leave() {
        let final = editor.finalScreen(prompt: prompt, continuation: continuation, columns: terminal.width)
        if final.rows.count > terminal.height || editor.top > 0 { terminal.feed(writer.erase()) }
        terminal.feed(writer.update(to: final))
        terminal.feed("\r\n")
        writer.forget()
        editor.begin()
    }

    func type(_ text: String) {
        for key in decoder.feed(text.utf8) + decoder.flush() { press(key) }
    }

    func press(_ key: Key) {
        switch editor.handle(key) {
        case .submit(let text): editor.history.add(text); leave()
        case .interrupt, .endOfInput, .suspend: leave()
        case .clearScreen: terminal.feed("\u{1B}[H\u{1B}[2J"); writer.forget()
        case .going, .openEditor: break
        }
        draw()
    }

    func resize(_ width: Int) {
        terminal.resize(width: width)
        terminal.feed(writer.erase(afterResizeTo: width, reflows: terminal.reflows))
        draw()
    }

    /// The rows that the terminal should show, made by letting another terminal wrap the text.
    func expected() -> [String] {
        var cell = editor.buffer.text
        if let match = editor.search?.match { cell = match.text }
        let breaks = cell.count { $0 == "\n" }
        let other = VirtualTerminal(width: terminal.width, height: (cell.count * 4 + breaks * 8 + 8) / max(1, terminal.width - 1) + breaks + 3)
        other.feed(prompt)
        var column = 0
        for character in cell {
            if character == "\n" { other.feed("\r\n" + continuation); column = 0; continue }
            if character == "\t" {
                let blanks = 4 - column % 4
                other.feed(String(repeating: " ", count: blanks))
                column += blanks
                continue
            }
            let shown = CellLayout.glyphs(of: character, at: 0, style: .plain).map { String($0.character) }.joined()
            for part in shown {
                // A sign that only its second scalar makes wide goes over to the next row as a whole.
                if part.displayWidth == 2, other.column == other.width - 1, !other.isPending { other.feed("\r\n") }
                other.feed(String(part))
            }
            column += shown.displayWidth
        }
        return (0...other.row).map(other.text)
    }

    /// A description of what is wrong, or nil.
    func fault(thorough: Bool = true) -> String? {
        let buffer = editor.buffer
        if Array(buffer.text) != buffer.characters { return "clusters" }
        if !(0...buffer.count).contains(buffer.cursor) { return "cursor" }
        if !terminal.unknown.isEmpty { return "unknown sequences: \(terminal.unknown)" }
        let screen = writer.shown
        let first = terminal.row - screen.cursor.row
        if first < 0 { return "begins above the screen" }
        if terminal.column != min(screen.cursor.column, terminal.width - 1) { return "column \(terminal.column), not \(screen.cursor.column)" }
        for r in screen.rows.indices {
            var wanted = String(screen.rows[r].glyphs.map(\.character))
            while wanted.hasSuffix(" ") { wanted.removeLast() }
            if terminal.text(first + r) != wanted { return "row \(r): '\(terminal.text(first + r))', not '\(wanted)'" }
            if screen.rows[r].joins, !screen.rows[r].glyphs.isEmpty, !screen.rows[r - 1].glyphs.last!.isDoubtful, !terminal.wraps[first + r - 1] {
                return "row \(r) is not joined"
            }
        }
        for r in first + screen.rows.count..<max(terminal.height, first + screen.rows.count) where terminal.text(r) != "" {
            return "row \(r) below: '\(terminal.text(r))'"
        }
        if !thorough { return nil }
        // The cell's rows in sight are those of a terminal that wraps by itself, but for the row that the cursor needs behind a full one.
        var cell = expected()
        let at = screen.cursor.row
        if screen.rows[at].glyphs.isEmpty { cell.insert("", at: min(cell.count, editor.top + at)) }
        let isAlone = editor.menu == nil && editor.panel == nil && editor.search == nil
        if isAlone, screen.rows.count != min(terminal.height, cell.count) { return "\(screen.rows.count) rows of \(cell.count)" }
        for r in 0..<(isAlone ? screen.rows.count : at + 1) where terminal.text(first + r) != cell[editor.top + r] {
            return "cell row \(r): '\(terminal.text(first + r))', not '\(cell[editor.top + r])'"
        }
        return nil
    }
}

private func randomKey(_ random: inout SeededGenerator) -> String {
    let texts = [
        "a", "b", "x", " ", " ", "=", "1", "(", ")", "{", "}", "[", "\"", "-", "do", "end", "then ", "for ", "if ", "function ", "tens", "p",
        "净", "化", "é", "e", "\u{301}", "👩‍🔬", "⚙️", "🇩🇪", "🇫", "\u{200D}", "\u{200B}", "ß", "한",
    ]
    let keys = [
        "\r", "\r", "\n", "\u{1B}\r", "\t", "\t", "\u{1B}[Z", "\u{7F}", "\u{7F}", "\u{1B}[3~", "\u{1B}[A", "\u{1B}[A", "\u{1B}[B", "\u{1B}[B", "\u{1B}[C",
        "\u{1B}[D", "\u{1B}[D", "\u{1B}[H", "\u{1B}[F", "\u{1B}[1;5C", "\u{1B}[1;5D", "\u{1}", "\u{5}", "\u{2}", "\u{6}", "\u{10}", "\u{E}", "\u{B}", "\u{15}",
        "\u{17}", "\u{19}", "\u{1B}y", "\u{1B}b", "\u{1B}f", "\u{1B}d", "\u{1B}\u{7F}", "\u{14}", "\u{1B}t", "\u{1F}", "\u{1F}", "\u{1B}_", "\u{1B}<", "\u{1B}>",
        "\u{C}", "\u{12}", "\u{13}", "\u{7}", "\u{1B}", "\u{16}\t", "\u{16}\u{2}", "\u{1B}u", "\u{1B}c", "?",
    ]
    switch Int.random(in: 0..<100, using: &random) {
    case 0: return "\u{1B}[200~for i = 1, 3 do\r\n\tprint(i, \"净化\")\rend\n\u{1B}[201~"
    case 1: return "\u{1B}[200~" + String(repeating: "0123456789 ", count: Int.random(in: 1..<40, using: &random)) + "\u{1B}[201~"
    case 2: return Int.random(in: 0..<8, using: &random) == 0 ? "\u{3}" : "a"
    case 3..<50: return texts.randomElement(using: &random)!
    default: return keys.randomElement(using: &random)!
    }
}

@Suite struct ScreenTests {
    @Test(arguments: [(80, 24, 1), (40, 12, 2), (20, 6, 3), (11, 5, 4), (9, 3, 5), (7, 2, 6), (120, 50, 7), (13, 1, 8)])
    func staysRightUnderRandomKeys(width: Int, height: Int, seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let desk = Desk(width: width, height: height, before: 3)
        var last: [String] = []
        for i in 0..<1500 {
            let key = randomKey(&random)
            last = last.suffix(6) + [key]
            desk.type(key)
            if desk.editor.buffer.count > 800 { desk.press(Key(.control("c"))) }
            if let fault = desk.fault(thorough: i % 4 == 0) {
                Issue.record("seed \(seed), key \(i), after \(last.map { $0.debugDescription }): \(fault)")
                return
            }
        }
    }

    @Test(arguments: [true, false])
    func staysRightWhenTheWidthChanges(reflows: Bool) {
        var random = SeededGenerator(state: reflows ? 11 : 12)
        for round in 0..<40 {
            let desk = Desk(width: 60, height: 30, reflows: reflows, before: 4)
            for _ in 0..<20 {
                // Without emoji of several code points, whose rows are not joined.
                desk.type(["local x = 1 ", "print(", "\u{11}\r", "净", "\u{1B}[D", "\u{1B}[A", "abcdefghijklmnopqrstuvw"].randomElement(using: &random)!)
            }
            let width = Int.random(in: 18...90, using: &random)
            desk.resize(width)
            if let fault = desk.fault() { Issue.record("round \(round), width \(width): \(fault)"); return }
            let old = desk.terminal.transcript.filter { $0.hasPrefix("old") }
            #expect(old == (0..<4).map { "old \($0)" }, "round \(round), width \(width)")
            #expect(desk.terminal.transcript.count { $0.hasPrefix("In [1]:") } == 1, "round \(round), width \(width): \(desk.terminal.transcript)")
        }
    }

    @Test func aKeystrokeWritesLittleInALongCell() {
        let desk = Desk(width: 100, height: 40)
        desk.press(Key(.paste((1...200).map { "local value\($0) = tensor.zeros{\($0), 3} -- row \($0)" }.joined(separator: "\n"))))
        #expect(desk.fault() == nil)
        desk.most = 0
        desk.type("x")
        #expect(desk.most <= 12)
        for _ in 0..<20 { desk.type("\u{1B}[A") }
        desk.most = 0
        desk.type("y")
        #expect(desk.most <= 80)
        #expect(desk.fault() == nil)
    }

    @Test func aCellTallerThanTheScreenStaysWhole() {
        let desk = Desk(width: 40, height: 6, before: 2)
        let lines = (1...20).map { "x\($0) = \($0)" }
        desk.press(Key(.paste(lines.joined(separator: "\n"))))
        #expect(desk.terminal.lines == (15...20).map { "   ...: x\($0) = \($0)" })
        desk.type("\u{1B}<")
        #expect(desk.terminal.lines[0] == "In [1]: x1 = 1")
        desk.leave()
        #expect(desk.terminal.transcript == ["old 0", "old 1", "In [1]: x1 = 1"] + (2...20).map { "   ...: x\($0) = \($0)" })
    }

    @Test func aLineThatFillsTheRowGoesOnInTheNext() {
        let desk = Desk(width: 12, height: 6)
        desk.type("abcd")
        #expect(desk.terminal.lines.prefix(2) == ["In [1]: abcd", ""] && desk.terminal.row == 1 && desk.terminal.column == 0)
        desk.type("e")
        #expect(desk.terminal.lines.prefix(2) == ["In [1]: abcd", "e"] && desk.terminal.wraps[0])
        desk.type("\u{7F}\u{7F}净")
        #expect(desk.terminal.lines.prefix(2) == ["In [1]: abc", "净"])
    }

    @Test func controlCharactersTabsAndLoneMarksAreSeen() {
        let layout = CellLayout(Array("a\tb\u{1B}\u{301}"), styles: [], cursor: nil, prompt: "> ", continuation: "", columns: 40)
        #expect(String(layout.rows[0].glyphs.map(\.character)).hasPrefix("> a   b^["))
        #expect(CellLayout.glyphs(of: "\u{200B}", at: 0, style: .plain).map(\.character) == ["\u{FFFD}"])
        #expect(CellLayout.glyphs(of: "\u{301}", at: 0, style: .plain).map(\.width) == [1])
    }

    @Test func noColourMeansNoColour() {
        var writer = ScreenWriter(columns: 80, hasColor: false)
        let editor = CellEditor(hooks: hooks, history: History(path: nil))
        editor.begin("for i = 1, 2 do print(\"a\") end -- end")
        let text = String(decoding: writer.update(to: editor.screen(prompt: "> ", continuation: "", columns: 80, rows: 24)), as: UTF8.self)
        #expect(!text.contains("\u{1B}[0;3") && !text.contains("\u{1B}[0;9"))
        var colored = ScreenWriter(columns: 80, hasColor: true)
        let bright = String(decoding: colored.update(to: editor.screen(prompt: "> ", continuation: "", columns: 80, rows: 24)), as: UTF8.self)
        #expect(bright.contains("\u{1B}[0;35mfor"))
    }
}
