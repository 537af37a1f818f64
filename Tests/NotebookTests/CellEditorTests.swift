import Testing
@testable import Notebook

/// Somebody who types on an editor without a terminal. `|` marks the cursor in what is expected.
final class Typist {
    let editor: CellEditor
    private var decoder = KeyDecoder()
    private(set) var outcomes: [CellEditor.Outcome] = []

    init(history: [String] = [], candidates: [String] = [], isComplete: @escaping (String) -> CellCompleteness = Typist.isComplete) {
        let kept = History(path: nil)
        for entry in history { kept.add(entry) }
        editor = CellEditor(hooks: EditorHooks(
            isComplete: isComplete,
            complete: { text, offset in
                let word = Array(text.utf8.prefix(offset)).reversed().prefix { $0 != 32 && $0 != 10 && $0 != 40 }.count
                let typed = String(decoding: text.utf8.prefix(offset).suffix(word), as: UTF8.self)
                return CompletionAnswer(start: offset - word, end: offset, candidates: candidates.filter { $0.hasPrefix(typed) }.map { Candidate(text: $0) })
            },
            inspect: { text, offset in "help at \(offset)" }), history: kept)
    }

    /// Blocks and brackets are counted; "!" can't be mended.
    static func isComplete(_ text: String) -> CellCompleteness {
        if text.contains("!") { return .invalid }
        let words = LuaTokens.read(text.utf8).map { String(decoding: Array(text.utf8)[$0.start..<$0.end], as: UTF8.self) }
        let opened = words.count { ["do", "then", "function", "{", "(", "repeat"].contains($0) }
        let closed = words.count { ["end", "}", ")", "until", "elseif"].contains($0) }
        return opened > closed ? .incomplete(indent: 2) : .complete
    }

    @discardableResult
    func type(_ text: String) -> Typist {
        for key in decoder.feed(text.utf8) + decoder.flush() { press(key) }
        return self
    }

    func press(_ key: Key) {
        let outcome = editor.handle(key)
        if outcome == .going { return }
        outcomes.append(outcome)
        if case .submit(let text) = outcome { editor.history.add(text); editor.begin() }
    }

    var shown: String {
        let buffer = editor.buffer
        return buffer.text(0..<buffer.cursor) + "|" + buffer.text(buffer.cursor..<buffer.count)
    }
}

private let up = "\u{1B}[A", down = "\u{1B}[B", left = "\u{1B}[D", alt = "\u{1B}"

@Suite struct CellEditorTests {
    /// Keys and what they leave, as GNU readline's manual describes them.
    @Test(arguments: [
        ("one two\u{1}x", "x|one two"), ("one two\u{1}\u{6}\u{6}\u{4}", "on| two"), ("one two\u{2}\u{2}\u{7F}", "one |wo"), ("ab\u{1}\u{5}c", "abc|"),
        ("one two\u{1B}bX", "one X|two"), ("one two\u{1}\u{1B}fX", "oneX| two"), ("one two\u{1B}[1;5D\u{1B}[1;5DX", "X|one two"),
        ("one two\u{1}\u{B}", "|"), ("one two\u{1B}b\u{B}", "one |"), ("one two\u{1B}b\u{15}", "|two"), ("one two\u{17}", "one |"),
        ("one.two\u{17}", "|"), ("one.two\u{1B}\u{7F}", "one.|"), ("one two\u{1}\u{1B}d", "| two"),
        ("one two\u{17}\u{19}\u{19}", "one twotwo|"), ("one two\u{17}\u{17}\u{19}", "one two|"), ("a b\u{17}x\u{15}\u{19}\u{1B}y", "b|"),
        ("one two\u{1}\u{B}\u{19}\u{19}", "one twoone two|"), ("ab\u{14}", "ba|"), ("ab\u{2}\u{14}", "ba|"), ("one two\u{1B}t", "two one|"),
        ("one two\u{1}\u{1B}u", "ONE| two"), ("one TWO\u{1B}b\u{1B}l", "one two|"), ("one two\u{1B}b\u{1B}c", "one Two|"),
        ("one two\u{1F}", "one|"), ("one two\u{1F}\u{1F}", "|"), ("one two\u{1F}\u{1B}_", "one two|"), ("one\u{15}\u{1F}", "one|"), ("one\u{15}\u{18}\u{15}", "one|"),
        ("a\u{16}\tb", "a\tb|"), ("a\u{16}\u{1B}", "a\u{1B}|"), ("ae\u{301}x\u{7F}\u{7F}", "a|"), ("净x\u{1}\u{1B}[3~", "|x"),
        ("a\u{1B}\rb", "a\nb|"), ("a\nb", "a\nb|"), ("ab\ncd\u{1}\u{15}", "ab|cd"), ("ab\ncd\u{1}\u{2}\u{B}", "ab|cd"),
        ("ab\ncd\u{1B}<x\u{1B}>y", "xab\ncdy|"), ("ab\ncd\u{1B}[1;5Hx", "x|ab\ncd"),
    ])
    func editingKeys(keys: String, shown: String) { #expect(Typist().type(keys).shown == shown) }

    @Test func cursorMovesBetweenLines() {
        let typist = Typist().type("long line\nx\nlonger line" + up)
        #expect(typist.shown == "long line\nx|\nlonger line")
        #expect(typist.type(up).shown == "long line|\nx\nlonger line")
        #expect(typist.type(down + down).shown == "long line\nx\nlonger line|")
        #expect(Typist().type("净化ab\nxyz" + up).shown == "净|化ab\nxyz")
        #expect(Typist().type("净化ab\nxyz\u{10}\u{E}").shown == "净化ab\nxyz|")
    }

    @Test func enterRunsWhatIsWhole() {
        #expect(Typist().type("x = 1\r").outcomes == [.submit("x = 1")])
        #expect(Typist().type("x = 1\u{1}\r").outcomes == [.submit("x = 1")])
        #expect(Typist().type("for i = 1 3 do !\r").outcomes == [.submit("for i = 1 3 do !")])
        #expect(Typist().type("\r").outcomes == [.submit("")])
        #expect(Typist().type("x\n\n\r").outcomes == [.submit("x")])
        // In the middle of several lines it adds one.
        let typist = Typist().type("ab\ncd" + up + "\r")
        #expect(typist.outcomes.isEmpty && typist.shown == "ab\n|\ncd")
        // With Alt the other way round, from wherever a whole cell is being edited.
        #expect(Typist().type("ab\ncd" + up + alt + "\r").outcomes == [.submit("ab\ncd")])
        #expect(Typist().type("do\nx()" + up + alt + "\r").outcomes.isEmpty)
    }

    @Test func blocksAreIndented() {
        let typist = Typist().type("for i = 1, 3 do\rif i then\rprint(i)\relse\rx()\rend\rend")
        #expect(typist.shown == "for i = 1, 3 do\n  if i then\n    print(i)\n  else\n    x()\n  end\nend|")
        #expect(typist.type("\r").outcomes == [.submit("for i = 1, 3 do\n  if i then\n    print(i)\n  else\n    x()\n  end\nend")])
        #expect(Typist().type("t = {\ra = 1,\r}").shown == "t = {\n  a = 1,\n}|")
        #expect(Typist().type("do\rendless = 1").shown == "do\n  endless = 1|")
        #expect(Typist().type("if a then\relse").shown == "if a then\nelse|" && Typist().type("if a then\relseif").shown == "if a then\nelseif|")
        #expect(Typist().type("do\r\u{7F}x").shown == "do\nx|" && Typist().type("do\r\tx").shown == "do\n    x|")
    }

    @Test func pastesAreKeptAsTheyAre() {
        let typist = Typist()
        typist.press(Key(.paste("for i = 1, 3 do\r\n        x()\r  end\n")))
        #expect(typist.shown == "for i = 1, 3 do\n        x()\n  end|" && typist.outcomes.isEmpty)
        #expect(typist.type("\u{1F}").shown == "|")
    }

    @Test func endAndInterrupt() {
        #expect(Typist().type("\u{4}").outcomes == [.endOfInput] && Typist().type("a\u{4}").outcomes.isEmpty)
        #expect(Typist().type("a\u{3}").outcomes == [.interrupt] && Typist().type("\u{C}\u{1A}").outcomes == [.clearScreen, .suspend])
        #expect(Typist().type("\u{18}\u{5}").outcomes == [.openEditor])
    }

    // MARK: History

    private let past = ["x = 1", "for i = 1, 2 do\n  print(i)\nend", "y = 2"]

    @Test func historyRecallsWholeCells() {
        let typist = Typist(history: past).type(up)
        #expect(typist.shown == "y = 2|")
        #expect(typist.type(up).shown == "for i = 1, 2 do|\n  print(i)\nend")
        #expect(typist.type(up).shown == "x = 1|")
        #expect(typist.type(up).shown == "x = 1|")
        #expect(typist.type(down).shown == "for i = 1, 2 do\n  print(i)\nend|")
        #expect(typist.type(down + down).shown == "|")
        #expect(Typist(history: past).type(up + up + "\r").outcomes == [.submit(past[1])])
        #expect(Typist(history: past).type(up + up + " \r").outcomes.isEmpty)
        // Within a cell of several lines the keys move.
        #expect(Typist(history: past).type(up + up + down).shown == "for i = 1, 2 do\n  print(i)|\nend")
    }

    @Test func historyLooksForWhatWasTyped() {
        let typist = Typist(history: past + ["x = 3", "x = 3"]).type("x" + up)
        #expect(typist.shown == "x = 3|" && typist.type(up).shown == "x = 1|" && typist.type(up).shown == "x = 1|")
        #expect(typist.type(down + down).shown == "x|")
        #expect(Typist(history: past).type("nothing" + up).shown == "nothing|")
        #expect(Typist(history: past).type(up + "!" + "\u{1F}").shown == "y = 2|")
    }

    @Test func searchesBackAndForth() {
        let typist = Typist(history: past).type("draft\u{12}=")
        #expect(typist.editor.search?.match?.text == "y = 2")
        typist.type("\u{12}")
        #expect(typist.editor.search?.match?.text == past[1])
        typist.type("\u{12}")
        #expect(typist.editor.search?.match?.text == "x = 1")
        typist.type("\u{12}")
        #expect(typist.editor.search?.isFailing == true)
        typist.type("\u{13}")
        #expect(typist.editor.search?.match?.text == past[1])
        #expect(typist.type("\u{7}").shown == "draft|")
        #expect(Typist(history: past).type("\u{12}prin\r").outcomes == [.submit(past[1])])
        #expect(Typist(history: past).type("\u{12}prin\u{1B}").shown == "for i = 1, 2 do\n  |print(i)\nend")
        #expect(Typist(history: past).type("\u{12}print\u{1B}").type("\u{3}").outcomes == [.interrupt])
        // The last query is taken up again.
        #expect(Typist(history: past).type("\u{12}x =\u{1B}").type("\u{15}\u{12}\u{12}\u{5}").shown == "x = 1|")
        #expect(HistorySearch.range(of: "tensor", in: "aTensor") == 1..<7 && HistorySearch.range(of: "Tensor", in: "tensor") == nil)
        #expect(HistorySearch.range(of: "ab", in: "a") == nil)
    }

    // MARK: Completion

    @Test func completes() {
        #expect(Typist(candidates: ["print", "pairs"]).type("x(pr\t").shown == "x(print|")
        let typist = Typist(candidates: ["tensor.zeros", "tensor.ones"]).type("te\t")
        #expect(typist.shown == "tensor.|" && typist.editor.menu != nil)
        #expect(typist.type("\t").shown == "tensor.zeros|" && typist.type("\t").shown == "tensor.ones|" && typist.type("\t").shown == "tensor.zeros|")
        #expect(typist.type("\u{1B}[Z").shown == "tensor.ones|")
        #expect(typist.type("\u{1B}").shown == "tensor.|" && typist.editor.menu == nil)
        #expect(typist.type("\t\t\r").shown == "tensor.zeros|" && typist.outcomes.isEmpty)
        #expect(typist.type("{3}").shown == "tensor.zeros{3}|")
        #expect(Typist(candidates: ["净化", "净水"]).type("净\t\t").shown == "净化|")
        #expect(Typist().type("zzz\t").shown == "zzz|")
        #expect(Typist(candidates: ["aa", "ab"]).type("a\tb").shown == "ab|")
        #expect(Typist(candidates: ["aa", "ab", "ac"]).type("a\t\t" + down + down).shown == "ac|")
    }

    @Test func inspects() {
        let typist = Typist().type("abc\u{1B}[Z")
        #expect(typist.editor.panel?.lines == ["help at 3"])
        #expect(typist.type("d").editor.panel == nil && typist.shown == "abcd|")
        #expect(Typist(candidates: ["aa", "ab"]).type("a\t\t?").editor.panel?.lines == ["help at 2"])
    }

    @Test(arguments: [20, 40, 80, 200], [1, 3, 10])
    func listsHaveTheirRoom(width: Int, height: Int) {
        var menu = CompletionMenu(
            candidates: (1...37).map { Candidate(text: "name\($0)净", detail: "what \($0) does, in a few words\nand more") }, range: 0..<0, original: "")
        for _ in 0..<80 {
            menu.step(1)
            let rows = menu.screenRows(width: width, height: height)
            #expect(rows.count <= height && rows.allSatisfy { $0.width <= width })
            let selected = rows.map { String($0.glyphs.filter { $0.style == .menuSelected }.map(\.character)) }.joined().filter { $0 != " " }
            #expect(selected == menu.candidates[menu.selected!].text || width == 20 && !selected.isEmpty)
        }
    }
}
