// Boxes: for each name median, quartiles and whiskers, with the individual values beside each other on top (a strip). Names are
// read from left to right when there is room for them, from top to bottom otherwise.

public struct Boxes: Sendable {
    public var groups: [(name: String, values: [Double])]
    public var hasStrip = true
    /// Nil: horizontal where the names are long or many.
    public var isHorizontal: Bool?

    public init(_ groups: [(name: String, values: [Double])]) { self.groups = groups }

    public func figure(_ options: FigureOptions = .init()) throws -> Figure {
        guard !groups.isEmpty else { throw PlotError("box: nothing to draw") }
        var options = options
        let kept = groups.map { group in group.values.filter { options.isDrawable(1, $0) } }
        let total = groups.reduce(0) { $0 + $1.values.count }, count = kept.reduce(0) { $0 + $1.count }
        guard count > 0 else { throw PlotError("box: none of the \(total) values can be drawn: not finite\(options.isLogY ? " or not positive" : "")") }
        let size = options.size ?? .single
        let names = groups.map { PlainText.line($0.name) }
        let room = (size.width - 50) / Double(groups.count)
        let isHorizontal = isHorizontal ?? !names.allSatisfy { TextMetrics.width($0, 7) < room - 4 }
        let (label, nameLabel) = (options.yLabel, options.xLabel)
        let valueAxis = try options.yAxis(kept.flatMap { $0 })
        var nameAxis = Axis.categories(names, label: nameLabel)
        nameAxis.isReversed = isHorizontal
        var marks: [Mark] = []
        // Along the names first, along the values second.
        func position(_ name: Double, _ value: Double) -> Position { isHorizontal ? Position(value, name) : Position(name, value) }
        for (i, values) in kept.enumerated() {
            guard let box = Quartiles(values) else { continue }
            let at = Double(i + 1), half = 0.3
            let (across, along) = ((at - half)...(at + half), box.lower...box.upper)
            marks.append(.areas([isHorizontal ? Rectangle(x: along, y: across) : Rectangle(x: across, y: along)], series: i))
            marks.append(.segments([
                (position(at, box.lower), position(at, box.whiskers.lowerBound)), (position(at, box.upper), position(at, box.whiskers.upperBound)),
                (position(at - half / 2, box.whiskers.lowerBound), position(at + half / 2, box.whiskers.lowerBound)),
                (position(at - half / 2, box.whiskers.upperBound), position(at + half / 2, box.whiskers.upperBound)),
            ], series: i, isBold: false))
            marks.append(.segments([(position(at - half, box.median), position(at + half, box.median))], series: i, isBold: true))
            let outside = values.filter { !box.whiskers.contains($0) }
            let shown = hasStrip ? values : outside
            guard !shown.isEmpty else { continue }
            // The golden ratio spreads any number of points evenly, the same each time.
            var places = shown.indices.map { index -> Double in
                hasStrip ? at + (Double(index + 1) * 0.6180339887498949).truncatingRemainder(dividingBy: 1) * 0.44 - 0.22 : at
            }
            var strip = shown
            if count > Thinning.most {
                let kept = Thinning.points(places, strip, Axis(limits: (at - 0.5)...(at + 0.5)), valueAxis)
                (places, strip) = (kept.map { places[$0] }, kept.map { strip[$0] })
            }
            marks.append(.points(x: isHorizontal ? strip : places, y: isHorizontal ? places : strip, series: i, values: nil, isSmall: true))
        }
        if isHorizontal, options.size == nil {
            options.size = FigureSize(width: size.width, height: min(600, max(size.height * 0.6, 60 + 26 * Double(groups.count))))
        }
        var figure = options.figure([isHorizontal ? Panel(x: valueAxis, y: nameAxis, marks: marks) : Panel(x: nameAxis, y: valueAxis, marks: marks)])
        figure.panels[0].x.label = isHorizontal ? label : nameLabel
        figure.panels[0].y.label = isHorizontal ? nameLabel : label
        figure.showsLegend = options.legend ?? false
        figure.series = names.map { Series($0, .area) }
        let empty = zip(names, kept).filter { $0.1.isEmpty }.map(\.0)
        figure.notes = options.leftOut(total - count, of: total, "values") + (empty.isEmpty ? [] : ["no values: \(empty.joined(separator: ", "))"]) + figure.notes
        return figure
    }
}
