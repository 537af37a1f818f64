// Keys that change the text: typing with indentation, erasing, killing, yanking, transposing.

extension CellEditor {
    func insertTyped(_ text: String) { buffer.insert(text) }

    /// Changes a range away from the cursor, which stays where it is in the text.
    private func change(_ range: Range<Int>, to text: String) {
        let (cursor, count) = (buffer.cursor, buffer.count)
        buffer.replace(range, with: text)
        buffer.move(to: cursor >= range.upperBound ? cursor + buffer.count - count : cursor)
    }

    func type(_ scalar: Unicode.Scalar) {
        // A word is undone at a time.
        if scalar == " " { buffer.endGroup() }
        buffer.insert(String(Character(scalar)), kind: .typing)
        reindent(scalar)
    }

    /// `end`, `else`, `}` and the like move to the line that they close, and back when they turn out to be the beginning of a name.
    private func reindent(_ typed: Unicode.Scalar) {
        guard let line = closingLine(typed) else { return }
        if let back = dedented, back.line == line {
            dedented = nil
            guard Character(typed).isWordPart, Indentation(buffer.text(0..<buffer.cursor)).closing == nil else { return }
            change(buffer.indentation(ofLineAt: buffer.cursor), to: back.indentation)
            return
        }
        let white = buffer.indentation(ofLineAt: buffer.cursor)
        guard let wanted = Indentation(buffer.text(0..<buffer.cursor)).closing, wanted.count < white.count else { return }
        dedented = (line, buffer.text(white))
        change(white, to: wanted)
    }

    /// The beginning of the cursor's line, when what stands before the cursor may be a closing word or was one until now.
    private func closingLine(_ typed: Unicode.Scalar) -> Int? {
        let line = buffer.lineStart(buffer.cursor)
        if let back = dedented { if back.line == line { return line } else { dedented = nil } }
        return line > 0 && "defl)]}".unicodeScalars.contains(typed) ? line : nil
    }

    func paste(_ text: String) {
        var text = EditBuffer.cleaned(text)
        if buffer.cursor == buffer.count { while text.hasSuffix("\n") { text.removeLast() } }
        buffer.insert(text)
    }

    func insertNewline() {
        var end = buffer.cursor
        while end < buffer.count, buffer.characters[end] == " " || buffer.characters[end] == "\t" { end += 1 }
        buffer.replace(buffer.cursor..<end, with: "\n" + Indentation(buffer.text(0..<buffer.cursor)).next)
    }

    /// In the indentation a whole step, else a character.
    func backspace() {
        let cursor = buffer.cursor
        guard cursor > 0 else { return }
        let line = buffer.lineStart(cursor)
        let step = Indentation.step.count
        let isIndentation = cursor - line >= step && buffer.characters[line..<cursor].allSatisfy { $0 == " " } && (cursor - line) % step == 0
        buffer.replace(cursor - (isIndentation ? step : 1)..<cursor, with: "", kind: .erasing)
    }

    func delete() {
        guard buffer.cursor < buffer.count else { return }
        buffer.replace(buffer.cursor..<buffer.cursor + 1, with: "", kind: .erasing)
    }

    // MARK: Kills

    func kill(to position: Int) {
        let cursor = buffer.cursor
        isKill = true
        guard position != cursor else { isKill = lastWasKill; return }
        let range = min(position, cursor)..<max(position, cursor)
        killRing.kill(buffer.text(range), joining: lastWasKill, backwards: position < cursor)
        buffer.replace(range, with: "")
    }

    func killLineForwards() {
        let end = buffer.lineEnd(buffer.cursor)
        kill(to: end == buffer.cursor ? min(end + 1, buffer.count) : end)
    }

    func killLineBackwards() {
        let start = buffer.lineStart(buffer.cursor)
        kill(to: start == buffer.cursor ? max(start - 1, 0) : start)
    }

    func yank() {
        guard let text = killRing.yank() else { return }
        let start = buffer.cursor
        buffer.insert(text)
        yanked = min(start, buffer.cursor)..<buffer.cursor
    }

    func yankBefore(_ range: Range<Int>?) {
        guard let range, let text = killRing.yankBefore() else { return }
        buffer.replace(range, with: text)
        yanked = min(range.lowerBound, buffer.cursor)..<buffer.cursor
    }

    // MARK: Exchanges

    func transposeCharacters() {
        let line = buffer.lineStart(buffer.cursor)
        let second = buffer.cursor < buffer.lineEnd(buffer.cursor) ? buffer.cursor : buffer.cursor - 1
        guard second > line else { return }
        let characters = buffer.characters
        buffer.replace(second - 1..<second + 1, with: String([characters[second], characters[second - 1]]))
    }

    func transposeWords() {
        let end = buffer.wordEnd(after: buffer.cursor)
        let start = buffer.wordStart(before: end)
        let otherStart = buffer.wordStart(before: start)
        let otherEnd = buffer.wordEnd(after: otherStart)
        guard otherEnd <= start, start < end else { return }
        buffer.replace(otherStart..<end, with: buffer.text(start..<end) + buffer.text(otherEnd..<start) + buffer.text(otherStart..<otherEnd))
    }

    func changeWord(_ change: (String) -> String) {
        let end = buffer.wordEnd(after: buffer.cursor)
        var start = buffer.cursor
        while start < end, !buffer.characters[start].isWordPart { start += 1 }
        if start < end { buffer.replace(start..<end, with: change(buffer.text(start..<end))) }
    }
}
