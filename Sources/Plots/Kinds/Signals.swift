// Signals as small multiples: each panel has one signal in its versions (clean, measured, reconstructed) on one scale. A
// version of another length covers the same positions: sample i of m stands where sample 1 + (i − 1)·length/m does.

public struct Signals: Sendable {
    public struct Version: Sendable {
        public var name: String
        /// Signal by signal, each as long.
        public var signals: [[Double]]
        /// Drawn as dots, one for each sample, rather than as a curve.
        public var isDots: Bool
        public init(name: String, signals: [[Double]], isDots: Bool = false) { (self.name, self.signals, self.isDots) = (name, signals, isDots) }
    }
    public var versions: [Version]
    /// Which signals, from 1.
    public var shown: [Int]

    static let most = 24

    public init(_ versions: [Version], shown: [Int]) { (self.versions, self.shown) = (versions, shown) }

    public func figure(_ options: FigureOptions = .init()) throws -> Figure {
        guard !versions.isEmpty, !shown.isEmpty else { throw PlotError("signals: nothing to draw") }
        guard shown.count <= Signals.most else { throw PlotError("signals: at most \(Signals.most) signals fit into a figure, got \(shown.count)") }
        for version in versions {
            if let bad = shown.first(where: { !version.signals.indices.contains($0 - 1) }) { throw PlotError("signals: \(version.name) has \(version.signals.count) signals, no signal \(bad)") }
        }
        if options.isLogX || options.isLogY { throw PlotError("signals: no logarithmic scale") }
        let length = versions.map { $0.signals[shown[0] - 1].count }.max() ?? 0
        guard length > 0 else { throw PlotError("signals: they have no samples") }
        var (missing, total, values) = (0, 0, [Double]())
        for version in versions {
            for i in shown {
                total += version.signals[i - 1].count
                let finite = version.signals[i - 1].filter { abs($0) <= Limits.largest }
                missing += version.signals[i - 1].count - finite.count
                values += finite
            }
        }
        let yAxis = try options.yAxis(values)
        let xAxis = try options.xLimits == nil ? Axis(label: options.xLabel, limits: Limits.around(1, Double(length), margin: 0.02)) : options.xAxis([])
        var panels: [Panel] = []
        for i in shown {
            var panel = Panel(x: xAxis, y: yAxis)
            panel.title = shown.count > 1 ? "signal \(i)" : ""
            for (series, version) in versions.enumerated() {
                let signal = version.signals[i - 1], spacing = Double(length) / Double(max(1, signal.count))
                var pieces: [[Position]] = [[]], dots: [Position] = []
                for (k, value) in signal.enumerated() {
                    guard abs(value) <= Limits.largest else { pieces.append([]); continue }
                    let position = Position(1 + Double(k) * spacing, value)
                    pieces[pieces.count - 1].append(position)
                    dots.append(position)
                }
                if version.isDots {
                    panel.marks.append(.points(x: dots.map(\.x), y: dots.map(\.y), series: series, values: nil, isSmall: true))
                } else {
                    panel.marks.append(.line(pieces: pieces.filter { !$0.isEmpty }.map { piece in
                        piece.count > 5000 ? Thinning.line(piece, xAxis).map { piece[$0] } : piece
                    }, series: series, isDashed: false))
                }
            }
            panels.append(panel)
        }
        let columns = shown.count == 1 ? 1 : shown.count <= 8 ? 2 : 3, rows = (shown.count + columns - 1) / columns
        let standard = FigureSize(width: columns == 1 ? 252 : 516, height: min(700, 60 + 95 * Double(rows) + (columns == 1 ? 35 : 0)))
        var figure = options.figure(panels, size: standard)
        figure.columns = columns
        figure.series = versions.map { Series($0.name, $0.isDots ? .point : .line) }
        figure.showsLegend = options.legend ?? true
        figure.notes = options.leftOut(missing, of: total, "samples") + figure.notes
        return figure
    }
}
