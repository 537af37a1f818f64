// The study's table for programs: a line per data set and method with every statistic in full precision. Infinite figures are "inf" and
// "-inf" (pandas and R read them so), figures that do not exist are empty in CSV and null in JSON, with the reason in a field of its own.

import Basics

extension StudyTable {
    /// Comma-separated values with a heading (RFC 4180, lines end in CRLF).
    public var csv: String {
        let rows = fields
        guard let first = rows.first else { return "" }
        return CSVText.of(first.map(\.name), rows.map { $0.map(\.value) })
    }

    /// A JSON object per line.
    public var jsonLines: String {
        fields.map { row in
            "{" + row.map { JSONValue.string($0.name).text(.canonical) + ":" + $0.value.json }.joined(separator: ",") + "}\n"
        }.joined()
    }

    private var fields: [[(name: String, value: ExportValue)]] {
        data.flatMap { data in methods.compactMap { self[data: data, method: $0] } }.map { cell in
            let statistics: [Statistic] = [.max, .mean, .standardError, .median, .std, .min, .lowerQuartile, .upperQuartile, .interquartileMean]
            var row: [(name: String, value: ExportValue)] = [
                ("data", .text(cell.data)), ("method", .text(cell.method)), ("score", .text(score.rawValue)),
                ("planned", .integer(cell.planned)), ("trials", .integer(cell.summary.count)), ("failed", .integer(cell.failed)),
                ("unscored", .integer(cell.unscored)), ("missing", .integer(cell.missing)),
            ]
            row += statistics.map { ($0.rawValue, ExportValue(cell.summary[$0].value)) }
            let interval = cell.summary[.mean].interval
            if wide {
                row += [("mean_lower", ExportValue(interval?.lower)), ("mean_upper", ExportValue(interval?.upper)),
                        ("interval_method", ExportValue(interval?.method.rawValue)),
                        ("no_interval_because", ExportValue(cell.summary[.mean].intervalReason?.description))]
            }
            for reference in references {
                let figures = reference.figures[cell.data]?[cell.method]
                row += [("\(reference.title)_max", ExportValue(figures?.max)), ("\(reference.title)_mean", ExportValue(figures?.mean)),
                        ("\(reference.title)_standard_error", ExportValue(figures?.standardError)),
                        ("\(reference.title)_median", ExportValue(figures?.median))]
            }
            let reason = statistics.lazy.compactMap { cell.summary[$0].reason }.first
            row += [("undefined_because", ExportValue(reason?.description)), ("first_error", ExportValue(cell.firstError))]
            return row
        }
    }
}

/// A field of an export.
enum ExportValue {
    case text(String)
    case integer(Int)
    case number(Double)
    case list([String])
    /// Of a column of texts.
    case nothing
    /// Of a column of numbers.
    case noNumber

    init(_ value: Double?) { self = value.map(ExportValue.number) ?? .noNumber }
    init(_ value: String?) { self = value.map(ExportValue.text) ?? .nothing }

    /// Whether it stands in a column of numbers, and is one that every reader takes for one.
    var isNumeric: Bool {
        switch self {
        case .integer, .number, .noNumber: return true
        case .text, .list, .nothing: return false
        }
    }

    var isInfinite: Bool {
        if case .number(let value) = self { return value.isInfinite }
        return false
    }

    var isNumber: Bool {
        switch self {
        case .integer: return true
        case .number(let value): return value.isFinite
        case .text, .list, .nothing, .noNumber: return false
        }
    }

    /// Unquoted; numbers in full precision.
    var csv: String {
        switch self {
        case .text(let value): return value
        case .integer(let value): return String(value)
        // As R spells it; the others take any spelling.
        case .number(let value): return value.isNaN ? "NaN" : JSONNumber.text(value == 0 ? 0 : value)
        case .list(let values): return values.joined(separator: " > ")
        case .nothing, .noNumber: return ""
        }
    }

    var json: String {
        switch self {
        case .text(let value): return JSONValue.string(value).text(.canonical)
        case .integer(let value): return String(value)
        case .number(let value): return value.isFinite ? (value == 0 ? 0 : value).description : "\"\(JSONNumber.text(value))\""
        case .list(let values): return JSONValue.strings(values).text(.canonical)
        case .nothing, .noNumber: return "null"
        }
    }
}
