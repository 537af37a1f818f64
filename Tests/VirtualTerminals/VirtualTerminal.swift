// A terminal in memory: enough of a VT100 to judge what the editor draws. It wraps at the last column with the wrap pending until the next
// character, scrolls, knows which rows it wrapped itself, and when its width changes breaks those lines anew, if it is of that kind.

import Terminal

public final class VirtualTerminal {
    public private(set) var width: Int, height: Int
    /// A cell holds a cluster; the second column of a wide one holds nil.
    public typealias Row = [Character?]
    public private(set) var rows: [Row]
    /// Whether the row goes on in the next.
    public private(set) var wraps: [Bool]
    public private(set) var scrolledOff: [String] = []
    public private(set) var row = 0, column = 0
    public private(set) var isPending = false
    public private(set) var unknown: [String] = []
    public private(set) var isPasteBracketed = false
    public private(set) var pen = ""
    private var state = 0
    private var parameters = ""
    private var utf8: [UInt8] = []
    public let reflows: Bool

    public init(width: Int, height: Int, reflows: Bool = true) {
        (self.width, self.height, self.reflows) = (width, height, reflows)
        rows = Array(repeating: Array(repeating: " ", count: width), count: height)
        wraps = Array(repeating: false, count: height)
    }

    public func text(_ row: Int) -> String {
        var text = String(rows[row].compactMap { $0 })
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
    public var lines: [String] { rows.indices.map(text) }
    /// All that was ever shown and not erased.
    public var transcript: [String] {
        var all = scrolledOff + lines
        while all.last == "" { all.removeLast() }
        return all
    }

    public func feed(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if state == 0, byte >= 0x80 {
                utf8.append(byte)
                let length = utf8[0] >= 0xF0 ? 4 : utf8[0] >= 0xE0 ? 3 : 2
                if utf8.count == length {
                    put(String(decoding: utf8, as: UTF8.self).unicodeScalars.first!)
                    utf8 = []
                }
                continue
            }
            step(byte)
        }
    }
    public func feed(_ text: String) { feed(text.utf8) }

    private func step(_ byte: UInt8) {
        switch (state, byte) {
        case (0, 0x1B): state = 1
        case (0, 0x0D): column = 0; isPending = false
        case (0, 0x0A): lineFeed()
        case (0, 0x09): column = min(width - 1, column / 8 * 8 + 8)
        case (0, 0x08): column = max(0, column - 1); isPending = false
        case (0, 0x20...0x7E): put(Unicode.Scalar(byte))
        case (1, UInt8(ascii: "[")): state = 2; parameters = ""
        case (2, 0x20...0x3F): parameters.append(Character(Unicode.Scalar(byte)))
        case (2, 0x40...0x7E): state = 0; control(Character(Unicode.Scalar(byte)))
        default: unknown.append("byte \(byte) in state \(state)"); state = 0
        }
    }

    private func lineFeed() {
        isPending = false
        if row < height - 1 { row += 1; return }
        scrolledOff.append(text(0))
        rows.removeFirst()
        wraps.removeFirst()
        rows.append(Array(repeating: " ", count: width))
        wraps.append(false)
    }

    private func put(_ scalar: Unicode.Scalar) {
        // What joins the cluster before it takes no place of its own.
        var last = (row, isPending ? width - 1 : column - 1)
        if last.1 >= 0, rows[last.0][last.1] == nil { last.1 -= 1 }
        if !scalar.isASCII, last.1 >= 0, let before = rows[last.0][last.1] {
            let joined = String(before) + String(Character(scalar))
            if joined.count == 1 {
                let (old, new) = (before.displayWidth, Character(joined).displayWidth)
                rows[last.0][last.1] = Character(joined)
                if new == 2, old == 1, last.1 + 1 < width { clear(last.0, last.1 + 1..<last.1 + 2); rows[last.0][last.1 + 1] = nil; advance(to: last.1 + 2) }
                return
            }
        }
        let size = max(1, Character(scalar).displayWidth)
        if isPending || column + size > width {
            wraps[row] = true
            lineFeed()
            column = 0
        }
        clear(row, column..<column + size)
        rows[row][column] = Character(scalar)
        if size == 2 { rows[row][column + 1] = nil }
        advance(to: column + size)
    }

    private func advance(to next: Int) {
        isPending = next >= width
        column = min(next, width - 1)
    }

    /// Half of a wide character that is overwritten takes the other half with it.
    private func clear(_ row: Int, _ range: Range<Int>) {
        if rows[row][range.lowerBound] == nil { rows[row][range.lowerBound - 1] = " " }
        if range.upperBound < width, rows[row][range.upperBound] == nil { rows[row][range.upperBound] = " " }
        for c in range { rows[row][c] = " " }
        if range.upperBound == width { wraps[row] = false }
    }

    private func control(_ final: Character) {
        let count = Int(parameters) ?? 1
        switch final {
        case "A": row = max(0, row - count); isPending = false
        case "B": row = min(height - 1, row + count); isPending = false
        case "C": column = min(width - 1, column + count); isPending = false
        case "D": column = max(0, column - count); isPending = false
        case "H": (row, column, isPending) = (0, 0, false)
        case "K": clear(row, column..<width)
        case "J" where parameters == "2": for r in 0..<height { clear(r, 0..<width) }
        case "J":
            clear(row, column..<width)
            for r in row + 1..<max(height, row + 1) { clear(r, 0..<width) }
        case "m": pen = parameters == "0" ? "" : parameters
        case "h" where parameters == "?2004": isPasteBracketed = true
        case "l" where parameters == "?2004": isPasteBracketed = false
        default: unknown.append("\(parameters)\(final)")
        }
    }

    /// What a window does when it is made wider or narrower.
    public func resize(width new: Int) {
        defer { width = new }
        guard reflows else {
            for r in rows.indices {
                while rows[r].count > new { rows[r].removeLast() }
                if let last = rows[r].last, last != nil, last!.displayWidth == 2 { rows[r][new - 1] = " " }
                while rows[r].count < new { rows[r].append(" ") }
                wraps[r] = false
            }
            (column, isPending) = (min(column, new - 1), false)
            return
        }
        var (broken, flags, cursor, r) = ([Row](), [Bool](), (0, 0), 0)
        while r < height {
            var (line, at): (Row, Int?) = ([], nil)
            while true {
                if r == row { at = line.count + (isPending ? width : column) }
                line += rows[r]
                r += 1
                if r == height || !wraps[r - 1] { break }
            }
            while let last = line.last, last == " " { line.removeLast() }
            var (parts, part): ([Row], Row) = ([], [])
            var place: (Int, Int)?
            for (i, cell) in line.enumerated() {
                if i == at { place = (parts.count, part.count) }
                if let cell, part.count + max(1, cell.displayWidth) > new { parts.append(part); part = []; if i == at { place = (parts.count, 0) } }
                part.append(cell)
            }
            parts.append(part)
            if let at {
                var end = place ?? (parts.count - 1, part.count + at - line.count)
                if end.1 >= new { end.1 = new - 1 }
                cursor = (broken.count + end.0, end.1)
            }
            for (i, part) in parts.enumerated() {
                broken.append(part + Array(repeating: " ", count: new - part.count))
                flags.append(i < parts.count - 1)
            }
        }
        // Rows below the cursor that are empty give way first; then rows leave at the top.
        while broken.count > height, broken.count - 1 > cursor.0, broken.last!.allSatisfy({ $0 == " " }) { broken.removeLast(); flags.removeLast() }
        while broken.count > height {
            scrolledOff.append(String(broken.removeFirst().compactMap { $0 }))
            flags.removeFirst()
            cursor.0 -= 1
        }
        while broken.count < height { broken.append(Array(repeating: " ", count: new)); flags.append(false) }
        (rows, wraps, row, column, isPending) = (broken, flags, cursor.0, cursor.1, false)
    }
}
