// The study's table, after the paper's Table 1: a row per method, and for each data set max, mean ± standard error and median of a score,
// with the standard deviation and the 95 % interval of the mean in the wide form. Failed and missing trials are told in the table
// itself, and a figure that does not exist is a dash with its reason.

import Terminal

/// Figures of somebody else, to stand beside ours.
public struct TableReference: Sendable {
    /// The figures of one row, in the unit of the score; nil where the source gives none.
    public struct Figures: Sendable, Equatable {
        public var max: Double?
        public var mean: Double?
        public var standardError: Double?
        public var median: Double?

        public init(max: Double? = nil, mean: Double? = nil, standardError: Double? = nil, median: Double? = nil) {
            (self.max, self.mean, self.standardError, self.median) = (max, mean, standardError, median)
        }
    }

    /// What the columns are headed by, as "poster".
    public var title: String
    /// By the name of the data, then of the method.
    public var figures: [String: [String: Figures]]

    public init(title: String, figures: [String: [String: Figures]]) { (self.title, self.figures) = (title, figures) }
}

/// The statistics of a study, a cell per method and data set.
public struct StudyTable: Sendable {
    public struct Cell: Sendable {
        public let data: String
        public let method: String
        /// Trials in the plan; the records there are when no plan was given.
        public let planned: Int
        /// Trials that ended in an error, and the first one's message.
        public let failed: Int
        public let firstError: String?
        /// Finished trials without the score, or with NaN.
        public let unscored: Int
        public let summary: Summary
        /// Planned trials without a record.
        public var missing: Int { Swift.max(0, planned - failed - unscored - summary.count) }
    }

    public let score: Score
    public let wide: Bool
    public let data: [String]
    public let methods: [String]
    public let references: [TableReference]
    private let cells: [RowKey: Cell]
    /// By which methods the intervals were made, in sentences.
    public let foot: [String]

    /// - Parameters:
    ///   - records: in any order; names of data and methods in order of appearance unless a plan gives theirs.
    ///   - plan: the trials of the study, which tells what is missing.
    ///   - wide: adds n, std, and the interval of the mean, which takes a bootstrap.
    public init(_ records: [TrialRecord], plan: [TrialSpec]? = nil, score: Score = .test, wide: Bool = false,
                references: [TableReference] = [], bootstrap: Bootstrap = Bootstrap()) {
        var (data, methods) = (Names(), Names())
        var planned: [RowKey: Int] = [:]
        for spec in plan ?? [] {
            data.add(spec.data)
            methods.add(spec.method)
            planned[RowKey(data: spec.data, method: spec.method), default: 0] += 1
        }
        var collected: [RowKey: (scores: [Double], records: [TrialRecord], failed: Int, error: String?, unscored: Int)] = [:]
        for record in records {
            data.add(record.data)
            methods.add(record.method)
            var cell = collected[RowKey(data: record.data, method: record.method)] ?? ([], [], 0, nil, 0)
            // Not held twice, so that appending does not copy.
            collected[RowKey(data: record.data, method: record.method)] = nil
            if record.status == .failed {
                cell.failed += 1
                cell.error = cell.error ?? record.error
            } else if let value = score.of(record), !value.isNaN {
                cell.scores.append(value)
                if wide { cell.records.append(record) }
            } else {
                cell.unscored += 1
            }
            collected[RowKey(data: record.data, method: record.method)] = cell
        }
        var cells: [RowKey: Cell] = [:]
        var foot = IntervalFoot()
        for key in Set(planned.keys).union(collected.keys) {
            let cell = collected[key] ?? ([], [], 0, nil, 0)
            cells[key] = Cell(data: key.data, method: key.method,
                              planned: planned[key] ?? cell.scores.count + cell.failed + cell.unscored,
                              failed: cell.failed, firstError: cell.error, unscored: cell.unscored,
                              summary: Summary(cell.scores, groups: cell.records.dataGroups, intervals: wide ? [.mean] : [], bootstrap: bootstrap))
            if wide { foot.add(cell.records) }
        }
        (self.score, self.wide, self.references, self.cells) = (score, wide, references, cells)
        (self.data, self.methods) = (data.inOrder, methods.inOrder)
        for cell in cells.values { foot.add("mean", cell.summary[.mean]) }
        self.foot = foot.lines
    }

    /// The cell of a method on a data set; nil when the study has none.
    public subscript(data data: String, method method: String) -> Cell? { cells[RowKey(data: data, method: method)] }

    /// The table as text.
    /// - Parameter width: columns of the terminal; data sets stand below each other where they do not fit. Nil for no limit.
    public func text(width: Int? = nil) -> String { grid.text(width: width) }

    /// The table for LaTeX with booktabs.
    public var latex: String { grid.latex }

    /// The table as HTML.
    public var html: String { grid.html }

    private var grid: Grid {
        var columns = ["max", "mean ± s.e.", "median"]
        if wide { columns = ["n", "max", "mean ± s.e.", "95 % interval", "median", "std"] }
        columns += references.map { "\($0.title) max / mean / median" }
        return Grid(
            corner: "Method", groups: data.map { Grid.Group(title: $0, columns: columns) },
            rows: methods.map { method in
                let row = data.map { self[data: $0, method: method] }
                return Grid.Row(name: method, cells: row.map { $0.map(texts) ?? [] }, notes: row.map { $0.map(notes) ?? [] })
            }, foot: foot)
    }

    private func texts(_ cell: Cell) -> [String] {
        func number(_ statistic: Statistic) -> String { cell.summary[statistic].value.map { readable($0, 2) } ?? "–" }
        let mean = number(.mean) + (cell.summary[.mean].value == nil ? "" : " ± " + number(.standardError))
        var texts = [number(.max), mean, number(.median)]
        if wide {
            let interval = cell.summary[.mean].interval.map { "[\(readable($0.lower, 2)), \(readable($0.upper, 2))]" } ?? "–"
            texts = ["\(cell.summary.count)", number(.max), mean, interval, number(.median), number(.std)]
        }
        for reference in references {
            let figures = reference.figures[cell.data]?[cell.method]
            let mean = figures?.mean.map { readable($0, 2) } ?? "–"
            texts.append(figures == nil ? "–" : [
                figures?.max.map { readable($0, 2) } ?? "–",
                mean + (figures?.standardError.map { " ± " + readable($0, 2) } ?? ""),
                figures?.median.map { readable($0, 2) } ?? "–",
            ].joined(separator: " / "))
        }
        return texts
    }

    private func notes(_ cell: Cell) -> [String] {
        var notes: [String] = []
        if cell.failed > 0 {
            let error = cell.firstError.map { ": " + $0.split(whereSeparator: \.isNewline).joined(separator: " ") } ?? ""
            notes.append("\(cell.failed) of \(cell.planned) failed\(error.displayWidth > 160 ? error.padded(to: 160) : error)")
        }
        if cell.unscored > 0 { notes.append("\(cell.unscored) of \(cell.planned) without a score (\(score.rawValue))") }
        if cell.missing > 0 { notes.append("\(cell.missing) of \(cell.planned) not run") }
        if let reason = cell.summary[.mean].reason {
            if reason != .noScores || notes.isEmpty { notes.append("no mean: \(reason)") }
        } else if let reason = cell.summary[.standardError].reason {
            notes.append("no standard error: \(reason)")
        } else if let reason = cell.summary[.mean].intervalReason {
            notes.append("no interval: \(reason)")
        } else if cell.summary[.mean].interval?.method == .cluster {
            notes.append("trials share data sets: the interval is over these, the standard error takes trials as independent")
        }
        return notes
    }
}

/// Names in order of first appearance.
struct Names {
    private(set) var inOrder: [String] = []
    private var known: Set<String> = []

    mutating func add(_ name: String) {
        // Most records follow one of their own row.
        if name != inOrder.last, known.insert(name).inserted { inOrder.append(name) }
    }
}
