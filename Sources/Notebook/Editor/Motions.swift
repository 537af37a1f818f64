// Where the cursor can go: lines, words and back. Words are letters, digits and underscores, as Lua's names are; a big word is what white
// space surrounds.

import Terminal

extension Character {
    var isWordPart: Bool { self == "_" || isLetter || isNumber }
}

extension EditBuffer {
    func lineStart(_ position: Int) -> Int {
        var i = position
        while i > 0, characters[i - 1] != "\n" { i -= 1 }
        return i
    }

    func lineEnd(_ position: Int) -> Int {
        var i = position
        while i < count, characters[i] != "\n" { i += 1 }
        return i
    }

    var isOnFirstLine: Bool { lineStart(cursor) == 0 }
    var isOnLastLine: Bool { lineEnd(cursor) == count }
    var isSingleLine: Bool { !characters.contains("\n") }

    /// The white space that a line begins with.
    func indentation(ofLineAt position: Int) -> Range<Int> {
        let start = lineStart(position)
        var end = start
        while end < count, characters[end] == " " || characters[end] == "\t" { end += 1 }
        return start..<end
    }

    func wordEnd(after position: Int) -> Int {
        var i = position
        while i < count, !characters[i].isWordPart { i += 1 }
        while i < count, characters[i].isWordPart { i += 1 }
        return i
    }

    func wordStart(before position: Int) -> Int {
        var i = position
        while i > 0, !characters[i - 1].isWordPart { i -= 1 }
        while i > 0, characters[i - 1].isWordPart { i -= 1 }
        return i
    }

    func bigWordStart(before position: Int) -> Int {
        var i = position
        while i > 0, characters[i - 1].isWhitespace { i -= 1 }
        while i > 0, !characters[i - 1].isWhitespace { i -= 1 }
        return i
    }

    /// The place in the line above or below (`lines` -1 or 1) at a column, or nil where there is no such line.
    func vertical(_ lines: Int, column: Int) -> Int? {
        let start = lineStart(cursor)
        var position: Int
        if lines < 0 {
            guard start > 0 else { return nil }
            position = lineStart(start - 1)
        } else {
            let end = lineEnd(cursor)
            guard end < count else { return nil }
            position = end + 1
        }
        var passed = 0
        while position < count, characters[position] != "\n" {
            let width = CellLayout.width(of: characters[position], at: passed)
            if passed + width > column { break }
            passed += width
            position += 1
        }
        return position
    }

    /// The cursor's column in its line, in columns of the screen.
    var column: Int {
        characters[lineStart(cursor)..<cursor].reduce(0) { $0 + CellLayout.width(of: $1, at: $0) }
    }
}
