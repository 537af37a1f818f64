// A histogram: how many values fall into equal bins; several names share the bins and are drawn over each other.

public struct Histogram: Sendable {
    public var groups: [(name: String, values: [Double])]
    /// Nil: by Freedman and Diaconis over all values.
    public var bins: Int?
    /// Shares of each name's values in place of counts.
    public var isNormalised = false

    public init(_ groups: [(name: String, values: [Double])]) { self.groups = groups }

    public func figure(_ options: FigureOptions = .init()) throws -> Figure {
        guard !groups.isEmpty else { throw PlotError("histogram: nothing to draw") }
        if options.isLogX { throw PlotError("histogram: bins are of equal width, so x has no logarithmic scale; take the logarithm of the values") }
        if let bins, !(1...Bins.most).contains(bins) { throw PlotError("histogram: 1 to \(Bins.most) bins expected, got \(bins)") }
        let kept = groups.map { $0.values.filter { abs($0) <= Limits.largest } }
        let all = kept.flatMap { $0 }, total = groups.reduce(0) { $0 + $1.values.count }
        guard let low = all.min(), let high = all.max() else { throw PlotError("histogram: none of the \(total) values is finite") }
        let range = options.xLimits ?? low...high
        let inside = all.filter { range.contains($0) }
        guard !inside.isEmpty else { throw PlotError("histogram: no value lies within xlim") }
        let bins = Bins(Limits.around(range.lowerBound, range.upperBound, margin: 0), number: self.bins ?? Bins.number(for: inside))
        let counts = kept.map { values in bins.counts(values).map { isNormalised ? Double($0) / Double(max(1, values.count)) : Double($0) } }
        let positive = counts.flatMap { $0 }.filter { $0 > 0 }
        let yAxis = try options.yAxis(options.isLogY ? positive : positive + [0], from: !options.isLogY)
        let floor = options.isLogY ? yAxis.limits.lowerBound : 0
        var options = options
        if options.yLabel.isEmpty { options.yLabel = isNormalised ? "share" : "count" }
        var xAxis = try options.xAxis(bins.edges)
        if options.xLimits != nil { xAxis.limits = bins.edges.first!...bins.edges.last! }
        let marks = counts.enumerated().map { series, heights in
            Mark.areas(heights.indices.filter { heights[$0] > floor }.map { Rectangle(x: bins.edges[$0]...bins.edges[$0 + 1], y: floor...heights[$0]) }, series: series)
        }
        var panel = Panel(x: xAxis, y: yAxis, marks: marks)
        panel.y.label = options.yLabel
        var figure = options.figure([panel])
        if groups.count > 1 || !groups[0].name.isEmpty { figure.series = groups.map { Series($0.name, .area) } }
        figure.notes = options.leftOut(total - all.count, of: total, "values") + figure.notes
        if inside.count < all.count { figure.notes.append("\(all.count - inside.count) values lie outside of xlim") }
        return figure
    }
}
