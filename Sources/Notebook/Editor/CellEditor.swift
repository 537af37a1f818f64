// The editor without a terminal: keys in, a text and a screen out. What a key does depends on nothing but the keys before it, the history and
// the answers of the session, so that every key sequence can be tested. The table of keys is `command`; what they do is in the extensions.

final class CellEditor {
    /// What the terminal has to do about a key.
    enum Outcome: Equatable {
        case going
        case submit(String)
        case interrupt, endOfInput
        case clearScreen, suspend, openEditor
    }

    let hooks: EditorHooks
    let history: History
    var buffer = EditBuffer()
    var killRing = KillRing()

    // What the last key leaves to the next.
    var goalColumn: Int?
    var lastWasKill = false, isKill = false
    /// The text that the last key yanked or, for the completion of words, put in.
    var yanked: Range<Int>?
    var isQuoting = false, isAfterControlX = false
    /// The white space that a closing word took from its line, to be given back if the word goes on.
    var dedented: (line: Int, indentation: String)?

    var walk: HistoryWalk?
    var walkShown = ""
    var search: HistorySearch?
    var lastQuery = ""
    var menu: CompletionMenu?
    var panel: InspectionPanel?

    // What the screen keeps from one drawing to the next.
    var top = 0
    var size = (columns: 80, rows: 24)

    init(hooks: EditorHooks, history: History) { (self.hooks, self.history) = (hooks, history) }

    /// Begins a cell. Kills and the last query stay.
    func begin(_ text: String = "") {
        buffer = EditBuffer(text)
        (goalColumn, lastWasKill, isKill, yanked, isQuoting, isAfterControlX, dedented) = (nil, false, false, nil, false, false, nil)
        (walk, search, menu, panel, top) = (nil, nil, nil, nil, 0)
    }

    func handle(_ key: Key) -> Outcome {
        if key.code == .unknown { return .going }
        if isQuoting {
            isQuoting = false
            if let scalar = CellEditor.literal(key) { insertTyped(String(Character(scalar))); return .going }
        }
        if search != nil, let outcome = handleInSearch(key) { return outcome }
        if menu != nil, let outcome = handleInMenu(key) { return outcome }
        if panel != nil, let outcome = handleInPanel(key) { return outcome }
        let (goal, before) = (goalColumn, yanked)
        (lastWasKill, isKill) = (isKill, false)
        (goalColumn, yanked) = (nil, nil)
        if isAfterControlX {
            isAfterControlX = false
            switch key.code {
            case .control("u"): _ = buffer.undo()
            case .control("e"): return .openEditor
            default: break
            }
            return .going
        }
        return command(key, goal: goal, yankedBefore: before)
    }

    private func command(_ key: Key, goal: Int?, yankedBefore: Range<Int>?) -> Outcome {
        let alt = key.modifiers.contains(.alt)
        let byWord = alt || key.modifiers.contains(.control)
        switch key.code {
        case .text(let scalar):
            if alt { return metaCommand(scalar, yankedBefore: yankedBefore) }
            type(scalar)
        case .paste(let text): paste(text)
        case .enter: return enter(isOther: !key.modifiers.isEmpty)
        case .newline: if isBlank { return enter() } else { insertNewline() }
        case .tab: if key.modifiers.contains(.shift) { inspect() } else { tab() }
        case .backspace: if byWord { kill(to: buffer.wordStart(before: buffer.cursor)) } else { backspace() }
        case .delete: if byWord { kill(to: buffer.wordEnd(after: buffer.cursor)) } else { delete() }
        case .escape, .insert, .unknown: break
        case .left: buffer.move(to: byWord ? buffer.wordStart(before: buffer.cursor) : buffer.cursor - 1)
        case .right: buffer.move(to: byWord ? buffer.wordEnd(after: buffer.cursor) : buffer.cursor + 1)
        case .up: if alt { recall(-1) } else { moveUp(goal) }
        case .down: if alt { recall(1) } else { moveDown(goal) }
        case .pageUp: recall(-1)
        case .pageDown: recall(1)
        case .home: buffer.move(to: byWord ? 0 : buffer.lineStart(buffer.cursor))
        case .end: buffer.move(to: byWord ? buffer.count : buffer.lineEnd(buffer.cursor))
        case .control(let letter): return controlCommand(letter, alt: alt, goal: goal)
        }
        return .going
    }

    private func controlCommand(_ letter: Character, alt: Bool, goal: Int?) -> Outcome {
        if alt { return .going }
        switch letter {
        case "a": buffer.move(to: buffer.lineStart(buffer.cursor))
        case "b": buffer.move(to: buffer.cursor - 1)
        case "c": return .interrupt
        case "d": if buffer.isEmpty { return .endOfInput } else { delete() }
        case "e": buffer.move(to: buffer.lineEnd(buffer.cursor))
        case "f": buffer.move(to: buffer.cursor + 1)
        case "k": killLineForwards()
        case "l": return .clearScreen
        case "n": moveDown(goal)
        case "p": moveUp(goal)
        case "q", "v": isQuoting = true
        case "r": beginSearch(isForward: false)
        case "s": beginSearch(isForward: true)
        case "t": transposeCharacters()
        case "u": killLineBackwards()
        case "w": kill(to: buffer.bigWordStart(before: buffer.cursor))
        case "x": isAfterControlX = true
        case "y": yank()
        case "z": return .suspend
        case "_": _ = buffer.undo()
        default: break
        }
        return .going
    }

    private func metaCommand(_ scalar: Unicode.Scalar, yankedBefore: Range<Int>?) -> Outcome {
        switch scalar {
        case "b", "B": buffer.move(to: buffer.wordStart(before: buffer.cursor))
        case "f", "F": buffer.move(to: buffer.wordEnd(after: buffer.cursor))
        case "d", "D": kill(to: buffer.wordEnd(after: buffer.cursor))
        case "y", "Y": yankBefore(yankedBefore)
        case "<": buffer.move(to: 0)
        case ">": buffer.move(to: buffer.count)
        case "t", "T": transposeWords()
        case "u", "U": changeWord { $0.uppercased() }
        case "l", "L": changeWord { $0.lowercased() }
        case "c", "C": changeWord { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
        case "p", "P": recall(-1)
        case "n", "N": recall(1)
        case "/", "_": _ = buffer.redo()
        default: break
        }
        return .going
    }

    // MARK: Enter

    var isBlank: Bool { buffer.characters.allSatisfy(\.isWhitespace) }

    /// Runs a cell that is whole or can't become so, when the cursor is on its last line with text, or the cell is one of the history's as it
    /// was; else adds a line. The other Enter (with Alt) does the other of the two, so that a whole cell runs from any of its lines.
    func enter(isOther: Bool = false) -> Outcome {
        if isBlank, !isOther { return .submit("") }
        let rest = buffer.characters[buffer.cursor...]
        let isAtEnd = isRecalled || buffer.isSingleLine || !rest.contains("\n") || rest.allSatisfy(\.isWhitespace)
        if isAtEnd != isOther {
            let text = submission
            switch hooks.isComplete(text) {
            case .complete, .invalid: return .submit(text)
            case .incomplete: break
            }
        }
        insertNewline()
        return .going
    }

    /// The text without blank lines at its end.
    private var submission: String {
        var end = buffer.count
        while end > 0, buffer.characters[end - 1].isWhitespace { end -= 1 }
        let last = end
        while end < buffer.count, buffer.characters[end] != "\n" { end += 1 }
        return buffer.text(0..<(end == buffer.count ? end : last))
    }

    private static func literal(_ key: Key) -> Unicode.Scalar? {
        switch key.code {
        case .text(let scalar): scalar
        case .tab: "\t"
        case .enter, .newline: "\n"
        case .escape: "\u{1B}"
        case .control(let letter): letter.asciiValue.map { Unicode.Scalar($0 & 31) }
        default: nil
        }
    }
}
