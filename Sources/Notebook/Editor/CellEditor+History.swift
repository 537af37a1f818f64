// Keys that go up and down, in the cell and beyond it into the history, and the search of the history.

extension CellEditor {
    func moveUp(_ goal: Int?) {
        let column = goal ?? buffer.column
        if let position = buffer.vertical(-1, column: column) {
            buffer.move(to: position)
            goalColumn = column
        } else {
            recall(-1)
        }
    }

    func moveDown(_ goal: Int?) {
        let column = goal ?? buffer.column
        if let position = buffer.vertical(1, column: column) {
            buffer.move(to: position)
            goalColumn = column
        } else {
            recall(1)
        }
    }

    /// The next older (-1) or newer (1) cell that begins like what was typed. On the way up the cursor stays on the first line, so that the next
    /// step goes on.
    func recall(_ direction: Int) {
        let shown = buffer.text
        if walk == nil || walkShown != shown { walk = HistoryWalk(draft: shown, count: history.entries.count) }
        guard let text = walk!.step(direction, history.entries, shown: shown) else { return }
        buffer.setText(text)
        if direction < 0 { buffer.move(to: buffer.lineEnd(0)) }
        buffer.endGroup()
        walkShown = buffer.text
    }

    func beginSearch(isForward: Bool) {
        search = HistorySearch(original: buffer.text, cursor: buffer.cursor, count: history.entries.count, isForward: isForward)
        walk = nil
    }

    /// Ends the search with the text that it found.
    private func acceptSearch() {
        guard let ended = search else { return }
        search = nil
        if !ended.query.isEmpty { lastQuery = ended.query }
        if let match = ended.match { buffer.setText(match.text, cursor: match.range.lowerBound) }
        buffer.endGroup()
    }

    /// nil for a key that ends the search and then does what it does elsewhere.
    func handleInSearch(_ key: Key) -> Outcome? {
        guard var now = search else { return nil }
        let entries = history.entries
        switch key.code {
        case .text(let scalar) where key.modifiers.isEmpty: now.setQuery(now.query + String(Character(scalar)), entries)
        case .paste(let text): now.setQuery(now.query + text, entries)
        case .backspace where key.modifiers.isEmpty: now.setQuery(String(now.query.dropLast()), entries)
        case .control("r"): now.next(isForward: false, entries, lastQuery: lastQuery)
        case .control("s"): now.next(isForward: true, entries, lastQuery: lastQuery)
        case .control("g"), .control("c"):
            search = nil
            return .going
        case .escape, .tab:
            acceptSearch()
            return .going
        case .enter:
            // What was found runs, wherever in it the query stands.
            acceptSearch()
            buffer.move(to: buffer.count)
            return nil
        default:
            acceptSearch()
            return nil
        }
        search = now
        return .going
    }
}
