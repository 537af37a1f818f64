// A figure as gnuplot commands: every place, size, tick and colour is given, nothing is left to defaults. Data are numbers in
// datablocks; text of the user is written with octal escapes for all but letters and spaces, on a terminal without
// enhanced text, so that it can be no command, no shell substitution and no markup.

import Foundation

struct GnuplotScript {
    enum Format: Equatable {
        case svg, pdf
        /// Dots per inch.
        case png(Double), sixel(Double)
    }

    private(set) var text = ""
    private let figure: Figure
    private let format: Format
    private let layout: PictureLayout
    private var labels = 0
    private var blocks = 0

    init(_ figure: Figure, _ format: Format) throws {
        (self.figure, self.format) = (figure, format)
        layout = try PictureLayout(figure)
        line("set encoding utf8")
        line(terminal)
        line("unset key; unset colorbox; set tics scale 0.45; set multiplot")
        words()
        colourBar()
        for (panel, place) in zip(figure.panels, layout.panels) { draw(panel, place) }
        line("unset multiplot")
    }

    private mutating func line(_ text: String) { self.text += text + "\n" }

    /// Sizes of fonts, lines and markers are in points on all terminals with these factors: cairo takes a font's point for 1/72
    /// inch at 96 dots per inch.
    private var terminal: String {
        let (width, height) = (figure.size.width, figure.size.height), ground = "background rgb \"\(figure.theme.background.hex)\""
        let font = "font \"\(family()),\(PictureLayout.labelSize)\""
        switch format {
        case .svg: return "set terminal svg size \(number(width)),\(number(height)) noenhanced \(font) background \"\(figure.theme.background.hex)\""
        case .pdf: return "set terminal pdfcairo size \(number(width / 72)),\(number(height / 72)) noenhanced \(font) fontscale 0.75 linewidth 1 \(ground)"
        case .png(let dpi):
            let scale = dpi / 72
            return "set terminal pngcairo size \(Int((width * scale).rounded())),\(Int((height * scale).rounded())) noenhanced \(font) fontscale \(number(scale * 0.75)) linewidth \(number(scale)) pointscale \(number(scale)) \(ground)"
        case .sixel(let dpi):
            let scale = dpi / 72
            return "set terminal sixelgd size \(Int((width * scale).rounded())),\(Int((height * scale).rounded())) noenhanced \(font) fontscale \(number(scale * 0.75)) linewidth \(number(scale)) truecolor background \"\(figure.theme.background.hex)\""
        }
    }

    /// gd takes a name without a style for a file's, and draws no text when there is none.
    private func family(bold: Bool = false) -> String {
        if bold { return "Helvetica:Bold" }
        if case .sixel = format { return "Helvetica:Regular" }
        return "Helvetica"
    }

    private func number(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    /// A string constant of gnuplot.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for byte in text.utf8 {
            switch byte {
            // Digits would be read as part of an escape before them.
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 32:
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let octal = String(byte, radix: 8)
                out += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            }
        }
        return out + "\""
    }

    private func screen(_ x: Double, _ y: Double) -> String { "screen \(fraction(x / figure.size.width)),\(fraction(y / figure.size.height))" }
    private func fraction(_ value: Double) -> String { "\((value * 1_000_000).rounded() / 1_000_000)" }

    private enum Anchor: String { case left, center, right }
    private mutating func label(_ words: PictureLayout.Words, _ size: Double, _ colour: Colour, _ anchor: Anchor, bold: Bool = false, rotated: Bool = false) {
        labels += 1
        line("set label \(labels) \(GnuplotScript.quoted(words.text)) at \(screen(words.x, words.y)) \(anchor.rawValue) "
            + (rotated ? "rotate by 90 " : "") + "font \"\(family(bold: bold)),\(size)\" textcolor rgb \"\(colour.hex)\" front")
    }

    // MARK: around the panels

    private mutating func words() {
        let theme = figure.theme
        for title in layout.titles { label(title, PictureLayout.titleSize, theme.text, .center, bold: true) }
        for note in layout.notes { label(note, PictureLayout.noteSize, theme.faintText, .left) }
        for place in layout.panels {
            if let title = place.title { label(title, PictureLayout.labelSize, theme.text, .center) }
            if let words = place.xLabel { label(words, PictureLayout.labelSize, theme.text, .center) }
            if let words = place.yLabel { label(words, PictureLayout.labelSize, theme.text, .center, rotated: true) }
        }
        for entry in layout.legend {
            label(.init(text: entry.text, x: entry.x + (entry.series < 0 ? 0 : 18), y: entry.y), PictureLayout.tickSize + 0.5, theme.text, .left)
            if entry.series >= 0 { symbol(entry) }
        }
    }

    private mutating func symbol(_ entry: PictureLayout.Entry) {
        let colour = figure.theme.colour(entry.series).hex, (x, y) = (entry.x, entry.y)
        switch figure.series[entry.series].symbol {
        case .point:
            labels += 1
            line("set label \(labels) \"\" at \(screen(x + 8, y)) point pt \(marker(entry.series)) ps \(pointSize(small: false)) lc rgb \"\(colour)\" front")
        case .line:
            labels += 1
            line("set arrow \(labels) from \(screen(x, y)) to \(screen(x + 14, y)) nohead lc rgb \"\(colour)\" lw \(lineWidth(1.3)) dt \(dashes(entry.series)) front")
        case .area:
            labels += 1
            line("set object \(labels) rectangle from \(screen(x + 3, y - 3)) to \(screen(x + 13, y + 3)) fillcolor rgb \"\(faded(figure.theme.colour(entry.series), 0.45).hex)\" fillstyle solid border lc rgb \"\(colour)\" lw \(lineWidth(0.7)) front")
        }
    }

    private mutating func colourBar() {
        guard let (box, ticks, words) = layout.colourBar, let bar = figure.colourBar else { return }
        let steps = 64, theme = figure.theme
        for i in 0..<steps {
            labels += 1
            let low = box.bottom + (box.top - box.bottom) * Double(i) / Double(steps)
            // Each up to the top, so that no seam shows.
            line("set object \(labels) rectangle from \(screen(box.left, low)) to \(screen(box.right, box.top))"
                + " fillcolor rgb \"\(bar.map.colour((Double(i) + 0.5) / Double(steps), theme).hex)\" fillstyle solid noborder front")
        }
        let axis = Axis(limits: bar.limits)
        for tick in ticks {
            let y = box.bottom + (box.top - box.bottom) * axis.share(tick.value)
            labels += 1
            line("set arrow \(labels) from \(screen(box.right, y)) to \(screen(box.right + 2, y)) nohead lc rgb \"\(theme.axis.hex)\" lw \(lineWidth(0.6)) front")
            label(.init(text: tick.text, x: box.right + 4, y: y), PictureLayout.tickSize, theme.text, .left)
        }
        if let words { label(words, PictureLayout.labelSize, theme.text, .center, rotated: true) }
    }

    // MARK: a panel

    private mutating func draw(_ panel: Panel, _ place: PictureLayout.PlacedPanel) {
        let theme = figure.theme, box = place.box, hasCells = panel.marks.contains { if case .cells = $0 { return true } else { return false } }
        line("set lmargin at screen \(fraction(box.left / figure.size.width)); set rmargin at screen \(fraction(box.right / figure.size.width))")
        line("set bmargin at screen \(fraction(box.bottom / figure.size.height)); set tmargin at screen \(fraction(box.top / figure.size.height))")
        line("set border \(hasCells ? 15 : 3) lc rgb \"\(theme.axis.hex)\" lw \(lineWidth(0.6))")
        axis("x", panel.x, place.xTicks, place.isSlanted ? "rotate by 45 right " : "")
        axis("y", panel.y, place.yTicks, "")
        // Lines to read values by, across the axes that have values.
        line("unset grid")
        let grids = hasCells ? [] : [("x", panel.x), ("y", panel.y)].filter { !$0.1.isCategorical }.map { $0.0 + "tics" }
        if !grids.isEmpty { line("set grid \(grids.joined(separator: " ")) back lt 1 lc rgb \"\(theme.grid.hex)\" lw \(lineWidth(0.5))") }
        var plots: [String] = []
        // Names along an axis tell the series apart: their markers need not.
        let hasNames = panel.x.isCategorical || panel.y.isCategorical
        // A fit is seen through a cloud of points by an edge of the ground's colour.
        let hasCloud = panel.marks.contains { if case .points(let x, _, _, _, _) = $0 { return x.count > 100 } else { return false } }
        for mark in panel.marks { plots += plot(mark, hasNames, hasCloud) }
        line("plot " + (plots.isEmpty ? "NaN notitle" : plots.joined(separator: ", \\\n     ")))
        line("unset label; unset arrow; unset object")
    }

    private mutating func axis(_ name: String, _ axis: Axis, _ ticks: [Axis.Tick], _ rotation: String) {
        let (low, high) = axis.isReversed ? (axis.limits.upperBound, axis.limits.lowerBound) : (axis.limits.lowerBound, axis.limits.upperBound)
        line(axis.isLogarithmic ? "set logscale \(name) 10" : "unset logscale \(name)")
        line("set \(name)range [\(low):\(high)] noextend")
        // A percent sign in a tick's text would be a format.
        let texts = ticks.map { "\(GnuplotScript.quoted($0.text.replacingOccurrences(of: "%", with: "%%"))) \($0.value)" }
        line("set \(name)tics \(axis.isCategorical ? "scale 0 " : "")out nomirror \(rotation)font \"\(family()),\(PictureLayout.tickSize)\" textcolor rgb \"\(figure.theme.text.hex)\" offset \(name == "x" ? "0,0.3" : "0.4,0")"
            + " (\(texts.joined(separator: ", ")))")
    }

    private mutating func block(_ rows: [String]) -> String {
        blocks += 1
        text += "$d\(blocks) << EOD\n"
        for row in rows { text += row + "\n" }
        text += "EOD\n"
        return "$d\(blocks)"
    }

    private mutating func plot(_ mark: Mark, _ hasNames: Bool, _ hasCloud: Bool) -> [String] {
        let theme = figure.theme
        func colour(_ series: Int) -> String { "lc rgb \"\(theme.colour(series).hex)\"" }
        switch mark {
        case .points(let x, let y, let series, let values, let isSmall):
            let style = "with points pt \(hasNames ? 7 : marker(series)) ps \(pointSize(small: isSmall))"
            if let values, let bar = figure.colourBar {
                let data = block(x.indices.map { "\(x[$0]) \(y[$0]) \(bar.colour(values[$0], theme).number)" })
                return ["\(data) using 1:2:3 \(style) lc rgb variable notitle"]
            }
            let data = block(x.indices.map { "\(x[$0]) \(y[$0])" })
            return ["\(data) using 1:2 \(style) lc rgb \"#\(x.count > 30 ? "38" : "00")\(theme.colour(series).hex.dropFirst())\" notitle"]
        case .line(let pieces, let series, let isDashed):
            let data = block(pieces.map { $0.map { "\($0.x) \($0.y)" }.joined(separator: "\n") + "\n" })
            return (hasCloud ? ["\(data) using 1:2 with lines lc rgb \"\(theme.background.hex)\" lw \(lineWidth(3)) notitle"] : [])
                + ["\(data) using 1:2 with lines \(colour(series)) lw \(lineWidth(1.3)) dt \(isDashed ? "2" : dashes(series)) notitle"]
        case .band(let x, let low, let high, let series):
            let data = block(x.indices.map { "\(x[$0]) \(low[$0]) \(high[$0])" })
            return ["\(data) using 1:2:3 with filledcurves lc rgb \"#C8\(theme.colour(series).hex.dropFirst())\" notitle"]
        case .segments(let segments, let series, let isBold):
            let data = block(segments.map { "\($0.from.x) \($0.from.y)\n\($0.to.x) \($0.to.y)\n" })
            return ["\(data) using 1:2 with lines \(colour(series)) lw \(lineWidth(isBold ? 1.6 : 0.8)) notitle"]
        case .areas(let rectangles, let series):
            guard !rectangles.isEmpty else { return [] }
            let data = block(rectangles.map(row))
            // Areas of several series lie over each other and must let those below be seen.
            return ["\(data) using 1:2:3:4:5:6 with boxxyerror lc rgb \"#A0\(theme.colour(series).hex.dropFirst())\" fillstyle solid noborder notitle",
                    "\(data) using 1:2:3:4:5:6 with boxxyerror \(colour(series)) lw \(lineWidth(0.7)) fillstyle empty border notitle"]
        case .cells(let rectangles, let values, let texts):
            guard let bar = figure.colourBar else { return [] }
            if let texts { cellTexts(rectangles, values, texts, bar) }
            // Thousands of rectangles make a page slow, and seams show between them where they are small: one raster has neither.
            if rectangles.count > 900 {
                let data = block(zip(rectangles, values).map { rectangle, value in
                    let colour = bar.colour(value, theme)
                    return "\(rectangle.center.x) \(rectangle.center.y) \(colour.red) \(colour.green) \(colour.blue)"
                })
                return ["\(data) using 1:2:3:4:5 with rgbimage notitle"]
            }
            let data = block(zip(rectangles, values).map { "\(row($0)) \(bar.colour($1, theme).number)" })
            return ["\(data) using 1:2:3:4:5:6:7 with boxxyerror lc rgb variable lw \(lineWidth(0.2)) fillstyle solid border notitle"]
        }
    }

    private func row(_ r: Rectangle) -> String { "\(r.center.x) \(r.center.y) \(r.x.lowerBound) \(r.x.upperBound) \(r.y.lowerBound) \(r.y.upperBound)" }

    private mutating func cellTexts(_ rectangles: [Rectangle], _ values: [Double], _ texts: [String], _ bar: ColourBar) {
        guard let place = layout.panels.first, let first = rectangles.first else { return }
        let axis = figure.panels[0].x, width = (place.box.right - place.box.left) * (first.x.upperBound - first.x.lowerBound) / (axis.limits.upperBound - axis.limits.lowerBound)
        let longest = texts.map { TextMetrics.width($0, 1) }.max() ?? 0
        let size = min(PictureLayout.tickSize, (width - 2) / max(longest, 0.1))
        // Smaller than this nobody reads.
        guard size >= 4.5 else { return }
        for ((cell, value), text) in zip(zip(rectangles, values), texts) {
            labels += 1
            let ink = bar.colour(value, figure.theme).lightness > 0.55 ? "#000000" : "#ffffff"
            line("set label \(labels) \(GnuplotScript.quoted(text)) at first \(cell.center.x),\(cell.center.y) center font \"\(family()),\(number(size))\" textcolor rgb \"\(ink)\" front")
        }
    }

    // MARK: signs

    /// Filled circle, square, triangle, diamond, triangle down, pentagon.
    private func marker(_ series: Int) -> Int { [7, 5, 9, 13, 11, 15][series % 6] }
    /// Dashes begin where the colours begin again.
    private func dashes(_ series: Int) -> String { ["solid", "2", "4", "5"][series / 8 % 4] }
    private func faded(_ colour: Colour, _ share: Double) -> Colour { colour.mixed(with: figure.theme.background, share) }

    /// The unit of a marker's size is another on each terminal: by these factors it is the same in points.
    private func pointSize(small: Bool) -> String {
        let factor: Double
        switch format {
        case .svg: factor = 1.1
        case .png: factor = 0.92
        case .pdf: factor = 1.08
        case .sixel: factor = 1
        }
        return number((small ? 0.28 : 0.45) * factor)
    }
    /// Width in points.
    private func lineWidth(_ points: Double) -> String { number(points * (format == .pdf ? 2 : 1)) }
}
