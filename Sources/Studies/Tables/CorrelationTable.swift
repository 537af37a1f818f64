// The correlation of two scores over the trials of each method and data set: signed Pearson, Spearman and Kendall, each with its interval
// and the number of trials. Methods that have no such pairs (no search, no one-shot score) have no row.

/// Correlations of two scores, by method and data.
public struct CorrelationTable: Sendable {
    public struct Cell: Sendable {
        public let data: String
        public let method: String
        /// Trials with both scores.
        public let count: Int
        /// Finished trials that lack one of the scores, or have NaN, and failed trials; neither is in the count.
        public let unscored: Int
        public let failed: Int
        private let estimates: [Correlation: Estimate]

        public subscript(_ correlation: Correlation) -> Estimate { estimates[correlation]! }

        init(data: String, method: String, pairs: ([Double], [Double]), unscored: Int, failed: Int, bootstrap: Bootstrap) {
            (self.data, self.method, self.unscored, self.failed) = (data, method, unscored, failed)
            count = pairs.0.count
            estimates = Dictionary(uniqueKeysWithValues: Correlation.allCases.map {
                ($0, $0.estimate(pairs.0, pairs.1, bootstrap: bootstrap))
            })
        }
    }

    public let x: Score
    public let y: Score
    public let level: Double
    /// By data, then method, in order of appearance.
    public let cells: [Cell]

    /// - Parameters:
    ///   - records: the trials, in any order; failed ones are left out.
    ///   - x: a score of the search, as one_shot.relaxed.
    ///   - y: a score of the final net, as psnr.validation.
    public init(_ records: [TrialRecord], x: Score = .relaxed, y: Score = .validation, bootstrap: Bootstrap = Bootstrap()) {
        (self.x, self.y, level) = (x, y, bootstrap.level)
        var (data, methods) = (Names(), Names())
        var collected: [RowKey: (xs: [Double], ys: [Double], unscored: Int, failed: Int)] = [:]
        for record in records {
            data.add(record.data)
            methods.add(record.method)
            let key = RowKey(data: record.data, method: record.method)
            if record.status == .failed {
                collected[key, default: ([], [], 0, 0)].failed += 1
            } else if let a = x.of(record), let b = y.of(record), !a.isNaN, !b.isNaN {
                collected[key, default: ([], [], 0, 0)].xs.append(a)
                collected[key, default: ([], [], 0, 0)].ys.append(b)
            } else {
                collected[key, default: ([], [], 0, 0)].unscored += 1
            }
        }
        cells = data.inOrder.flatMap { data in
            methods.inOrder.compactMap { method in
                guard let found = collected[RowKey(data: data, method: method)], !found.xs.isEmpty else { return nil }
                return Cell(data: data, method: method, pairs: (found.xs, found.ys), unscored: found.unscored, failed: found.failed,
                            bootstrap: bootstrap)
            }
        }
    }

    /// The cell of a method on a data set; nil without pairs.
    public subscript(data data: String, method method: String) -> Cell? {
        cells.first { $0.data == data && $0.method == method }
    }

    /// The table as text, data sets below each other where the terminal is narrower than side by side takes.
    public func text(width: Int? = nil) -> String {
        cells.isEmpty ? "no trial has both \(x.rawValue) and \(y.rawValue)\n" : grid.text(width: width)
    }

    /// The table for LaTeX with booktabs.
    public var latex: String { grid.latex }

    /// The table as HTML.
    public var html: String { grid.html }

    private var grid: Grid {
        var (data, methods) = (Names(), Names())
        for cell in cells {
            data.add(cell.data)
            methods.add(cell.method)
        }
        return Grid(
            corner: "\(x.rawValue) / \(y.rawValue)",
            groups: data.inOrder.map { Grid.Group(title: $0, columns: ["n", "Pearson", "Spearman", "Kendall"]) },
            rows: methods.inOrder.map { method in
                let row = data.inOrder.map { self[data: $0, method: method] }
                return Grid.Row(name: method, cells: row.map { $0.map(texts) ?? [] }, notes: row.map { $0.map(notes) ?? [] })
            })
    }

    private func texts(_ cell: Cell) -> [String] {
        ["\(cell.count)"] + Correlation.allCases.map { correlation in
            guard let value = cell[correlation].value else { return "–" }
            let interval = cell[correlation].interval.map { "[\(signed($0.lower)), \(signed($0.upper))]" } ?? "[–]"
            return "\(signed(value)) \(interval)"
        }
    }

    private func notes(_ cell: Cell) -> [String] {
        var notes: [String] = []
        if cell.failed > 0 { notes.append("\(cell.failed) failed, left out") }
        if cell.unscored > 0 { notes.append("\(cell.unscored) without both scores, left out") }
        // Coefficients that lack the same thing for the same reason share a note.
        var lacking: [(what: String, reason: Undefined, names: [String])] = []
        for correlation in Correlation.allCases {
            guard let reason = cell[correlation].reason ?? cell[correlation].intervalReason else { continue }
            let what = cell[correlation].value == nil ? "no" : "no interval of"
            if let i = lacking.firstIndex(where: { $0.what == what && $0.reason == reason }) {
                lacking[i].names.append(correlation.rawValue)
            } else {
                lacking.append((what, reason, [correlation.rawValue]))
            }
        }
        for (what, reason, names) in lacking {
            notes.append("\(what) \(names.count == Correlation.allCases.count ? "correlation" : names.joined(separator: ", ")): \(reason)")
        }
        return notes
    }

    /// A line per data set and method; see StudyTable.csv for how absent and infinite figures are written.
    public var csv: String {
        let heading = ["data", "method", "x", "y", "n"] + Correlation.allCases.flatMap { [$0.rawValue, "\($0.rawValue)_lower", "\($0.rawValue)_upper"] }
        return ([heading] + cells.map { cell in
            [csvField(cell.data), csvField(cell.method), x.rawValue, y.rawValue, "\(cell.count)"] + Correlation.allCases.flatMap {
                let estimate = cell[$0]
                return [estimate.value, estimate.interval?.lower, estimate.interval?.upper].map { ExportValue($0).csv }
            }
        }).map { $0.joined(separator: ",") + "\r\n" }.joined()
    }
}
