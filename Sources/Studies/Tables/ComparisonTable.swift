// Every method against one of them, trial by trial: trial i of all methods has the same data and seeds, so the spread between data sets
// cancels. With several comparisons on one data set the p-values are also given corrected for their number (Holm).

public struct ComparisonTable: Sendable {
    public struct Cell: Sendable {
        public let comparison: PairedComparison
        /// The sign-flip p, corrected over the methods compared on this data set.
        public let adjustedP: Double?
    }

    public let score: Score
    public let baseline: String
    private let rows: ScoreRows
    private let cells: [RowKey: Cell]

    /// - Parameter baseline: the method whose scores are subtracted; one that has no trials gives comparisons that say so.
    public init(_ records: [TrialRecord], baseline: String, score: Score = .test, bootstrap: Bootstrap = Bootstrap()) {
        let rows = ScoreRows(records, score)
        (self.score, self.baseline, self.rows) = (score, baseline, rows)
        var cells: [RowKey: Cell] = [:]
        for data in rows.data {
            let theirs = rows[data, baseline]?.scoreByTrial ?? [:]
            let known = rows[data, baseline].flatMap { row in row.records.dataGroups.map { (row.records.map(\.trial), $0) } }
            let group = known.map { Dictionary(zip($0.0, $0.1), uniquingKeysWith: { first, _ in first }) }
            let others = rows.methods.filter { $0 != baseline && rows[data, $0] != nil }
            let comparisons = others.map { PairedComparison(rows[data, $0]!.scoreByTrial, theirs, group: group, bootstrap: bootstrap) }
            for ((method, comparison), p) in zip(zip(others, comparisons), holmAdjusted(comparisons.map { $0.pValue.value })) {
                cells[RowKey(data: data, method: method)] = Cell(comparison: comparison, adjustedP: p)
            }
        }
        self.cells = cells
    }

    public var data: [String] { rows.data }
    public var methods: [String] { rows.methods.filter { $0 != baseline } }
    public subscript(data data: String, method method: String) -> Cell? { cells[RowKey(data: data, method: method)] }

    /// - Parameter width: columns of the terminal; nil for no limit.
    public func text(width: Int? = nil) -> String {
        let columns = ["pairs", "mean difference", "median", "higher/equal/lower", "p (mean)", "Holm", "p (signs)", "p (ranks)"]
        return "\(score.rawValue) minus that of \(baseline)\n" + rows.grid("Method", columns: columns, cells, cells: { cell in
            let c = cell.comparison
            return ["\(c.count)", readable(c.meanDifference), c.medianDifference.value.map { readable($0, 2) } ?? "–", "\(c.wins)/\(c.ties)/\(c.losses)",
                    text(c.pValue.value), text(cell.adjustedP), text(c.signP.value), text(c.wilcoxonP.value)]
        }, notes: { cell in
            let c = cell.comparison
            return (c.unpaired > 0 ? ["\(c.unpaired) trials without a partner, left out"] : [])
                + reasons([("mean difference", c.meanDifference), ("p (mean)", c.pValue), ("p (signs)", c.signP), ("p (ranks)", c.wilcoxonP)])
        }, foot: rows.foot(cells) { [("mean difference", $0.comparison.meanDifference)] }).text(width: width)
    }

    private func text(_ p: Double?) -> String { p.map { $0 < 0.0001 ? "<.0001" : String(fixed($0, 4).drop { $0 == "0" }) } ?? "–" }
}
