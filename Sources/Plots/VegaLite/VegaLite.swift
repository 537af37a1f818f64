// A figure as a Vega-Lite 5 specification: each mark is a layer with its data inline, in the coordinates and under the names of
// the figure. Text of the user stands in JSON strings; where Vega wants an expression (names on an axis) only in quoted escapes.

import Foundation
import Markup

extension Figure {
    /// The specification as JSON text.
    public var vegaLite: String {
        var out = ""
        VegaLite(figure: self).specification.write(into: &out)
        return out + "\n"
    }
}

struct VegaLite {
    let figure: Figure
    /// CSS pixels in a point.
    private let scale = 96.0 / 72

    var specification: JSONText {
        let theme = figure.theme
        var entries: [(String, JSONText)] = [("$schema", .string("https://vega.github.io/schema/vega-lite/v5.json")), ("background", .string(theme.background.hex))]
        if !figure.title.isEmpty {
            var title: [(String, JSONText)] = [("text", .strings(PlainText.lines(figure.title)))]
            if !figure.notes.isEmpty { title.append(("subtitle", .strings(figure.notes.map(PlainText.line)))) }
            entries.append(("title", .object(title)))
        } else if !figure.notes.isEmpty {
            entries.append(("title", .object([("text", .strings(figure.notes.map(PlainText.line))), ("color", .string(theme.faintText.hex)), ("fontWeight", .string("normal")), ("fontSize", .number((PictureLayout.noteSize * scale * 10).rounded() / 10))])))
        }
        if figure.panels.count == 1 {
            entries += panel(figure.panels[0])
        } else {
            entries += [("columns", .number(Double(figure.columns))), ("concat", .array(figure.panels.map { .object(panel($0)) }))]
        }
        entries.append(("config", config))
        return .object(entries)
    }

    private var config: JSONText {
        let theme = figure.theme, text = theme.text.hex, faint = theme.faintText.hex
        func size(_ points: Double) -> JSONText { .number((points * scale * 10).rounded() / 10) }
        return .object([
            ("font", .string("Helvetica, Arial, sans-serif")),
            ("view", .object([("stroke", .null)])),
            ("axis", .object([("labelColor", .string(text)), ("titleColor", .string(text)), ("labelFontSize", size(PictureLayout.tickSize)), ("titleFontSize", size(PictureLayout.labelSize)),
                              ("titleFontWeight", .string("normal")), ("gridColor", .string(theme.grid.hex)), ("domainColor", .string(theme.axis.hex)), ("tickColor", .string(theme.axis.hex)), ("tickSize", .number(4))])),
            ("legend", .object([("labelColor", .string(text)), ("titleColor", .string(text)), ("labelFontSize", size(PictureLayout.tickSize)), ("titleFontSize", size(PictureLayout.labelSize)), ("labelLimit", .number(0)), ("orient", .string("top"))])),
            ("title", .object([("color", .string(text)), ("subtitleColor", .string(faint)), ("fontSize", size(PictureLayout.titleSize)), ("subtitleFontSize", size(PictureLayout.noteSize)), ("anchor", .string("start"))])),
        ])
    }

    private func panel(_ panel: Panel) -> [(String, JSONText)] {
        let columns = Double(min(figure.columns, figure.panels.count)), rows = (Double(figure.panels.count) / columns).rounded(.up)
        var entries: [(String, JSONText)] = []
        if figure.panels.count > 1 {
            entries.append(("title", .object([("text", .string(PlainText.line(panel.title))), ("anchor", .string("middle")), ("fontWeight", .string("normal")), ("fontSize", .number((PictureLayout.labelSize * scale * 10).rounded() / 10))])))
        }
        // Vega's sizes are those of the data area; about this is left beside axes and words.
        entries.append(("width", .number(max(60, ((figure.size.width / columns - 55) * scale).rounded()))))
        entries.append(("height", .number(max(40, ((figure.size.height / rows - 55) * scale).rounded()))))
        entries.append(("layer", .array(panel.marks.flatMap { layers($0, panel) })))
        return entries
    }

    private func layers(_ mark: Mark, _ panel: Panel) -> [JSONText] {
        switch mark {
        case .points(let x, let y, let series, let values, let isSmall):
            let rows = x.indices.map { i in row([("x", x[i]), ("y", y[i])] + (values.map { [("value", $0[i])] } ?? []), series) }
            return [layer("point", [("filled", .boolean(true)), ("size", .number(isSmall ? 12 : 30)), ("opacity", .number(x.count > 30 ? 0.78 : 1)), shape(series)], rows, panel,
                          values == nil ? seriesColour : valueColour)]
        case .line(let pieces, let series, let isDashed):
            let rows = pieces.enumerated().flatMap { piece, positions in positions.map { row([("x", $0.x), ("y", $0.y), ("piece", Double(piece))], series) } }
            return [layer("line", [("strokeWidth", .number(1.8))] + dash(isDashed ? 1 : series / 8), rows, panel, seriesColour, extra: [("detail", .object([("field", .string("piece"))])), order])]
        case .band(let x, let low, let high, let series):
            let rows = x.indices.map { row([("x", x[$0]), ("y", low[$0]), ("y2", high[$0])], series) }
            return [layer("area", [("opacity", .number(0.22))], rows, panel, seriesColour, extra: [("y2", .object([("field", .string("y2"))]))])]
        case .segments(let segments, let series, let isBold):
            let rows = segments.map { row([("x", $0.from.x), ("y", $0.from.y), ("x2", $0.to.x), ("y2", $0.to.y)], series) }
            return [layer("rule", [("strokeWidth", .number(isBold ? 2.2 : 1.1))], rows, panel, seriesColour, extra: corners)]
        case .areas(let rectangles, let series):
            let rows = rectangles.map { row(edges($0), series) }
            return [layer("rect", [("fillOpacity", .number(0.4)), ("stroke", .string(figure.theme.colour(series).hex)), ("strokeWidth", .number(1))], rows, panel, seriesColour, extra: corners)]
        case .cells(let rectangles, let values, let texts):
            let rows = zip(rectangles, values).map { row(edges($0) + [("value", $1)], nil) }
            var layers = [layer("rect", [], rows, panel, valueColour, extra: corners)]
            if let texts, let bar = figure.colourBar {
                let words = zip(zip(rectangles, values), texts).map { cell, text in
                    JSONText.object([("x", .number(cell.0.center.x)), ("y", .number(cell.0.center.y)), ("text", .string(text)),
                                     ("ink", .string(bar.colour(cell.1, figure.theme).lightness > 0.55 ? "#000000" : "#ffffff"))])
                }
                let room = (figure.size.width - 75) * scale / Double(max(1, Int(panel.x.limits.upperBound - panel.x.limits.lowerBound))), longest = texts.map { TextMetrics.width($0, 1) }.max() ?? 1
                layers.append(layer("text", [("fontSize", .number((min(10, max(4, (room - 3) / max(longest, 0.1))) * 10).rounded() / 10))], words, panel, .object([("field", .string("ink")), ("type", .string("nominal")), ("scale", .null), ("legend", .null)]),
                                    extra: [("text", .object([("field", .string("text")), ("type", .string("nominal"))]))]))
            }
            return layers
        }
    }

    private func layer(_ mark: String, _ properties: [(String, JSONText)], _ rows: [JSONText], _ panel: Panel, _ colour: JSONText, extra: [(String, JSONText)] = []) -> JSONText {
        .object([
            ("data", .object([("values", .array(rows))])),
            ("mark", .object([("type", .string(mark)), ("clip", .boolean(true))] + properties)),
            ("encoding", .object([("x", channel("x", panel.x)), ("y", channel("y", panel.y)), ("color", colour)] + extra)),
        ])
    }

    /// Series without a name in the legend are known by their number.
    private func name(_ series: Int) -> String { figure.series.indices.contains(series) ? PlainText.line(figure.series[series].name) : "\(series + 1)" }

    private func row(_ values: [(String, Double)], _ series: Int?) -> JSONText {
        .object(values.map { ($0.0, .number($0.1)) } + (series.map { [("series", .string(name($0)))] } ?? []))
    }

    private func edges(_ r: Rectangle) -> [(String, Double)] { [("x", r.x.lowerBound), ("y", r.y.lowerBound), ("x2", r.x.upperBound), ("y2", r.y.upperBound)] }
    private var corners: [(String, JSONText)] { [("x2", .object([("field", .string("x2"))])), ("y2", .object([("field", .string("y2"))]))] }
    private var order: (String, JSONText) { ("order", .null) }

    private var seriesCount: Int {
        figure.panels.flatMap(\.marks).reduce(figure.series.count) { count, mark in
            switch mark {
            case .points(_, _, let series, _, _), .line(_, let series, _), .band(_, _, _, let series), .segments(_, let series, _), .areas(_, let series): max(count, series + 1)
            case .cells: count
            }
        }
    }

    private var seriesColour: JSONText {
        let all = 0..<seriesCount
        return .object([
            ("field", .string("series")), ("type", .string("nominal")),
            ("scale", .object([("domain", .strings(all.map(name))), ("range", .strings(all.map { figure.theme.colour($0).hex }))])),
            ("legend", figure.hasLegend ? legend : .null),
        ])
    }

    /// Symbols at full strength, though bands are faint, and no wider than the figure.
    private var legend: JSONText {
        let symbols = Set(figure.series.map(\.symbol))
        let symbol = symbols.count > 1 ? "circle" : symbols.contains(.line) ? "stroke" : symbols.contains(.area) ? "square" : "circle"
        let widest = figure.series.map { TextMetrics.width(PlainText.line($0.name), PictureLayout.tickSize) }.max() ?? 0
        let columns = max(1, Int(figure.size.width / (widest + 24)))
        return .object([("title", .null), ("symbolType", .string(symbol)), ("symbolOpacity", .number(1)), ("symbolStrokeWidth", .number(symbol == "stroke" ? 2 : 0)), ("columns", .number(Double(columns)))])
    }

    private var valueColour: JSONText {
        guard let bar = figure.colourBar else { return seriesColour }
        return .object([
            ("field", .string("value")), ("type", .string("quantitative")),
            ("scale", .object([("domain", .numbers([bar.limits.lowerBound, bar.limits.upperBound])), ("range", .strings(bar.map.stops(figure.theme).map(\.hex))), ("clamp", .boolean(true))])),
            ("legend", .object([("title", bar.label.isEmpty ? .null : .string(PlainText.line(bar.label))), ("orient", .string("right")),
                                ("values", .numbers(Axis(limits: bar.limits).ticks(5).map(\.value)))])),
        ])
    }

    private func channel(_ field: String, _ axis: Axis) -> JSONText {
        var scale: [(String, JSONText)] = [("type", .string(axis.isLogarithmic ? "log" : "linear")), ("domain", .numbers([axis.limits.lowerBound, axis.limits.upperBound])), ("nice", .boolean(false)), ("zero", .boolean(false))]
        // Vega's y runs upwards, x to the right.
        if axis.isReversed { scale.append(("reverse", .boolean(true))) }
        var style: [(String, JSONText)] = [("title", axis.label.isEmpty ? .null : .string(PlainText.line(axis.label)))]
        if case .categories(let names) = axis.scale {
            style += [("values", .numbers(names.indices.map { Double($0 + 1) })), ("labelExpr", .string("[" + names.map(VegaLite.literal).joined(separator: ",") + "][datum.value - 1]")),
                      ("grid", .boolean(false)), ("ticks", .boolean(false)), ("labelLimit", .number(240))]
        }
        // Vega's own would be a line for each digit.
        if axis.isLogarithmic { style.append(("values", .numbers(axis.ticks(6).map(\.value)))) }
        return .object([("field", .string(field)), ("type", .string("quantitative")), ("scale", .object(scale)), ("axis", .object(style))])
    }

    /// A string of Vega's expression language: everything but letters, digits and spaces is escaped.
    static func literal(_ text: String) -> String {
        "'" + PlainText.line(text).utf16.map { unit in
            switch unit {
            case 32, 48...57, 65...90, 97...122: String(Unicode.Scalar(UInt8(unit)))
            default: JSONString.escape(unit)
            }
        }.joined() + "'"
    }

    private func shape(_ series: Int) -> (String, JSONText) { ("shape", .string(["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"][series % 6])) }
    private func dash(_ cycle: Int) -> [(String, JSONText)] { cycle % 4 == 0 ? [] : [("strokeDash", .numbers([[6, 3], [2, 2], [8, 2, 2, 2]][cycle % 4 - 1]))] }
}
