// What is to be seen: the rows of the cell that fit, around the cursor, and below them the list, the help or the search.

extension CellEditor {
    /// Rows that a list may take: what the cell leaves, at least half of the screen.
    var menuRoom: Int { max(0, min(size.rows / 2, 16)) }

    /// The screen while the cell is edited.
    func screen(prompt: String, continuation: String, columns: Int, rows: Int) -> Screen {
        size = (max(2, columns), max(1, rows))
        var characters = buffer.characters
        var cursor = buffer.cursor
        if let match = search?.match {
            characters = Array(match.text)
            cursor = match.range.lowerBound
        }
        var styles = styles(characters)
        if let match = search?.match {
            for i in match.range { styles[i] = .match }
        } else if let (one, other) = Highlighting.brackets(characters, styles: styles, cursor: cursor) {
            styles[one] = .bracket
            styles[other] = .bracket
        }
        let layout = CellLayout(
            characters, styles: styles, cursor: cursor, prompt: prompt, continuation: continuation, columns: size.columns)
        let below = rowsBelow(cell: layout.rows.count)
        let room = max(1, size.rows - below.count)
        // The view follows the cursor and shows no emptiness below the text that rows above it could fill.
        top = max(0, min(top, layout.rows.count - room))
        if layout.cursor.row < top { top = layout.cursor.row }
        if layout.cursor.row >= top + room { top = layout.cursor.row - room + 1 }
        var visible = Array(layout.rows[top..<min(top + room, layout.rows.count)])
        visible[0].joins = false
        return Screen(rows: visible + below, cursor: ScreenPosition(row: layout.cursor.row - top, column: layout.cursor.column))
    }

    /// The whole cell as it stays on the terminal when it is left, with the cursor at its end.
    func finalScreen(prompt: String, continuation: String, columns: Int, suffix: String = "") -> Screen {
        let characters = buffer.characters + Array(suffix)
        let layout = CellLayout(
            characters, styles: styles(characters), cursor: nil, prompt: prompt, continuation: continuation, columns: max(2, columns))
        return Screen(rows: layout.rows, cursor: layout.cursor)
    }

    private func styles(_ characters: [Character]) -> [Style] {
        let text = String(characters)
        return Highlighting.styles(characters, spans: hooks.highlight?(text) ?? Highlighting.lua(text))
    }

    private func rowsBelow(cell: Int) -> [ScreenRow] {
        let room = max(menuRoom, min(16, size.rows - cell))
        if size.rows < 2 { return [] }
        if let search {
            var row = ScreenRow()
            let name = (search.isFailing ? "failing " : "") + (search.isForward ? "search forwards" : "search back")
            row.append("(\(name)) \(search.query)", .status, limit: size.columns)
            row.append("_", .status, limit: size.columns)
            return [row]
        }
        if let menu { return menu.screenRows(width: size.columns, height: min(room, size.rows - 1)) }
        if panel != nil { return panel!.screenRows(width: size.columns, height: min(room, size.rows - 1)) }
        return []
    }
}
