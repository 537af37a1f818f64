// A scatter: points, by group or coloured by value, with a least-squares line and the 95 % band of its mean for each group. On a
// logarithmic axis the fit is made in the logarithm, so that it is the straight line that is drawn.

import Foundation

public struct Scatter: Sendable {
    public var x: [Double], y: [Double]
    /// A name for each point.
    public var groups: [String]?
    /// A number for each point, shown as its colour.
    public var values: [Double]?
    public var valueLabel = ""
    public var hasFit = false
    public var hasBand = true
    /// Words for the notes in place of r and its interval, by group.
    public var correlations: [String: String] = [:]

    public init(x: [Double], y: [Double]) { (self.x, self.y) = (x, y) }

    public func figure(_ options: FigureOptions = .init()) throws -> Figure {
        guard x.count == y.count else { throw PlotError("scatter: x has \(x.count) values, y has \(y.count)") }
        if let groups, groups.count != x.count { throw PlotError("scatter: group has \(groups.count) names for \(x.count) points") }
        if let values, values.count != x.count { throw PlotError("scatter: color has \(values.count) values for \(x.count) points") }
        guard !x.isEmpty else { throw PlotError("scatter: no points") }
        let kept = x.indices.filter { options.isDrawable(x[$0], y[$0]) }
        guard !kept.isEmpty else { throw PlotError("scatter: none of the \(x.count) points can be drawn: not finite\(options.isLogX || options.isLogY ? " or not positive" : "")") }
        var grouping = Grouping(), members: [[Int]] = []
        for i in kept {
            let group = grouping.add(groups?[i] ?? "")
            if group == members.count { members.append([]) }
            members[group].append(i)
        }
        let fits = hasFit ? members.enumerated().map { fit($1, $0, name: grouping.names[$0], options) } : []
        // The band is seen whole.
        let bounds = fits.flatMap { fit in fit.band.flatMap { if case .band(_, let low, let high, _) = $0 { return low + high } else { return [] } } }
        let xAxis = try options.xAxis(kept.map { x[$0] }), yAxis = try options.yAxis(kept.map { y[$0] } + bounds)
        var bands: [Mark] = [], points: [Mark] = [], lines: [Mark] = [], notes = options.leftOut(x.count - kept.count, of: x.count)
        var drawn = 0
        for (series, all) in members.enumerated() {
            var shown = all
            if kept.count > Thinning.most {
                shown = Thinning.points(all.map { x[$0] }, all.map { y[$0] }, xAxis, yAxis).map { all[$0] }
            }
            drawn += shown.count
            points.append(.points(x: shown.map { x[$0] }, y: shown.map { y[$0] }, series: series,
                                  values: values.map { values in shown.map { values[$0] } }, isSmall: kept.count > 400))
        }
        for fit in fits {
            lines += fit.line
            bands += fit.band
            notes.append(fit.note)
        }
        if drawn < kept.count { notes.append("\(kept.count) points, \(drawn) drawn: of those that cover each other, one") }
        var figure = options.figure([Panel(x: xAxis, y: yAxis, marks: bands + points + lines)])
        if groups != nil { figure.series = grouping.names.map { Series($0, .point) } }
        figure.notes = notes + figure.notes
        if let values {
            let finite = kept.map { values[$0] }.filter { abs($0) <= Limits.largest }
            guard let low = finite.min(), let high = finite.max() else { throw PlotError("scatter: no finite value in color") }
            let limits = low < high && Limits.around(low, high, margin: 0) == low...high ? low...high : Limits.around(low, high)
            figure.colourBar = ColourBar(label: valueLabel, limits: limits)
        }
        return figure
    }

    private func fit(_ members: [Int], _ series: Int, name: String, _ options: FigureOptions) -> (line: [Mark], band: [Mark], note: String) {
        let xs = members.map { options.isLogX ? log10(x[$0]) : x[$0] }, ys = members.map { options.isLogY ? log10(y[$0]) : y[$0] }
        let head = name.isEmpty ? "" : "\(name): "
        guard let fit = LinearFit(xs, ys), let low = xs.min(), let high = xs.max() else {
            return ([], [], head + (members.count < 2 ? "no fit to one point" : "no fit: all x are the same"))
        }
        let at = (0...60).map { low + (high - low) * Double($0) / 60 }
        func drawn(_ value: Double) -> Double { options.isLogY ? pow(10, value) : value }
        func place(_ value: Double) -> Double { options.isLogX ? pow(10, value) : value }
        let line = Mark.line(pieces: [at.map { Position(place($0), drawn(fit.value($0))) }.filter { abs($0.y) <= Limits.largest }], series: series, isDashed: false)
        var band: [Mark] = []
        if hasBand, fit.residual != nil {
            let bounds = at.map { fit.interval($0)! }
            band = [.band(x: at.map(place), low: bounds.map { max(drawn($0.low), -Limits.largest) }, high: bounds.map { min(drawn($0.high), Limits.largest) }, series: series)]
        }
        return ([line], band, head + (correlations[name] ?? correlationText(xs, ys)))
    }

    private func correlationText(_ xs: [Double], _ ys: [Double]) -> String {
        guard let (r, interval) = LinearFit.correlation(xs, ys) else { return "r is not defined: y does not vary, n = \(xs.count)" }
        let bounds = interval.map { " [\(NumberText.correlation($0.low)), \(NumberText.correlation($0.high))]" } ?? ""
        return "r = \(NumberText.correlation(r))\(bounds), n = \(xs.count)"
    }
}
