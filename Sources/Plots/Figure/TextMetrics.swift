// How wide text is in print: the advance widths of Helvetica for ASCII (Adobe's metrics, thousandths of the size), an average for
// other letters. A picture's margins are laid out by it, so another sans-serif font fits as well.

import Terminal

enum TextMetrics {
    private static let ascii: [Double] = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
        1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
        333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ]

    /// In points.
    static func width(_ text: String, _ size: Double) -> Double { text.reduce(0) { $0 + advance($1) } * size / 1000 }

    private static func advance(_ character: Character) -> Double {
        if let code = character.asciiValue, code >= 32, code < 127 { return ascii[Int(code) - 32] }
        return Double(character.displayWidth) * (character.displayWidth == 2 ? 500 : 584)
    }

    /// The text, or as much of it as fits with "…".
    static func cut(_ text: String, to room: Double, _ size: Double) -> String {
        if width(text, size) <= room { return text }
        var (out, used) = ("", width("…", size))
        for character in text {
            used += advance(character) * size / 1000
            if used > room { break }
            out.append(character)
        }
        return out + "…"
    }

    /// Lines of at most `room`, broken between words where possible; what is more than `most` lines is cut.
    static func wrapped(_ text: String, to room: Double, _ size: Double, most: Int) -> [String] {
        var lines: [String] = []
        for paragraph in PlainText.lines(text) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                let longer = line.isEmpty ? String(word) : line + " " + word
                if line.isEmpty || width(longer, size) <= room { line = longer } else { lines.append(line); line = String(word) }
            }
            lines.append(line)
        }
        if lines.count > most { lines = Array(lines[..<(most - 1)]) + [lines[(most - 1)...].joined(separator: " ")] }
        return lines.map { cut($0, to: room, size) }
    }
}
