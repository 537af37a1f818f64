// Comma-separated values (RFC 4180, lines end in CRLF) that pandas, polars, R and DuckDB read with the same types. polars looks at the
// first hundred lines: where a column of numbers has none there, the line with its first number is moved to the top. Where it has none
// at all, the first line has NaN, which all read as a missing or undefined number, and not as text.

enum CSVText {
    /// Lines that readers look at to find the types.
    static let inspected = 100

    /// - Parameter rows: of as many values as there are names; what a column lacks is `.noNumber` or `.nothing`, as its values are.
    static func of(_ names: [String], _ rows: [[ExportValue]]) -> String {
        var rows = rows
        var first: [Int] = []
        var hasNone: [Int] = []
        for column in names.indices {
            guard rows.contains(where: { $0[column].isNumeric }) else { continue }
            guard let place = rows.firstIndex(where: { $0[column].isNumber }) else {
                hasNone.append(column)
                continue
            }
            // DuckDB takes a first "inf" for a date.
            let isLate = place >= inspected || rows[..<place].contains { $0[column].isInfinite }
            if isLate, !first.contains(where: { rows[$0][column].isNumber }) { first.append(place) }
        }
        if !first.isEmpty {
            let moved = Set(first)
            rows = first.sorted().map { rows[$0] } + rows.enumerated().filter { !moved.contains($0.offset) }.map(\.element)
        }
        for column in hasNone {
            // Infinities alone are written as a number that is too large.
            if !rows.contains(where: { $0[column].isInfinite }) { rows[0][column] = .number(.nan) }
            for i in rows.indices {
                if case .number(let value) = rows[i][column], value.isInfinite { rows[i][column] = .text(value < 0 ? "-1e999" : "1e999") }
            }
        }
        return ([names] + rows.map { $0.map(\.csv) }).map { $0.map(csvField).joined(separator: ",") + "\r\n" }.joined()
    }
}
