// Lines over a common or own x: one run drawn as it is, several runs of one name as their mean with its 95 % interval. A missing
// value breaks the line.

public struct Lines: Sendable {
    public struct Line: Sendable {
        public var name: String
        /// Positions; nil: 1, 2, 3 ..
        public var x: [Double]?
        /// One run, or several to be averaged.
        public var runs: [[Double]]
        public init(name: String = "", x: [Double]? = nil, runs: [[Double]]) { (self.name, self.x, self.runs) = (name, x, runs) }
    }
    public var lines: [Line]
    public var hasBand = true
    /// A dot at each value, where there are few.
    public var hasPoints = false

    public init(_ lines: [Line]) { self.lines = lines }

    public func figure(_ options: FigureOptions = .init()) throws -> Figure {
        guard !lines.isEmpty else { throw PlotError("line: nothing to draw") }
        var drawn: [(name: String, x: [Double], band: MeanBand, isAveraged: Bool)] = []
        for (i, line) in lines.enumerated() {
            let what = line.name.isEmpty ? "line \(i + 1)" : "'\(PlainText.line(line.name))'"
            guard let length = line.runs.map(\.count).max(), length > 0 else { throw PlotError("line: \(what) has no values") }
            if let other = line.runs.first(where: { $0.count != length }) { throw PlotError("line: the runs of \(what) have \(other.count) and \(length) values") }
            let x = line.x ?? (1...length).map(Double.init)
            guard x.count == length else { throw PlotError("line: x has \(x.count) values, \(what) has \(length)") }
            drawn.append((line.name, x, MeanBand(runs: line.runs), line.runs.count > 1))
        }
        var (xs, ys, missing, total) = ([Double](), [Double](), 0, 0)
        for line in drawn {
            for i in line.x.indices {
                total += 1
                guard options.isDrawable(line.x[i], line.band.mean[i]) else { missing += 1; continue }
                xs.append(line.x[i])
                ys += hasBand && line.isAveraged ? [line.band.mean[i], line.band.low[i], line.band.high[i]] : [line.band.mean[i]]
            }
        }
        guard !xs.isEmpty else { throw PlotError("line: none of the \(total) values can be drawn: not finite\(options.isLogX || options.isLogY ? " or not positive" : "")") }
        let span = Axis(limits: Limits.around(xs.min()!, xs.max()!, margin: 0))
        var xAxis = try options.xAxis(xs)
        // Curves over steps fill the axis from end to end.
        if options.xLimits == nil, !options.isLogX, !hasPoints { xAxis.limits = span.limits }
        let yAxis = try options.yAxis(ys)
        var bands: [Mark] = [], lines: [Mark] = []
        for (series, line) in drawn.enumerated() {
            for run in pieces(line.x, line.band.mean, options) {
                let positions = run.map { Position(line.x[$0], line.band.mean[$0]) }
                let kept = positions.count > 5000 ? Thinning.line(positions, xAxis) : Array(positions.indices)
                if hasBand, line.isAveraged {
                    let floor = options.isLogY ? yAxis.limits.lowerBound : -Limits.largest
                    // A mean within the axis may have a bound below zero.
                    bands.append(.band(x: kept.map { positions[$0].x }, low: kept.map { max(floor, line.band.low[run[$0]]) }, high: kept.map { line.band.high[run[$0]] }, series: series))
                }
                lines.append(.line(pieces: [kept.map { positions[$0] }], series: series, isDashed: false))
                // A value between missing ones has no line through it.
                if hasPoints || run.count == 1 {
                    lines.append(.points(x: kept.map { positions[$0].x }, y: kept.map { positions[$0].y }, series: series, values: nil, isSmall: kept.count > 60))
                }
            }
        }
        var figure = options.figure([Panel(x: xAxis, y: yAxis, marks: bands + lines)])
        if drawn.count > 1 || !drawn[0].name.isEmpty { figure.series = drawn.map { Series($0.name, .line) } }
        figure.notes = options.leftOut(missing, of: total, "values") + figure.notes
        if hasBand, drawn.contains(where: \.isAveraged) { figure.notes.append("mean of the runs and its 95 % interval") }
        return figure
    }

    private func pieces(_ x: [Double], _ y: [Double], _ options: FigureOptions) -> [[Int]] {
        var pieces: [[Int]] = [], open: [Int] = []
        for i in x.indices {
            if options.isDrawable(x[i], y[i]) { open.append(i) } else if !open.isEmpty { pieces.append(open); open = [] }
        }
        return open.isEmpty ? pieces : pieces + [open]
    }
}
