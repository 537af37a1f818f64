// Text whose lines are longer than a terminal is wide, broken between words. What follows hangs under the column that the line's text stands in,
// where there is one left of three fifths, else a little to the right of the line's beginning. Words that are too long stay whole.

extension String {
    /// - Parameter width: columns; at least 20 are used.
    public func folded(to width: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { foldedLine($0, max(20, width)) }.joined(separator: "\n")
    }
}

private func foldedLine(_ line: Substring, _ width: Int) -> String {
    guard String(line).displayWidth > width else { return String(line) }
    var characters = Array(line)[...], margin = "", lines: [String] = []
    let hang = String(repeating: " ", count: hangingColumn(characters, width))
    while true {
        var used = margin.count, lastSpace: Int?, hasText = false
        var i = characters.startIndex
        while i < characters.endIndex {
            if characters[i] == " " { if hasText { lastSpace = i } } else { hasText = true }
            used += characters[i].displayWidth
            // A space may stand behind the last column: there it is dropped. A first word that is too long ends at its own end.
            if used > width, lastSpace != nil { break }
            i += 1
        }
        guard i < characters.endIndex, let end = lastSpace else {
            lines.append(margin + String(characters))
            return lines.joined(separator: "\n")
        }
        var kept = characters[..<end]
        while kept.last == " " { kept.removeLast() }
        lines.append(margin + String(kept))
        characters = characters[end...].drop { $0 == " " }
        margin = hang
        if characters.isEmpty { return lines.joined(separator: "\n") }
    }
}

/// Where the last column that leaves two fifths of the line begins: text behind two spaces or more.
private func hangingColumn(_ characters: ArraySlice<Character>, _ width: Int) -> Int {
    let indentation = characters.prefix { $0 == " " }.count
    var column: Int?
    for i in characters.indices.dropFirst(indentation + 2) where i <= width * 3 / 5 && characters[i] != " " && characters[i - 1] == " " && characters[i - 2] == " " {
        column = i
    }
    // Text that begins far to the right stands in a column already.
    return column ?? (indentation == 0 ? 0 : indentation >= 12 ? min(indentation, width / 2) : indentation + 4)
}
