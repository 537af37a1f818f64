// From the text to rows: every line after its prompt, broken where the screen ends, tabs filled up to every fourth column of the text, control
// characters shown as ^A, and nothing of zero width left without a place. The cursor is found on the way.

import Terminal

struct CellLayout {
    var rows: [ScreenRow] = []
    var cursor = ScreenPosition(row: 0, column: 0)
    private let columns: Int
    static let tab = 4

    /// - Parameters:
    ///   - styles: one per character, or none at all.
    ///   - cursor: an index into the characters, or nil to show no cursor (the position is then the text's end).
    ///   - columns: of the screen, at least 2.
    init(_ characters: [Character], styles: [Style], cursor index: Int?, prompt: String, continuation: String, columns: Int) {
        self.columns = max(2, columns)
        rows.reserveCapacity(8)
        begin(prompt)
        var column = 0
        for i in characters.indices {
            let character = characters[i]
            if i == index { mark() }
            if character == "\n" {
                begin(continuation)
                column = 0
                continue
            }
            let style = styles.isEmpty ? .plain : styles[i]
            if let ascii = character.asciiValue, ascii >= 32, ascii < 127 {
                place(Glyph(character, 1, style))
                column += 1
            } else {
                for glyph in CellLayout.glyphs(of: character, at: column, style: style) {
                    place(glyph)
                    column += Int(glyph.width)
                }
            }
        }
        if index == nil {
            cursor = ScreenPosition(row: rows.count - 1, column: rows[rows.count - 1].width)
        } else if index == characters.count {
            mark()
        }
    }

    /// The columns that a character takes at a column of its line.
    static func width(of character: Character, at column: Int) -> Int {
        if let ascii = character.asciiValue {
            return ascii == 9 ? tab - column % tab : ascii < 32 || ascii == 127 ? 2 : 1
        }
        return glyphs(of: character, at: column, style: .plain).reduce(0) { $0 + Int($1.width) }
    }

    /// A character as it is shown.
    static func glyphs(of character: Character, at column: Int, style: Style) -> [Glyph] {
        if let ascii = character.asciiValue {
            switch ascii {
            case 9: return Array(repeating: Glyph(" ", 1, style), count: tab - column % tab)
            case 0..<32, 127: return [Glyph("^", 1, .control), Glyph(Character(Unicode.Scalar(ascii ^ 64)), 1, .control)]
            default: return [Glyph(character, 1, style)]
            }
        }
        let width = character.displayWidth
        if width > 0 { return [Glyph(character, width, style)] }
        // A mark without a letter stands on a dotted circle; other invisible characters show as a replacement, for Lua does not ignore them.
        switch character.unicodeScalars.first!.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return [Glyph(Character("\u{25CC}" + String(character)), 1, style)]
        default: return [Glyph("\u{FFFD}", 1, .control)]
        }
    }

    private mutating func begin(_ prompt: String) {
        rows.append(ScreenRow())
        if prompt.isEmpty { return }
        for character in prompt { for glyph in CellLayout.glyphs(of: character, at: 0, style: .prompt) { place(glyph) } }
    }

    private mutating func place(_ glyph: Glyph) {
        if rows[rows.count - 1].width + Int(glyph.width) > columns { breakRow() }
        rows[rows.count - 1].append(glyph)
    }

    private mutating func breakRow() {
        let isFull = rows[rows.count - 1].width == columns
        rows.append(ScreenRow())
        rows[rows.count - 1].joins = isFull
    }

    /// The cursor stands before what comes next; behind a full row it needs a new one.
    private mutating func mark() {
        if rows[rows.count - 1].width >= columns { breakRow() }
        cursor = ScreenPosition(row: rows.count - 1, column: rows[rows.count - 1].width)
    }
}
