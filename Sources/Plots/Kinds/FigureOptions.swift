// What every kind of figure takes: words, limits, scales, size, theme. One place sets them and counts what cannot be drawn.

public struct FigureOptions: Sendable {
    public var title = "", xLabel = "", yLabel = ""
    public var xLimits: ClosedRange<Double>?, yLimits: ClosedRange<Double>?
    public var isLogX = false, isLogY = false
    public var legend: Bool?
    public var theme = Theme.light
    public var size: FigureSize?
    public var notes: [String] = []
    public init() {}

    func figure(_ panels: [Panel], size standard: FigureSize = .single) -> Figure {
        var figure = Figure(panels: panels)
        (figure.title, figure.showsLegend, figure.theme, figure.size, figure.notes) = (title, legend, theme, size ?? standard, notes)
        return figure
    }

    func xAxis(_ values: [Double], from zero: Bool = false) throws -> Axis { try axis("x", xLabel, values, xLimits, isLogX, from: zero) }
    func yAxis(_ values: [Double], from zero: Bool = false) throws -> Axis { try axis("y", yLabel, values, yLimits, isLogY, from: zero) }

    private func axis(_ name: String, _ label: String, _ values: [Double], _ limits: ClosedRange<Double>?, _ isLog: Bool, from zero: Bool) throws -> Axis {
        if let limits {
            guard limits.lowerBound < limits.upperBound, limits.lowerBound >= -Limits.largest, limits.upperBound <= Limits.largest else {
                throw PlotError("\(name)lim: {low, high} with low < high expected, got {\(limits.lowerBound), \(limits.upperBound)}")
            }
            guard !isLog || limits.lowerBound > 0 else { throw PlotError("\(name)lim: positive limits expected on a logarithmic axis, got {\(limits.lowerBound), \(limits.upperBound)}") }
            return Axis(label: label, scale: isLog ? .logarithmic : .linear, limits: Limits.around(limits.lowerBound, limits.upperBound, margin: 0))
        }
        var low = Double.infinity, high = -Double.infinity
        for value in values where !isLog || value > 0 { (low, high) = (min(low, value), max(high, value)) }
        guard low <= high else { throw PlotError("nothing to draw: no \(name) is \(isLog ? "positive, as a logarithmic axis needs" : "finite")") }
        if isLog { return Axis(label: label, scale: .logarithmic, limits: Limits.logarithmic(low, high)) }
        if zero {
            let top = max(high, 0) == min(low, 0) ? 1 : max(high, 0)
            return Axis(label: label, limits: min(low, 0)...(top + (top - min(low, 0)) * 0.05))
        }
        return Axis(label: label, limits: Limits.around(low, high))
    }

    /// Whether a pair can be drawn.
    func isDrawable(_ x: Double, _ y: Double) -> Bool {
        abs(x) <= Limits.largest && abs(y) <= Limits.largest && (!isLogX || x > 0) && (!isLogY || y > 0)
    }

    /// The note about what was left out.
    func leftOut(_ count: Int, of total: Int, _ what: String = "points") -> [String] {
        count == 0 ? [] : ["\(count) of \(total) \(what) left out: not finite\(isLogX || isLogY ? ", or not positive on a logarithmic axis" : "")"]
    }
}

/// The first places at which names appear, and where each value belongs.
struct Grouping {
    private(set) var names: [String] = []
    private var index: [String: Int] = [:]

    mutating func add(_ name: String) -> Int {
        if let i = index[name] { return i }
        index[name] = names.count
        names.append(name)
        return names.count - 1
    }
}
