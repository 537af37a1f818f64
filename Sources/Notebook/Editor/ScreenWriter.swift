// From one screen to the next in as few bytes as are sensible. Invariant: `shown` is what stands on the terminal from the prompt's first row on,
// `position` is where the terminal's cursor is. Movement is relative, for nobody knows the row that the prompt began on; a row is made by a line
// feed, which scrolls where it has to, and is never assumed.

import Terminal

struct ScreenWriter {
    private(set) var shown = Screen(rows: [], cursor: ScreenPosition(row: 0, column: 0))
    private var position = ScreenPosition(row: 0, column: 0)
    /// Rows that exist on the terminal, at least one.
    private var made = 1
    private var style = Style.plain
    /// Whether the last row drawn was written to its very end.
    private var endWritten = false
    private var out: [UInt8] = []
    let hasColor: Bool
    var columns: Int

    init(columns: Int, hasColor: Bool) { (self.columns, self.hasColor) = (columns, hasColor) }

    /// Nothing is shown any more and the cursor stands at the beginning of an empty row: what comes next is drawn from there.
    mutating func forget() {
        shown = Screen(rows: [], cursor: ScreenPosition(row: 0, column: 0))
        position = shown.cursor
        made = 1
    }

    /// The bytes that turn what is shown into `next`.
    mutating func update(to next: Screen) -> [UInt8] {
        out = []
        endWritten = false
        for r in 0..<max(next.rows.count, shown.rows.count) {
            guard r < next.rows.count else {
                move(to: ScreenPosition(row: r, column: 0))
                put("\u{1B}[J")
                break
            }
            draw(next.rows, r)
        }
        if next.cursor.row >= made { makeRow(next.cursor.row) }
        move(to: next.cursor)
        shown = next
        return out
    }

    /// The bytes that take everything shown away and leave the cursor where it began.
    mutating func erase() -> [UInt8] {
        out = []
        move(to: ScreenPosition(row: 0, column: 0))
        put("\r\u{1B}[J")
        forget()
        return out
    }

    /// The same after the terminal's width changed and it moved rows by itself. Terminals that reflow break each line anew at the new width;
    /// others leave the rows.
    mutating func erase(afterResizeTo columns: Int, reflows: Bool) -> [UInt8] {
        let above = reflows ? rowsAbove(columns) : position.row
        self.columns = columns
        out = []
        put("\r")
        if above > 0 { put("\u{1B}[\(above)A") }
        put("\u{1B}[J")
        forget()
        return out
    }

    private func rowsAbove(_ columns: Int) -> Int {
        var (above, r) = (0, 0)
        while r < shown.rows.count {
            var (end, width) = (r + 1, shown.rows[r].width)
            while end < shown.rows.count, shown.rows[end].joins, !shown.rows[end].glyphs.isEmpty { width += shown.rows[end].width; end += 1 }
            if position.row < end {
                var before = position.column
                for row in r..<position.row { before += shown.rows[row].width }
                return above + min(before, max(0, width)) / columns
            }
            above += max(1, (width + columns - 1) / columns)
            r = end
        }
        return above
    }

    // MARK: Rows

    private mutating func draw(_ rows: [ScreenRow], _ r: Int) {
        let old = r < shown.rows.count ? shown.rows[r] : ScreenRow()
        let new = rows[r]
        let last = r > 0 ? rows[r - 1].glyphs.last : nil
        // The terminal forgets that two rows are one line when the end of the first is written without going on.
        let isRejoined = new.joins && !new.glyphs.isEmpty && (endWritten || !old.joins)
        if old.joins, !new.joins, !endWritten, let last, rows[r - 1].width == columns {
            move(to: ScreenPosition(row: r - 1, column: columns - Int(last.width)))
            write(last)
        }
        endWritten = false
        if old.glyphs == new.glyphs, r < made, !isRejoined { setStyle(.plain); return }
        var (i, j, oldColumn, column) = (0, 0, 0, 0)
        while j < new.glyphs.count {
            let glyph = new.glyphs[j]
            if i < old.glyphs.count, oldColumn == column, old.glyphs[i] == glyph, j > 0 || !isRejoined {
                oldColumn += Int(glyph.width)
                column = oldColumn
                i += 1
                j += 1
                continue
            }
            if column == 0, new.joins, let last, !last.isDoubtful {
                join(last, width: rows[r - 1].width, row: r)
            } else {
                if r >= made { makeRow(r) }
                move(to: ScreenPosition(row: r, column: column))
            }
            write(glyph)
            column += Int(glyph.width)
            j += 1
            while i < old.glyphs.count, oldColumn < column { oldColumn += Int(old.glyphs[i].width); i += 1 }
        }
        endWritten = position == ScreenPosition(row: r, column: columns)
        if r >= made { makeRow(r) }
        if old.width > new.width {
            move(to: ScreenPosition(row: r, column: new.width))
            setStyle(.plain)
            put("\u{1B}[K")
        }
        setStyle(.plain)
    }

    /// The end of the row before is written again, so that the terminal itself goes over to the next row and knows the two as one line.
    private mutating func join(_ last: Glyph, width: Int, row: Int) {
        if position != ScreenPosition(row: row - 1, column: width) {
            move(to: ScreenPosition(row: row - 1, column: width - Int(last.width)))
            write(last)
        }
        position = ScreenPosition(row: row, column: 0)
        made = max(made, row + 1)
    }

    private mutating func makeRow(_ row: Int) {
        if position.row != made - 1 { move(to: ScreenPosition(row: made - 1, column: 0)) }
        setStyle(.plain)
        while made <= row {
            put("\r\n")
            made += 1
        }
        position = ScreenPosition(row: row, column: 0)
    }

    private mutating func write(_ glyph: Glyph) {
        setStyle(glyph.style)
        if let ascii = glyph.character.asciiValue { out.append(ascii) } else { out += Array(String(glyph.character).utf8) }
        position.column += Int(glyph.width)
        if glyph.isDoubtful, position.column < columns { put("\r\u{1B}[\(position.column)C") }
    }

    // MARK: Cursor and colours

    private mutating func move(to target: ScreenPosition) {
        if target == position { return }
        // Behind the last column the terminals differ in where the cursor is: from there only the return to the first is the same everywhere.
        if position.column >= columns || target.column == 0 && position.column != 0 {
            put("\r")
            position.column = 0
        }
        if target.row < position.row { put(csi(position.row - target.row, "A")) }
        if target.row > position.row { put(csi(target.row - position.row, "B")) }
        if target.column < position.column { put(target.column == position.column - 1 ? "\u{8}" : csi(position.column - target.column, "D")) }
        if target.column > position.column { put(csi(target.column - position.column, "C")) }
        position = target
    }

    private func csi(_ count: Int, _ letter: String) -> String { count == 1 ? "\u{1B}[\(letter)" : "\u{1B}[\(count)\(letter)" }

    private mutating func setStyle(_ next: Style) {
        guard next != style else { return }
        let codes = ScreenWriter.codes(next, hasColor: hasColor)
        if codes != ScreenWriter.codes(style, hasColor: hasColor) { put(codes.isEmpty ? "\u{1B}[m" : "\u{1B}[0;\(codes)m") }
        style = next
    }

    /// Colours of the terminal's own palette, so that they suit its background; without colour only what has to stand out does.
    private static func codes(_ style: Style, hasColor: Bool) -> String {
        switch style {
        case .plain: ""
        case .prompt: hasColor ? "1;32" : ""
        case .keyword: hasColor ? "35" : ""
        case .string: hasColor ? "32" : ""
        case .number: hasColor ? "36" : ""
        case .comment: hasColor ? "90" : ""
        case .bracket: hasColor ? "1;33" : "1;4"
        case .match: "7"
        case .control: hasColor ? "31" : "7"
        case .menu: ""
        case .menuDetail: hasColor ? "90" : ""
        case .menuSelected: "7"
        case .status: hasColor ? "36" : ""
        }
    }

    private mutating func put(_ text: String) { out += Array(text.utf8) }
}
