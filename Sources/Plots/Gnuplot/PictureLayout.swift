// Where everything stands on the page, in points from the lower left corner: title, legend, notes, colour bar, and the boxes of
// the panels between them. The legend has a row of its own under the title, so it never covers data.

struct PictureLayout {
    static let titleSize = 9.0, labelSize = 8.0, tickSize = 7.0, noteSize = 6.5
    private static let edge = 5.0, swatch = 14.0

    struct Box { var left, bottom, right, top: Double }
    struct Words { var text: String; var x, y: Double }
    struct Entry { var series: Int; var text: String; var x, y: Double }
    struct PlacedPanel {
        var box: Box
        var xTicks, yTicks: [Axis.Tick]
        /// Baselines of the labels; nil without one.
        var xLabel, yLabel, title: Words?
        /// Texts of category ticks on x stand at a slant.
        var isSlanted: Bool
    }

    private(set) var titles: [Words] = []
    private(set) var legend: [Entry] = []
    private(set) var notes: [Words] = []
    private(set) var panels: [PlacedPanel] = []
    private(set) var colourBar: (box: Box, ticks: [Axis.Tick], label: Words?)?

    init(_ figure: Figure) throws {
        let size = figure.size, edge = PictureLayout.edge, room = size.width - 2 * edge
        var top = size.height - edge, bottom = edge, right = size.width - edge
        if !figure.title.isEmpty {
            for line in TextMetrics.wrapped(figure.title, to: room * 0.95, PictureLayout.titleSize, most: 3) {
                titles.append(Words(text: line, x: size.width / 2, y: top - 5))
                top -= 12
            }
        }
        if figure.hasLegend { placeLegend(figure, room, &top) }
        let lines = figure.notes.flatMap { TextMetrics.wrapped($0, to: room, PictureLayout.noteSize, most: 2) }
        // Notes may take a quarter of the height.
        let most = max(1, Int(size.height * 0.25 / 8.5))
        let kept = lines.count > most ? lines[..<(most - 1)] + ["… and \(lines.count - most + 1) more notes"] : lines[...]
        for line in kept.reversed() {
            notes.insert(Words(text: line, x: edge, y: bottom + 3), at: 0)
            bottom += 8.5
        }
        if !kept.isEmpty { bottom += 2 }
        if let bar = figure.colourBar {
            let ticks = Axis(limits: bar.limits).ticks(5)
            let width = (ticks.map { TextMetrics.width($0.text, PictureLayout.tickSize) }.max() ?? 0) + 5, labelRoom = bar.label.isEmpty ? 0.0 : 11
            right -= width + 10 + labelRoom + 8
            // The height is that of the panels, known below.
            colourBar = (Box(left: right + 8, bottom: 0, right: right + 17, top: 0), ticks, bar.label.isEmpty ? nil : Words(text: PlainText.line(bar.label), x: size.width - edge - 4, y: 0))
        }
        try placePanels(figure, Box(left: edge, bottom: bottom, right: right, top: top))
        if var bar = colourBar, let first = panels.first, let last = panels.last {
            (bar.box.top, bar.box.bottom) = (first.box.top, last.box.bottom)
            bar.label?.y = (bar.box.top + bar.box.bottom) / 2
            if let label = bar.label { bar.label?.text = TextMetrics.cut(label.text, to: bar.box.top - bar.box.bottom + 20, PictureLayout.labelSize) }
            colourBar = bar
        }
    }

    private mutating func placeLegend(_ figure: Figure, _ room: Double, _ top: inout Double) {
        let edge = PictureLayout.edge, most = 24
        var x = edge, rows = 1
        top -= 3
        for (i, series) in figure.series.prefix(most).enumerated() {
            let isLast = i == most - 1 && figure.series.count > most
            let text = isLast ? "… and \(figure.series.count - i) more" : TextMetrics.cut(PlainText.line(series.name), to: room - PictureLayout.swatch - 4, PictureLayout.tickSize + 0.5)
            let width = PictureLayout.swatch + 4 + TextMetrics.width(text, PictureLayout.tickSize + 0.5)
            if x > edge, x + width > edge + room {
                (x, rows) = (edge, rows + 1)
                top -= 10
            }
            legend.append(Entry(series: isLast ? -1 : i, text: text, x: x, y: top - 4))
            x += width + 10
        }
        top -= 12
    }

    private mutating func placePanels(_ figure: Figure, _ area: Box) throws {
        let columns = min(figure.columns, figure.panels.count), rows = (figure.panels.count + columns - 1) / columns
        let gap = 8.0, cell = ((area.right - area.left - gap * Double(columns - 1)) / Double(columns), (area.top - area.bottom - gap * Double(rows - 1)) / Double(rows))
        // Ticks are chosen for the room that panels have before their margins: about one in 34 points across, one in 20 upwards.
        let yTicks = figure.panels.map { $0.y.ticks(max(2, Int(cell.1 / ($0.y.isCategorical ? 9 : 20)))) }
        let longest = cell.0 * 0.42
        let tickWidth = min(longest, yTicks.flatMap { $0 }.map { TextMetrics.width($0.text, PictureLayout.tickSize) }.max() ?? 0)
        let hasXLabels = figure.panels.contains { !$0.x.label.isEmpty }, hasYLabels = figure.panels.contains { !$0.y.label.isEmpty }
        let left = tickWidth + 6 + (hasYLabels ? 12 : 0), hasTitles = figure.panels.contains { !$0.title.isEmpty }
        let width = cell.0 - left - 6
        let xTicks = figure.panels.map { $0.x.ticks(max(2, Int(width / ($0.x.isCategorical ? 9 : 34)))) }
        // Names that do not fit beside each other stand at a slant.
        let slant = zip(figure.panels, xTicks).map { panel, ticks in
            panel.x.isCategorical && ticks.contains { TextMetrics.width($0.text, PictureLayout.tickSize) > width / Double(max(1, ticks.count)) - 3 }
        }
        let slantRoom = zip(xTicks, slant).filter(\.1).flatMap(\.0).map { TextMetrics.width($0.text, PictureLayout.tickSize) }.max().map { min($0, cell.1 * 0.4) * 0.72 + 6 }
        let below = (slantRoom ?? 9) + 5 + (hasXLabels ? 11 : 0), above = (hasTitles ? 11.0 : 0) + 4
        guard width > 30, cell.1 - below - above > 20 else {
            throw PlotError("a figure of \(Int(figure.size.width)) x \(Int(figure.size.height)) points has no room for its \(figure.panels.count == 1 ? "axes" : "\(figure.panels.count) panels"); give a larger size")
        }
        for (i, panel) in figure.panels.enumerated() {
            let x = area.left + Double(i % columns) * (cell.0 + gap), y = area.top - Double(i / columns) * (cell.1 + gap)
            let box = Box(left: x + left, bottom: y - cell.1 + below, right: x + cell.0 - 6, top: y - above)
            func cut(_ ticks: [Axis.Tick], _ room: Double) -> [Axis.Tick] {
                ticks.map { Axis.Tick(value: $0.value, text: TextMetrics.cut(PlainText.line($0.text), to: room, PictureLayout.tickSize)) }
            }
            let middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
            panels.append(PlacedPanel(
                box: box, xTicks: cut(xTicks[i], slant[i] ? cell.1 * 0.4 : panel.x.isCategorical ? longest : .infinity), yTicks: cut(yTicks[i], longest),
                xLabel: panel.x.label.isEmpty ? nil : Words(text: TextMetrics.cut(PlainText.line(panel.x.label), to: box.right - box.left + left, PictureLayout.labelSize), x: middle.0, y: y - cell.1 + 5),
                yLabel: panel.y.label.isEmpty ? nil : Words(text: TextMetrics.cut(PlainText.line(panel.y.label), to: 2 * min(y - middle.1, middle.1 - y + cell.1), PictureLayout.labelSize), x: x + 5, y: middle.1),
                title: panel.title.isEmpty ? nil : Words(text: TextMetrics.cut(PlainText.line(panel.title), to: box.right - box.left, PictureLayout.labelSize), x: middle.0, y: box.top + 6),
                isSlanted: slant[i]))
        }
    }
}
