// Tab: the part that all candidates share at once, then the list, then one candidate after the other; and help on what stands at the cursor.

/// Help shown below the cell, a page at a time.
struct InspectionPanel {
    let lines: [String]
    /// The first row of the page, and the rows of the last drawing.
    var first = 0, page = 0, total = 0

    init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    mutating func screenRows(width: Int, height: Int) -> [ScreenRow] {
        guard height > 0, width > 1 else { return [] }
        var rows: [ScreenRow] = []
        for line in lines {
            rows += CellLayout(Array(line), styles: [], cursor: nil, prompt: "", continuation: "", columns: width).rows
        }
        while let last = rows.last, last.width == 0 { rows.removeLast() }
        total = rows.count
        for r in rows.indices { rows[r].joins = false }
        if rows.count <= height { first = 0; page = rows.count; return rows }
        page = max(1, height - 1)
        if first >= rows.count { first = 0 }
        var out = Array(rows[first..<min(first + page, rows.count)])
        var more = ScreenRow()
        let left = rows.count - first - out.count
        more.append(left > 0 ? "… \(left) more lines: Shift-Tab" : "end", .menuDetail, limit: width)
        if height > 1 { out.append(more) }
        return out
    }

    /// On to the next page; false at the end.
    mutating func turn() -> Bool {
        guard first + page < total else { return false }
        first += page
        return true
    }
}

extension CellEditor {
    func tab() {
        let line = buffer.lineStart(buffer.cursor)
        if buffer.cursor == line || buffer.characters[line..<buffer.cursor].allSatisfy({ $0 == " " || $0 == "\t" }) {
            // At the beginning of a later line, or of a line with text, Tab indents; in an empty cell it asks what there is.
            if line > 0 || !isBlank { buffer.insert(Indentation.step); return }
        }
        let text = buffer.text
        let answer = hooks.complete(text, buffer.utf8Offset(buffer.cursor))
        guard !answer.candidates.isEmpty else { return }
        let start = buffer.index(utf8Offset: answer.start)
        let range = start..<max(start, buffer.index(utf8Offset: answer.end))
        let typed = buffer.text(range)
        let shared = CompletionMenu.commonPrefix(answer.candidates)
        if answer.candidates.count == 1 || shared.count > typed.count && shared.hasPrefix(typed) {
            if shared != typed { buffer.replace(range, with: shared) } else { buffer.move(to: range.upperBound) }
            buffer.endGroup()
        }
        guard answer.candidates.count > 1 else { return }
        let end = shared.count > typed.count && shared.hasPrefix(typed) ? buffer.cursor : range.upperBound
        menu = CompletionMenu(candidates: answer.candidates, range: min(start, end)..<end, original: buffer.text(min(start, end)..<end))
    }

    /// nil for a key that closes the list and then does what it does elsewhere.
    func handleInMenu(_ key: Key) -> Outcome? {
        guard var now = menu else { return nil }
        let room = menuRoom
        switch key.code {
        case .tab: now.step(key.modifiers.contains(.shift) ? -1 : 1)
        case .down where now.selected != nil: now.move(columns: 0, rows: 1, in: size.columns, height: room)
        case .up where now.selected != nil: now.move(columns: 0, rows: -1, in: size.columns, height: room)
        case .right where now.selected != nil: now.move(columns: 1, rows: 0, in: size.columns, height: room)
        case .left where now.selected != nil: now.move(columns: -1, rows: 0, in: size.columns, height: room)
        case .enter where now.selected != nil && key.modifiers.isEmpty:
            menu = nil
            buffer.endGroup()
            return .going
        case .text("?") where now.selected != nil:
            menu = nil
            inspect()
            return .going
        case .escape, .control("g"):
            buffer.replace(now.range, with: now.original)
            menu = nil
            return .going
        default:
            menu = nil
            return nil
        }
        if let selected = now.selected {
            buffer.replace(now.range, with: now.candidates[selected].text)
            now.range = min(now.range.lowerBound, buffer.cursor)..<buffer.cursor
        }
        menu = now
        return .going
    }

    func inspect() {
        guard let text = hooks.inspect(buffer.text, buffer.utf8Offset(buffer.cursor)), !text.isEmpty else { return }
        panel = InspectionPanel(text)
    }

    /// Shift-Tab turns the page, Escape closes the panel; any other key closes it and does what it does elsewhere.
    func handleInPanel(_ key: Key) -> Outcome? {
        if key.code == .tab, key.modifiers.contains(.shift) {
            if !panel!.turn() { panel = nil }
            return .going
        }
        panel = nil
        return key.code == .escape || key.code == .control("g") ? .going : nil
    }
}
