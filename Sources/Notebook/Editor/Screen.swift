// What the editor wants to be seen: rows of glyphs with a style each, and where the cursor stands. Rows are counted from the first row of the
// prompt; the rows of one long line are marked as joined, so that the terminal knows them as one line too.

import Terminal

/// What a glyph is to the eye.
enum Style: UInt8 {
    case plain, prompt, keyword, string, number, comment, bracket, match, control, menu, menuDetail, menuSelected, status
}

/// A grapheme cluster in its place: one or two columns.
struct Glyph: Equatable {
    var character: Character
    var width: UInt8
    var style: Style

    init(_ character: Character, _ width: Int, _ style: Style) {
        (self.character, self.width, self.style) = (character, UInt8(width), style)
    }

    /// Terminals do not agree on the width of emoji made of several code points: what follows has to be placed by its column.
    var isDoubtful: Bool {
        if character.isASCII { return false }
        let scalars = character.unicodeScalars
        return scalars.count > 1 && (width == 2 || scalars.contains { $0.value == 0x200D || $0.value == 0xFE0E || $0.value == 0xFE0F })
    }
}

struct ScreenRow: Equatable {
    var glyphs: [Glyph] = []
    /// The columns that the glyphs take.
    var width = 0
    /// Whether the row goes on where the row before it, which is full, ended.
    var joins = false

    mutating func append(_ glyph: Glyph) {
        glyphs.append(glyph)
        width += Int(glyph.width)
    }

    /// Appends a text as far as it goes into `limit` columns.
    mutating func append(_ text: String, _ style: Style, limit: Int) {
        for character in text {
            for glyph in CellLayout.glyphs(of: character, at: width, style: style) {
                if width + Int(glyph.width) > limit { return }
                append(glyph)
            }
        }
    }

    mutating func pad(to column: Int, _ style: Style) {
        while width < column { append(Glyph(" ", 1, style)) }
    }
}

struct ScreenPosition: Equatable {
    var row: Int, column: Int
}

struct Screen: Equatable {
    var rows: [ScreenRow]
    var cursor: ScreenPosition
}
