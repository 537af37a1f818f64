// A grid of characters with two by four dots each (the braille patterns of Unicode, U+2800 + a bit for each dot) and a colour for each
// character, in three layers of which each character shows the highest that has something there: written characters, dots, ground.

struct Braille {
    let columns: Int, rows: Int
    private var dots: [UInt8], ground: [UInt8]
    /// The series last drawn in each layer of a character; -1: none.
    private var dotted: [Int], grounded: [Int]
    private var written: [Int: (character: Character, series: Int)] = [:]

    var width: Int { columns * 2 }
    var height: Int { rows * 4 }

    init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        (dots, dotted) = ([UInt8](repeating: 0, count: columns * rows), [Int](repeating: -1, count: columns * rows))
        (ground, grounded) = (dots, dotted)
    }

    /// Dots count from the upper left corner; those outside of the grid are left out.
    mutating func dot(_ x: Int, _ y: Int, _ series: Int, isGround: Bool = false) {
        guard x >= 0, y >= 0, x < width, y < height else { return }
        let cell = y / 4 * columns + x / 2
        let bit: UInt8 = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]][x % 2][y % 4]
        if isGround {
            ground[cell] |= bit
            grounded[cell] = series
        } else {
            dots[cell] |= bit
            dotted[cell] = series
        }
    }

    /// A straight line, of dots where the pattern has a bit (from the lowest, eight of them repeated).
    mutating func line(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ series: Int, pattern: UInt8 = 0xFF, phase: inout Int) {
        guard let (a, b) = clipped(from, to) else { return }
        let steps = max(1, Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded()))
        for i in 0...steps {
            let t = Double(i) / Double(steps)
            if pattern >> UInt8(phase % 8) & 1 == 1 { dot(Int((a.x + (b.x - a.x) * t).rounded()), Int((a.y + (b.y - a.y) * t).rounded()), series) }
            if i < steps { phase += 1 }
        }
    }

    mutating func write(_ character: Character, _ column: Int, _ row: Int, _ series: Int) {
        guard column >= 0, row >= 0, column < columns, row < rows else { return }
        written[row * columns + column] = (character, series)
    }

    subscript(column: Int, row: Int) -> Character {
        let cell = row * columns + column, bits = dots[cell] != 0 ? dots[cell] : ground[cell]
        return written[cell]?.character ?? (bits == 0 ? " " : Character(Unicode.Scalar(0x2800 + UInt32(bits))!))
    }

    func hasDots(_ column: Int, _ row: Int) -> Bool { dots[row * columns + column] != 0 }

    /// Whose a character is, and whether it is of the ground; nil where there is nothing.
    func owner(_ column: Int, _ row: Int) -> (series: Int, isGround: Bool)? {
        let cell = row * columns + column
        if let series = written[cell]?.series { return (series, false) }
        return dots[cell] != 0 ? (dotted[cell], false) : ground[cell] != 0 ? (grounded[cell], true) : nil
    }

    /// The part of a line within the grid (Liang and Barsky 1984), so that far ends cost nothing.
    private func clipped(_ a: (x: Double, y: Double), _ b: (x: Double, y: Double)) -> ((x: Double, y: Double), (x: Double, y: Double))? {
        var (first, last) = (0.0, 1.0)
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        for (p, q) in [(-dx, a.x + 0.49), (dx, Double(width) - 0.51 - a.x), (-dy, a.y + 0.49), (dy, Double(height) - 0.51 - a.y)] {
            if p == 0 { if q < 0 { return nil } else { continue } }
            if p < 0 { first = max(first, q / p) } else { last = min(last, q / p) }
        }
        guard first <= last else { return nil }
        return ((a.x + dx * first, a.y + dy * first), (a.x + dx * last, a.y + dy * last))
    }
}
