// A figure in characters: braille dots between axes with ticks, names above, notes below, never wider than asked. Series differ by
// colour where there is colour, and by dashes and signs where there is none.

import Foundation
import Terminal

extension Figure {
    /// The figure in characters, at most `width` columns (at least 24) wide.
    public func text(width: Int = 80, isColoured: Bool = false) -> String { TextPicture(self, width: width, isColoured: isColoured).text }
}

struct TextPicture {
    private let figure: Figure
    private let width: Int
    private let isColoured: Bool
    private(set) var text = ""

    init(_ figure: Figure, width: Int, isColoured: Bool) {
        (self.figure, self.isColoured) = (figure, isColoured)
        self.width = max(24, min(width, 400))
        for title in PlainText.lines(figure.title) where !title.isEmpty { put(styled(centered(title), "1")) }
        if figure.hasLegend { putLegend() }
        for panel in figure.panels {
            if !panel.title.isEmpty { put(centered(PlainText.line(panel.title))) }
            putPanel(panel)
        }
        putColourBar()
        for note in figure.notes { for line in wrapped(PlainText.line(note)) { put(styled(line, "2")) } }
    }

    // MARK: words

    private mutating func put(_ line: String) {
        var line = line[...]
        while line.last == " " { line.removeLast() }
        text += line + "\n"
    }

    private func centered(_ text: String) -> String {
        let fitted = fit(text, width)
        return String(repeating: " ", count: max(0, (width - fitted.displayWidth) / 2)) + fitted
    }

    private func fit(_ text: String, _ room: Int) -> String { text.displayWidth <= room ? text : text.padded(to: room) }

    private func wrapped(_ text: String) -> [String] {
        var lines: [String] = [], line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty { line = String(word) } else if line.displayWidth + 1 + word.reduce(0, { $0 + $1.displayWidth }) <= width { line += " " + word } else { lines.append(line); line = String(word) }
        }
        return (lines + [line]).map { fit($0, width) }
    }

    private func styled(_ text: String, _ code: String) -> String { isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    private func coloured(_ text: String, _ series: Int) -> String { styled(text, "38;5;\(TextPicture.code(figure.theme.colour(series)))") }

    /// The nearest of the 6 x 6 x 6 colours of terminals.
    static func code(_ colour: Colour) -> Int {
        func level(_ value: UInt8) -> Int { value < 48 ? 0 : value < 115 ? 1 : (Int(value) - 35) / 40 }
        return 16 + 36 * level(colour.red) + 6 * level(colour.green) + level(colour.blue)
    }

    private func sign(_ series: Int) -> Character { Array("●▲■◆○△□◇")[series % 8] }
    private func pattern(_ series: Int) -> UInt8 { isColoured ? 0xFF : [0xFF, 0x33, 0x55, 0x37, 0x0F, 0x11, 0x7F, 0x57][series % 8] }
    /// Whether points are told apart by their signs, and by these alone.
    private var hasSigns: Bool { !isColoured && figure.series.count > 1 }
    private var isToldBySign: Bool { hasSigns && figure.series.allSatisfy { $0.symbol == .point } }
    /// The names on an axis tell points apart.
    private func symbol(ofPoint series: Int, _ panel: Panel? = nil) -> Character { hasSigns && panel?.x.isCategorical != true && panel?.y.isCategorical != true ? sign(series) : "•" }

    private func symbol(_ series: Int) -> String {
        switch figure.series[series].symbol {
        case .point: return "\(symbol(ofPoint: series))"
        case .area: return hasSigns ? "\(Array("█▒░▓")[series % 4])" : "■"
        case .line:
            var sample = Braille(columns: 4, rows: 1), phase = 0
            sample.line((0, 1), (7, 1), series, pattern: pattern(series), phase: &phase)
            return String((0..<4).map { sample[$0, 0] })
        }
    }

    private mutating func putLegend() {
        var line = "", used = 0
        for (i, series) in figure.series.enumerated() {
            let entry = symbol(i), name = fit(PlainText.line(series.name), width - entry.displayWidth - 1), size = entry.displayWidth + 1 + name.displayWidth
            if used > 0, used + 3 + size > width {
                put(line)
                (line, used) = ("", 0)
            }
            line += (used > 0 ? "   " : "") + coloured(entry, i) + " " + name
            used += size + (used > 0 ? 3 : 0)
        }
        put(line)
    }

    private mutating func putColourBar() {
        guard let bar = figure.colourBar else { return }
        let ends = [bar.limits.lowerBound, bar.limits.upperBound].map(NumberText.short)
        let steps = max(4, min(20, width - 2 - ends[0].count - ends[1].count))
        let shades = (0..<steps).map { shade((Double($0) + 0.5) / Double(steps), " ", bar.map) }.joined()
        let room = width - steps - 4 - ends[0].count - ends[1].count
        put("\(ends[0]) \(shades) \(ends[1])" + (bar.label.isEmpty || room < 6 ? "" : "  " + fit(PlainText.line(bar.label), room)))
    }

    /// Characters of a cell: its colour behind, or a shade of grey in place of spaces.
    private func shade(_ share: Double, _ content: String, _ map: ColourMap) -> String {
        if isColoured {
            let ground = map.colour(share, figure.theme), ink = ground.lightness > 0.55 ? 16 : 231
            return styled(content, "48;5;\(TextPicture.code(ground));38;5;\(ink)")
        }
        let grey = Array(" ░▒▓█")[min(4, max(0, Int(share * 5)))]
        return String(content.map { $0 == " " ? grey : $0 })
    }

    // MARK: a panel

    private mutating func putPanel(_ panel: Panel) {
        let rows = height(panel)
        let yTicks = panel.y.ticks(panel.y.isCategorical ? rows : max(2, rows / 4))
        let widest = min(width / 3, yTicks.map { PlainText.line($0.text).displayWidth }.max() ?? 0)
        let columns = width - widest - 2
        var labels = [Int: String]()
        for tick in yTicks {
            let row = min(rows - 1, max(0, Int((1 - panel.y.share(tick.value)) * Double(rows))))
            if labels[row] == nil { labels[row] = PlainText.line(tick.text).padded(to: widest, .right) }
        }
        if !panel.y.label.isEmpty { put(fit(PlainText.line(panel.y.label), width)) }
        let lines = cells(panel, columns, rows) ?? canvas(panel, columns, rows)
        for (row, line) in lines.enumerated() {
            put((labels[row] ?? String(repeating: " ", count: widest)) + " " + (labels[row] == nil ? "│" : "┤") + line)
        }
        putXAxis(panel.x, margin: widest + 1, columns)
    }

    private func height(_ panel: Panel) -> Int {
        if case .categories(let names) = panel.y.scale { return names.count <= 30 ? names.count * (figure.colourBar != nil ? (names.count <= 8 ? 2 : 1) : 3) : 30 }
        // Shorter where there are several, and in proportion where the terminal is narrow.
        return figure.panels.count > 1 ? 7 : max(8, min(18, width / 4))
    }

    private mutating func putXAxis(_ axis: Axis, margin: Int, _ columns: Int) {
        let ticks = axis.ticks(axis.isCategorical ? columns / 2 : max(2, columns / 12))
        var rule = [Character](repeating: "─", count: columns)
        var words = "", end = 0
        for tick in ticks {
            let at = min(columns - 1, max(0, Int(axis.share(tick.value) * Double(columns))))
            rule[at] = "┬"
            let room = axis.isCategorical ? max(1, columns / max(1, ticks.count) - 1) : columns
            let text = fit(PlainText.line(tick.text), room), size = text.displayWidth
            let start = min(max(0, at - size / 2), columns - size)
            guard start >= end + (words.isEmpty ? 0 : 1) else { continue }
            words += String(repeating: " ", count: start - end) + text
            end = start + size
        }
        let indent = String(repeating: " ", count: margin)
        put(indent + "└" + String(rule))
        put(indent + " " + words)
        if !axis.label.isEmpty {
            let label = fit(PlainText.line(axis.label), columns)
            put(indent + " " + String(repeating: " ", count: max(0, (columns - label.displayWidth) / 2)) + label)
        }
    }

    /// A heat map: each character shows the cell it lies in.
    private func cells(_ panel: Panel, _ columns: Int, _ rows: Int) -> [String]? {
        guard let bar = figure.colourBar, let mark = panel.marks.first, case .cells(let rectangles, let values, let texts) = mark, let last = rectangles.last, let first = rectangles.first else { return nil }
        let (width, height) = (first.x.upperBound - first.x.lowerBound, first.y.upperBound - first.y.lowerBound)
        let across = Int(((last.x.upperBound - first.x.lowerBound) / width).rounded())
        func index(_ column: Int, _ row: Int) -> Int? {
            let c = Int((panel.x.value((Double(column) + 0.5) / Double(columns)) - first.x.lowerBound) / width)
            let r = Int((panel.y.value(1 - (Double(row) + 0.5) / Double(rows)) - first.y.lowerBound) / height)
            let i = r * across + c
            return c >= 0 && c < across && rectangles.indices.contains(i) ? i : nil
        }
        return (0..<rows).map { row in
            var line = "", column = 0
            while column < columns {
                guard let cell = index(column, row) else { line += " "; column += 1; continue }
                var end = column
                while end < columns, index(end, row) == cell { end += 1 }
                let share = (values[cell] - bar.limits.lowerBound) / (bar.limits.upperBound - bar.limits.lowerBound)
                var content = [Character](repeating: " ", count: end - column)
                // The value is written once, in the first row of its cell.
                if let text = texts?[cell], text.count < content.count, row == 0 || index(column, row - 1) != cell {
                    content.replaceSubrange(((content.count - text.count) / 2)..<((content.count - text.count) / 2 + text.count), with: Array(text))
                }
                line += values[cell].isFinite ? shade(share, String(content), bar.map) : String(repeating: "·", count: content.count)
                column = end
            }
            return line
        }
    }

    /// Everything else: marks on a grid of dots.
    private func canvas(_ panel: Panel, _ columns: Int, _ rows: Int) -> [String] {
        var grid = Braille(columns: columns, rows: rows), lines = grid
        for mark in panel.marks { draw(mark, panel, on: &lines) }
        var crowd = [Int](repeating: 0, count: columns * rows)
        for case .points(let x, let y, _, _, _) in panel.marks {
            for (u, v) in zip(x, y).compactMap({ dot(Position($0, $1), panel, grid) }) { crowd[v / 4 * columns + u / 2] += 1 }
        }
        // Where many lie how dense they are is seen by dots.
        let isCrowded = !panel.x.isCategorical && !panel.y.isCategorical && crowd.reduce(0, +) > 2 * columns
        for mark in panel.marks {
            draw(mark, panel, on: &grid)
            guard case .points(let x, let y, let series, let values, let isSmall) = mark else { continue }
            for i in x.indices {
                guard let (u, v) = dot(Position(x[i], y[i]), panel, grid) else { continue }
                // Values are seen as colour alone, which text has for series: sixteen steps of it.
                let step = values.flatMap { values in figure.colourBar.map { -2 - Int(min(15, max(0, ($0.limits.lowerBound == $0.limits.upperBound ? 0 : (values[i] - $0.limits.lowerBound) / ($0.limits.upperBound - $0.limits.lowerBound)) * 16))) } }
                let owner = values?[i].isFinite == false ? series : step ?? series
                if isSmall, !isToldBySign, lines.hasDots(u / 2, v / 4) {
                    // A character would hide the line or box that the points belong to.
                    grid.dot(u, v, owner)
                } else if isSmall, !isToldBySign, isCrowded, crowd[v / 4 * columns + u / 2] > 1 {
                    for (x, y) in [(u, v), (u + 1, v), (u, v + 1), (u + 1, v + 1)] { grid.dot(x, y, owner) }
                } else {
                    grid.write(symbol(ofPoint: series, panel), u / 2, v / 4, owner)
                }
            }
        }
        return (0..<rows).map { row in
            var line = "", run = "", current: (series: Int, isGround: Bool)?
            func flush() -> String { current.map { colouredRun(run, $0.series, isGround: $0.isGround) } ?? run }
            for column in 0..<columns {
                let owner = grid.owner(column, row)
                if owner?.series != current?.series || owner?.isGround != current?.isGround {
                    line += flush()
                    (run, current) = ("", owner)
                }
                run.append(grid[column, row])
            }
            return line + flush()
        }
    }

    private func place(_ p: Position, _ panel: Panel, _ width: Int, _ height: Int) -> (x: Double, y: Double) {
        (panel.x.share(p.x) * Double(width) - 0.5, (1 - panel.y.share(p.y)) * Double(height) - 0.5)
    }

    /// The dot of a point; nil outside of the axes.
    private func dot(_ p: Position, _ panel: Panel, _ grid: Braille) -> (x: Int, y: Int)? {
        let (u, v) = place(p, panel, grid.width, grid.height)
        guard u > -1, v > -1, u < Double(grid.width), v < Double(grid.height) else { return nil }
        return (min(grid.width - 1, Int(max(0, u.rounded()))), min(grid.height - 1, Int(max(0, v.rounded()))))
    }

    /// A mark that is no points.
    private func draw(_ mark: Mark, _ panel: Panel, on grid: inout Braille) {
        let (width, height) = (grid.width, grid.height)
        func place(_ p: Position) -> (x: Double, y: Double) { self.place(p, panel, width, height) }
        /// The dots between two places, bounded by the grid.
        func span(_ a: Double, _ b: Double, _ size: Int) -> ClosedRange<Int> {
            let low = min(max(min(a, b), -1), Double(size)), high = min(max(max(a, b), -1), Double(size))
            return Int(low.rounded())...max(Int(low.rounded()), Int(high.rounded()))
        }
        switch mark {
        case .line(let pieces, let series, _):
            for piece in pieces {
                var phase = 0
                for (a, b) in zip(piece, piece.dropFirst()) { grid.line(place(a), place(b), series, pattern: pattern(series), phase: &phase) }
            }
        case .band(let x, let low, let high, let series):
            band(&grid, x.indices.map { (place(Position(x[$0], low[$0])), place(Position(x[$0], high[$0]))) }, series)
        case .segments(let segments, let series, let isBold):
            for (a, b) in segments {
                var phase = 0
                grid.line(place(a), place(b), series, phase: &phase)
                guard isBold else { continue }
                // A second row of dots beside the first.
                var (from, to) = (place(a), place(b))
                if abs(from.x - to.x) < abs(from.y - to.y) { (from.x, to.x) = (from.x + 1, to.x + 1) } else { (from.y, to.y) = (from.y + 1, to.y + 1) }
                grid.line(from, to, series, phase: &phase)
            }
        case .areas(let rectangles, let series):
            let isFilled = !panel.x.isCategorical && !panel.y.isCategorical
            for r in rectangles {
                let (a, b) = (place(Position(r.x.lowerBound, r.y.lowerBound)), place(Position(r.x.upperBound, r.y.upperBound)))
                let (across, down) = (span(a.x, b.x, grid.width), span(a.y, b.y, grid.height))
                for x in across {
                    for y in down {
                        let isEdge = x == across.lowerBound || x == across.upperBound || y == down.lowerBound || y == down.upperBound
                        // Bars are full, several series in different rasters; boxes are outlines.
                        let isOn = isFilled ? isEdge || figure.series.count < 2 || [true, (x + y) % 2 == 0, x % 2 == 0 && y % 2 == 0, y % 2 == 0][series % 4] : isEdge
                        if isOn { grid.dot(x, y, series) }
                    }
                }
            }
        case .points, .cells: break
        }
    }

    private func colouredRun(_ run: String, _ series: Int, isGround: Bool) -> String {
        let colour: Colour
        if series >= 0 { colour = figure.theme.colour(series) } else if let bar = figure.colourBar { colour = bar.map.colour((Double(-2 - series) + 0.5) / 16, figure.theme) } else { return run }
        return styled(run, "\(isGround ? "2;" : "")38;5;\(TextPicture.code(colour))")
    }

    /// The bounds as lines of one dot in three, behind everything else.
    private func band(_ grid: inout Braille, _ bounds: [(low: (x: Double, y: Double), high: (x: Double, y: Double))], _ series: Int) {
        for (a, b) in zip(bounds, bounds.dropFirst()) where b.low.x > a.low.x {
            let from = max(0, Int(a.low.x.rounded(.up))), to = min(grid.width - 1, Int(min(Double(grid.width), b.low.x)))
            guard from <= to else { continue }
            for x in from...to where x % 3 == 0 {
                let t = (Double(x) - a.low.x) / (b.low.x - a.low.x)
                for y in [a.low.y + (b.low.y - a.low.y) * t, a.high.y + (b.high.y - a.high.y) * t] where y > -1 && y < Double(grid.height) {
                    grid.dot(x, Int(y.rounded()), series, isGround: true)
                }
            }
        }
    }
}
