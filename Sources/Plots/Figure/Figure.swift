// A figure is data: panels with axes, marks in data coordinates, names, notes. Nothing here depends on how it is drawn; every
// renderer (gnuplot, Vega-Lite, text) reads the same figure. Invariant: coordinates are finite, limits are an interval of width > 0.

/// What cannot be plotted, or drawn, and why.
public struct PlotError: Error, CustomStringConvertible, Equatable {
    public let description: String
    public init(_ description: String) { self.description = description }
}

public struct Figure: Sendable {
    public var title = ""
    /// Small multiples, row after row.
    public var panels: [Panel]
    public var columns = 1
    /// What the legend names; marks refer to it by index.
    public var series: [Series] = []
    /// The legend is drawn when there is more than one series, unless this says otherwise.
    public var showsLegend: Bool?
    /// What values that colour marks mean; nil when no marks are coloured by value.
    public var colourBar: ColourBar?
    /// Small print under the picture: points left out, fits with their intervals.
    public var notes: [String] = []
    public var theme = Theme.light
    public var size = FigureSize.single

    public init(panels: [Panel]) { self.panels = panels }

    var hasLegend: Bool { (showsLegend ?? (series.count > 1)) && !series.isEmpty }
}

/// A pair of axes with what is drawn between them, first mark lowest.
public struct Panel: Sendable {
    public var title = ""
    public var x: Axis
    public var y: Axis
    public var marks: [Mark] = []

    public init(x: Axis, y: Axis, marks: [Mark] = []) { (self.x, self.y, self.marks) = (x, y, marks) }
}

/// A name in the legend; its index gives colour, marker and dashes.
public struct Series: Sendable, Equatable {
    public var name: String
    /// What the legend shows beside the name.
    public enum Symbol: Sendable { case point, line, area }
    public var symbol: Symbol
    public init(_ name: String, _ symbol: Symbol) { (self.name, self.symbol) = (name, symbol) }
}

public struct ColourBar: Sendable {
    public var label = ""
    public var limits: ClosedRange<Double>
    public var map = ColourMap.sequential
}

/// What is drawn, in data coordinates. `series` indexes `Figure.series`' colours, whether or not a legend names it.
public enum Mark: Sendable {
    /// `values` colour each point by the colour bar; nil: the colour of the series.
    case points(x: [Double], y: [Double], series: Int, values: [Double]?, isSmall: Bool)
    /// Pieces of a line; a line is broken where data are missing.
    case line(pieces: [[Position]], series: Int, isDashed: Bool)
    case band(x: [Double], low: [Double], high: [Double], series: Int)
    /// Straight strokes of the series' colour.
    case segments([(from: Position, to: Position)], series: Int, isBold: Bool)
    /// Areas of the series' colour with its outline: bars, boxes.
    case areas([Rectangle], series: Int)
    /// Areas coloured by value, with the text of each (a heat map); NaN has no colour.
    case cells([Rectangle], values: [Double], texts: [String]?)
}

public struct Position: Sendable, Equatable {
    public var x, y: Double
    public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

public struct Rectangle: Sendable, Equatable {
    public var x: ClosedRange<Double>, y: ClosedRange<Double>
    public init(x: ClosedRange<Double>, y: ClosedRange<Double>) { (self.x, self.y) = (x, y) }
    var center: Position { Position((x.lowerBound + x.upperBound) / 2, (y.lowerBound + y.upperBound) / 2) }
}

/// Width and height in points (1/72 inch); text keeps its size in points whatever the size of the figure.
public struct FigureSize: Sendable, Equatable {
    public var width: Double
    public var height: Double
    public init(width: Double, height: Double) { (self.width, self.height) = (width, height) }
    /// One column of a two-column page, 3.5 inch wide.
    public static let single = FigureSize(width: 252, height: 189)
    /// The whole width of such a page, 7.16 inch.
    public static let double = FigureSize(width: 516, height: 290)
    /// What a figure may measure in either direction.
    public static let allowed = 90.0...2000.0
}
