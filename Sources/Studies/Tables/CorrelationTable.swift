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
        /// The pairs, where they are independent; empty where trials share data sets.
        public let xs: [Double]
        public let ys: [Double]
        private let estimates: [Correlation: Estimate]

        public subscript(_ correlation: Correlation) -> Estimate { estimates[correlation]! }

        init(data: String, method: String, pairs: ([Double], [Double]), groups: [Int]?, unscored: Int, failed: Int, bootstrap: Bootstrap) {
            (self.data, self.method, self.unscored, self.failed) = (data, method, unscored, failed)
            count = pairs.0.count
            xs = groups == nil ? pairs.0 : []
            ys = groups == nil ? pairs.1 : []
            estimates = Correlation.estimates(pairs.0, pairs.1, groups: groups, bootstrap: bootstrap)
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
        var collected: [RowKey: (xs: [Double], ys: [Double], records: [TrialRecord], unscored: Int, failed: Int)] = [:]
        for record in records {
            data.add(record.data)
            methods.add(record.method)
            let key = RowKey(data: record.data, method: record.method)
            if record.status == .failed {
                collected[key, default: ([], [], [], 0, 0)].failed += 1
            } else if let a = x.of(record), let b = y.of(record), !a.isNaN, !b.isNaN {
                collected[key, default: ([], [], [], 0, 0)].xs.append(a)
                collected[key, default: ([], [], [], 0, 0)].ys.append(b)
                collected[key, default: ([], [], [], 0, 0)].records.append(record)
            } else {
                collected[key, default: ([], [], [], 0, 0)].unscored += 1
            }
        }
        cells = data.inOrder.flatMap { data in
            methods.inOrder.compactMap { method in
                guard let found = collected[RowKey(data: data, method: method)], !found.xs.isEmpty else { return nil }
                return Cell(data: data, method: method, pairs: (found.xs, found.ys), groups: found.records.dataGroups,
                            unscored: found.unscored, failed: found.failed, bootstrap: bootstrap)
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
        var foot = IntervalFoot()
        for cell in cells { for correlation in Correlation.allCases { foot.add(correlation.title, cell[correlation]) } }
        return Grid(
            corner: "\(x.rawValue) / \(y.rawValue)",
            groups: data.inOrder.map { Grid.Group(title: $0, columns: ["n", "Pearson", "Spearman", "Kendall"]) },
            rows: methods.inOrder.map { method in
                let row = data.inOrder.map { self[data: $0, method: method] }
                return Grid.Row(name: method, cells: row.map { $0.map(texts) ?? [] }, notes: row.map { $0.map(notes) ?? [] })
            }, foot: foot.lines)
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
        let lacking = reasons(Correlation.allCases.map { ($0.rawValue, cell[$0]) })
        notes += lacking.map { $0.hasPrefix("no figure: ") ? "no correlation: " + $0.dropFirst("no figure: ".count) : $0 }
        return notes
    }

    /// A line per data set and method; see StudyTable.csv for how absent and infinite figures are written.
    public var csv: String {
        let figures = Correlation.allCases.flatMap { [$0.rawValue, "\($0.rawValue)_lower", "\($0.rawValue)_upper"] }
        return CSVText.of(["data", "method", "x", "y", "n"] + figures, cells.map { cell in
            [.text(cell.data), .text(cell.method), .text(x.rawValue), .text(y.rawValue), .integer(cell.count)] + Correlation.allCases.flatMap {
                let estimate = cell[$0]
                return [estimate.value, estimate.interval?.lower, estimate.interval?.upper].map { ExportValue($0) }
            }
        })
    }
}
