// A matrix as coloured cells, first row on top, with a colour bar, and the values written in where there is room.

public struct HeatMap: Sendable {
    /// Row by row.
    public var values: [Double]
    public var rows: Int, columns: Int
    public var rowNames: [String]?, columnNames: [String]?
    public var valueLabel = ""
    /// Nil: where there are at most 120.
    public var showsValues: Bool?
    /// A value whose colour is the middle of a diverging map.
    public var center: Double?
    public var valueLimits: ClosedRange<Double>?

    static let most = 1_000_000

    public init(values: [Double], rows: Int, columns: Int) { (self.values, self.rows, self.columns) = (values, rows, columns) }

    public func figure(_ options: FigureOptions = .init()) throws -> Figure {
        guard rows > 0, columns > 0, values.count == rows * columns else { throw PlotError("heatmap: a matrix with rows and columns expected") }
        for (what, names, count) in [("rows", rowNames, rows), ("columns", columnNames, columns)] {
            if let names, names.count != count { throw PlotError("heatmap: \(names.count) names of \(what) for \(count)") }
        }
        if options.isLogX || options.isLogY { throw PlotError("heatmap: rows and columns have no logarithmic scale") }
        let finite = values.filter { abs($0) <= Limits.largest }
        guard let low = finite.min(), let high = finite.max() else { throw PlotError("heatmap: none of the \(values.count) values is finite") }
        let (averaged, shownRows, shownColumns) = pooled()
        var limits = valueLimits ?? (Limits.around(low, high, margin: 0) == low...high ? low...high : Limits.around(low, high))
        guard limits.lowerBound < limits.upperBound else { throw PlotError("heatmap: limits {low, high} with low < high expected") }
        if let center {
            guard abs(center) <= Limits.largest else { throw PlotError("heatmap: a finite center expected, got \(center)") }
            let reach = max(abs(limits.lowerBound - center), abs(limits.upperBound - center))
            limits = (center - reach)...(center + reach)
        }
        var cells: [Rectangle] = []
        let height = Double(rows) / Double(shownRows), width = Double(columns) / Double(shownColumns)
        for r in 0..<shownRows {
            for c in 0..<shownColumns {
                cells.append(Rectangle(x: (0.5 + Double(c) * width)...(0.5 + Double(c + 1) * width), y: (0.5 + Double(r) * height)...(0.5 + Double(r + 1) * height)))
            }
        }
        let texts = showsValues ?? (values.count <= 120) && shownRows == rows && shownColumns == columns ? NumberText.cells(values) : nil
        var yAxis = rowNames.map { Axis.categories($0.map(PlainText.line)) } ?? Axis(limits: 0.5...(Double(rows) + 0.5))
        var xAxis = columnNames.map { Axis.categories($0.map(PlainText.line)) } ?? Axis(limits: 0.5...(Double(columns) + 0.5))
        // Few rows are counted one by one.
        if rowNames == nil, rows <= 20 { yAxis.scale = .categories((1...rows).map(String.init)) }
        if columnNames == nil, columns <= 20 { xAxis.scale = .categories((1...columns).map(String.init)) }
        (xAxis.label, yAxis.label, yAxis.isReversed) = (options.xLabel, options.yLabel, true)
        var figure = options.figure([Panel(x: xAxis, y: yAxis, marks: [.cells(cells, values: averaged.map { abs($0) <= Limits.largest ? $0 : .nan }, texts: texts)])])
        figure.colourBar = ColourBar(label: valueLabel, limits: limits, map: center == nil ? .sequential : .diverging)
        if averaged.count < values.count { figure.notes.insert("\(rows) x \(columns) values, drawn as means of blocks", at: 0) }
        let missing = values.count - finite.count
        if missing > 0 { figure.notes.insert("\(missing) of \(values.count) values are not finite: grey", at: 0) }
        return figure
    }

    /// Means over blocks, where there are more rows or columns than a picture has points.
    private func pooled() -> (values: [Double], rows: Int, columns: Int) {
        let most = 200
        let (down, across) = ((rows + most - 1) / most, (columns + most - 1) / most)
        if down == 1, across == 1 { return (values, rows, columns) }
        let (shownRows, shownColumns) = ((rows + down - 1) / down, (columns + across - 1) / across)
        var means: [Double] = []
        for r in 0..<shownRows {
            for c in 0..<shownColumns {
                var (sum, count) = (0.0, 0.0)
                // Blocks of nearly equal size that end where the matrix ends.
                for i in (r * rows / shownRows)..<((r + 1) * rows / shownRows) {
                    for j in (c * columns / shownColumns)..<((c + 1) * columns / shownColumns) where abs(values[i * columns + j]) <= Limits.largest {
                        sum += values[i * columns + j]
                        count += 1
                    }
                }
                means.append(count > 0 ? sum / count : .nan)
            }
        }
        return (means, shownRows, shownColumns)
    }
}
