// A figure as a Vega-Lite 5 specification: each mark is a layer with its data inline, in the coordinates and under the names of
// the figure. Text of the user stands in JSON strings; where Vega wants an expression (names on an axis) only in quoted escapes.

import Basics
import Foundation

extension Figure {
    /// The specification as JSON text.
    public var vegaLite: String { VegaLite(figure: self).specification.text(.figure) + "\n" }
}

struct VegaLite {
    private typealias Members = [String: JSONValue]

    let figure: Figure
    /// CSS pixels in a point.
    private let scale = 96.0 / 72

    /// A size in points, in pixels.
    private func size(_ points: Double) -> JSONValue { .number((points * scale * 10).rounded() / 10) }

    var specification: JSONValue {
        let theme = figure.theme
        var members: Members = [
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "background": .string(theme.background.hex),
            "config": config,
        ]
        members["title"] = title
        if figure.panels.count == 1 {
            members.merge(panel(figure.panels[0])) { $1 }
        } else {
            members["columns"] = .integer(figure.columns)
            members["concat"] = .array(figure.panels.map { .object(panel($0)) })
        }
        return .object(members)
    }

    /// The title with the notes under it; without a title the notes in its place.
    private var title: JSONValue? {
        let notes = JSONValue.strings(figure.notes.map(PlainText.line))
        if !figure.title.isEmpty {
            var title: Members = ["text": .strings(PlainText.lines(figure.title))]
            if !figure.notes.isEmpty { title["subtitle"] = notes }
            return .object(title)
        }
        if figure.notes.isEmpty { return nil }
        return [
            "text": notes, "color": .string(figure.theme.faintText.hex), "fontWeight": "normal",
            "fontSize": size(PictureLayout.noteSize),
        ]
    }

    private var config: JSONValue {
        let theme = figure.theme
        let text = JSONValue.string(theme.text.hex)
        return [
            "font": "Helvetica, Arial, sans-serif",
            "view": ["stroke": nil],
            "axis": [
                "labelColor": text, "titleColor": text, "labelFontSize": size(PictureLayout.tickSize),
                "titleFontSize": size(PictureLayout.labelSize), "titleFontWeight": "normal",
                "gridColor": .string(theme.grid.hex), "domainColor": .string(theme.axis.hex),
                "tickColor": .string(theme.axis.hex), "tickSize": 4,
            ],
            "legend": [
                "labelColor": text, "titleColor": text, "labelFontSize": size(PictureLayout.tickSize),
                "titleFontSize": size(PictureLayout.labelSize), "labelLimit": 0, "orient": "top",
            ],
            "title": [
                "color": text, "subtitleColor": .string(theme.faintText.hex), "fontSize": size(PictureLayout.titleSize),
                "subtitleFontSize": size(PictureLayout.noteSize), "anchor": "start",
            ],
        ]
    }

    private func panel(_ panel: Panel) -> Members {
        let columns = Double(min(figure.columns, figure.panels.count))
        let rows = (Double(figure.panels.count) / columns).rounded(.up)
        // Vega's sizes are those of the data area; about this is left beside axes and words.
        var members: Members = [
            "width": .number(max(60, ((figure.size.width / columns - 55) * scale).rounded())),
            "height": .number(max(40, ((figure.size.height / rows - 55) * scale).rounded())),
            "layer": .array(panel.marks.flatMap { layers($0, panel) }),
        ]
        if figure.panels.count > 1 {
            members["title"] = [
                "text": .string(PlainText.line(panel.title)), "anchor": "middle", "fontWeight": "normal",
                "fontSize": size(PictureLayout.labelSize),
            ]
        }
        return members
    }

    private func layers(_ mark: Mark, _ panel: Panel) -> [JSONValue] {
        switch mark {
        case .points(let x, let y, let series, let values, let isSmall):
            let rows = x.indices.map { i in
                var row = ["x": x[i], "y": y[i]]
                if let values { row["value"] = values[i] }
                return self.row(row, series)
            }
            let style: Members = [
                "filled": true, "size": isSmall ? 12 : 30, "opacity": x.count > 30 ? 0.78 : 1, "shape": shape(series),
            ]
            return [layer("point", style, rows, panel, values == nil ? seriesColour : valueColour)]
        case .line(let pieces, let series, let isDashed):
            let rows = pieces.enumerated().flatMap { piece, positions in
                positions.map { row(["x": $0.x, "y": $0.y, "piece": Double(piece)], series) }
            }
            var style: Members = ["strokeWidth": 1.8]
            style["strokeDash"] = dash(isDashed ? 1 : series / 8)
            let extra: Members = ["detail": ["field": "piece"], "order": nil]
            return [layer("line", style, rows, panel, seriesColour, extra: extra)]
        case .band(let x, let low, let high, let series):
            let rows = x.indices.map { row(["x": x[$0], "y": low[$0], "y2": high[$0]], series) }
            return [layer("area", ["opacity": 0.22], rows, panel, seriesColour, extra: ["y2": ["field": "y2"]])]
        case .segments(let segments, let series, let isBold):
            let rows = segments.map { row(["x": $0.from.x, "y": $0.from.y, "x2": $0.to.x, "y2": $0.to.y], series) }
            return [layer("rule", ["strokeWidth": isBold ? 2.2 : 1.1], rows, panel, seriesColour, extra: corners)]
        case .areas(let rectangles, let series):
            let rows = rectangles.map { row(edges($0), series) }
            let style: Members = [
                "fillOpacity": 0.4, "stroke": .string(figure.theme.colour(series).hex), "strokeWidth": 1,
            ]
            return [layer("rect", style, rows, panel, seriesColour, extra: corners)]
        case .cells(let rectangles, let values, let texts):
            let rows = zip(rectangles, values).map { rectangle, value in
                row(edges(rectangle).merging(["value": value]) { $1 }, nil)
            }
            let cells = layer("rect", [:], rows, panel, valueColour, extra: corners)
            guard let texts, let bar = figure.colourBar else { return [cells] }
            return [cells, words(texts, rectangles, values, bar, panel)]
        }
    }

    /// What stands in the cells of a heat map, in black or white, as large as there is room.
    private func words(
        _ texts: [String], _ rectangles: [Rectangle], _ values: [Double], _ bar: ColourBar, _ panel: Panel
    ) -> JSONValue {
        let words = zip(zip(rectangles, values), texts).map { cell, text -> JSONValue in
            [
                "x": .number(cell.0.center.x), "y": .number(cell.0.center.y), "text": .string(text),
                "ink": bar.colour(cell.1, figure.theme).lightness > 0.55 ? "#000000" : "#ffffff",
            ]
        }
        let columns = max(1, Int(panel.x.limits.upperBound - panel.x.limits.lowerBound))
        let room = (figure.size.width - 75) * scale / Double(columns)
        let longest = texts.map { TextMetrics.width($0, 1) }.max() ?? 1
        let fontSize = (min(10, max(4, (room - 3) / max(longest, 0.1))) * 10).rounded() / 10
        return layer(
            "text", ["fontSize": .number(fontSize)], words, panel,
            ["field": "ink", "type": "nominal", "scale": nil, "legend": nil],
            extra: ["text": ["field": "text", "type": "nominal"]])
    }

    private func layer(
        _ mark: String, _ style: Members, _ rows: [JSONValue], _ panel: Panel, _ colour: JSONValue, extra: Members = [:]
    ) -> JSONValue {
        let mark: Members = ["type": .string(mark), "clip": true]
        let encoding: Members = ["x": channel("x", panel.x), "y": channel("y", panel.y), "color": colour]
        return [
            "data": ["values": .array(rows)],
            "mark": .object(mark.merging(style) { $1 }),
            "encoding": .object(encoding.merging(extra) { $1 }),
        ]
    }

    /// Series without a name in the legend are known by their number.
    private func name(_ series: Int) -> String {
        figure.series.indices.contains(series) ? PlainText.line(figure.series[series].name) : "\(series + 1)"
    }

    private func row(_ values: [String: Double], _ series: Int?) -> JSONValue {
        var members = values.mapValues { JSONValue.number($0) }
        if let series { members["series"] = .string(name(series)) }
        return .object(members)
    }

    private func edges(_ r: Rectangle) -> [String: Double] {
        ["x": r.x.lowerBound, "y": r.y.lowerBound, "x2": r.x.upperBound, "y2": r.y.upperBound]
    }
    private var corners: Members { ["x2": ["field": "x2"], "y2": ["field": "y2"]] }

    private var seriesCount: Int {
        figure.panels.flatMap(\.marks).reduce(figure.series.count) { count, mark in
            switch mark {
            case .points(_, _, let series, _, _), .line(_, let series, _), .band(_, _, _, let series),
                .segments(_, let series, _), .areas(_, let series):
                max(count, series + 1)
            case .cells: count
            }
        }
    }

    private var seriesColour: JSONValue {
        let all = 0..<seriesCount
        return [
            "field": "series", "type": "nominal",
            "scale": ["domain": .strings(all.map(name)), "range": .strings(all.map { figure.theme.colour($0).hex })],
            "legend": figure.hasLegend ? legend : nil,
        ]
    }

    /// Symbols at full strength, though bands are faint, and no wider than the figure.
    private var legend: JSONValue {
        let symbols = Set(figure.series.map(\.symbol))
        let symbol =
            symbols.count > 1
            ? "circle" : symbols.contains(.line) ? "stroke" : symbols.contains(.area) ? "square" : "circle"
        let widest = figure.series.map { TextMetrics.width(PlainText.line($0.name), PictureLayout.tickSize) }.max() ?? 0
        let columns = max(1, Int(figure.size.width / (widest + 24)))
        return [
            "title": nil, "symbolType": .string(symbol), "symbolOpacity": 1,
            "symbolStrokeWidth": symbol == "stroke" ? 2 : 0, "columns": .integer(columns),
        ]
    }

    private var valueColour: JSONValue {
        guard let bar = figure.colourBar else { return seriesColour }
        let range = JSONValue.strings(bar.map.stops(figure.theme).map(\.hex))
        return [
            "field": "value", "type": "quantitative",
            "scale": [
                "domain": .numbers([bar.limits.lowerBound, bar.limits.upperBound]), "range": range, "clamp": true,
            ],
            "legend": [
                "title": bar.label.isEmpty ? nil : .string(PlainText.line(bar.label)), "orient": "right",
                "values": .numbers(Axis(limits: bar.limits).ticks(5).map(\.value)),
            ],
        ]
    }

    private func channel(_ field: String, _ axis: Axis) -> JSONValue {
        var scale: Members = [
            "type": axis.isLogarithmic ? "log" : "linear",
            "domain": .numbers([axis.limits.lowerBound, axis.limits.upperBound]), "nice": false, "zero": false,
        ]
        // Vega's y runs upwards, x to the right.
        if axis.isReversed { scale["reverse"] = true }
        var style: Members = ["title": axis.label.isEmpty ? nil : .string(PlainText.line(axis.label))]
        if case .categories(let names) = axis.scale {
            let labels = names.map(VegaLite.literal).joined(separator: ",")
            style["values"] = .numbers(names.indices.map { Double($0 + 1) })
            style["labelExpr"] = .string("[\(labels)][datum.value - 1]")
            style["grid"] = false
            style["ticks"] = false
            style["labelLimit"] = 240
        }
        // Vega's own would be a line for each digit.
        if axis.isLogarithmic { style["values"] = .numbers(axis.ticks(6).map(\.value)) }
        return ["field": .string(field), "type": "quantitative", "scale": .object(scale), "axis": .object(style)]
    }

    /// A string of Vega's expression language: everything but letters, digits and spaces is escaped.
    static func literal(_ text: String) -> String {
        let escaped = PlainText.line(text).utf16.map { unit in
            switch unit {
            case 32, 48...57, 65...90, 97...122: String(Unicode.Scalar(UInt8(unit)))
            default: JSONString.escape(unit)
            }
        }
        return "'\(escaped.joined())'"
    }

    private func shape(_ series: Int) -> JSONValue {
        .string(["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"][series % 6])
    }

    /// nil for a whole line.
    private func dash(_ cycle: Int) -> JSONValue? {
        cycle % 4 == 0 ? nil : .numbers([[6, 3], [2, 2], [8, 2, 2, 2]][cycle % 4 - 1])
    }
}
