// What running a search k times and keeping one result gives: the one with the best validation score, as a user has to choose, and beside
// it the best test score of the k (the oracle), which nobody can choose by. The gap between them is the price of choosing.

import Terminal

public struct BestOfTable: Sendable {
    public struct Cell: Sendable {
        public let count: Int
        /// By place in `counts`: chosen by the selecting score, and by the reported score itself.
        public let chosen: [Estimate]
        public let oracle: [Estimate]
    }

    public let selecting: Score
    public let reporting: Score
    /// Numbers of searches k, ascending.
    public let counts: [Int]
    private let rows: ScoreRows
    private let cells: [RowKey: Cell]

    public init(_ records: [TrialRecord], counts: [Int] = [1, 2, 3, 5, 10, 20], selecting: Score = .validation, reporting: Score = .test, bootstrap: Bootstrap = Bootstrap()) {
        (self.selecting, self.reporting, self.counts) = (selecting, reporting, counts)
        let rows = ScoreRows(records, reporting, and: selecting)
        self.rows = rows
        let last = counts.max() ?? 1
        cells = rows.map { _, _, row in
            let by = row.records.map { selecting.of($0)! }
            let groups = row.records.dataGroups
            func curve(_ selecting: [Double]) -> [Estimate] {
                BestOf.curve(selecting: selecting, reporting: row.scores, upTo: last, groups: groups, bootstrap: bootstrap, only: counts)
            }
            let chosen = curve(by)
            let oracle = curve(row.scores)
            return Cell(count: row.scores.count, chosen: counts.map { chosen[$0 - 1] }, oracle: counts.map { oracle[$0 - 1] })
        }
    }

    public var data: [String] { rows.data }
    public var methods: [String] { rows.methods }
    public subscript(data data: String, method method: String) -> Cell? { cells[RowKey(data: data, method: method)] }

    /// - Parameter width: columns of the terminal; nil for no limit.
    public func text(width: Int? = nil) -> String {
        let foot = rows.foot(cells) { cell in
            (cell.chosen + cell.oracle).map { ($0.interval?.method == .jackknife ? "best of k" : "best of 1", $0) }
        }
        func block(_ title: String, foot: [String], _ estimates: @escaping (Cell) -> [Estimate]) -> String {
            let columns = ["n"] + counts.map { "best of \($0)" }
            return (width.map { title.folded(to: $0) } ?? title) + "\n" + rows.grid("Method", columns: columns, cells, cells: {
                ["\($0.count)"] + estimates($0).map { readable($0) }
            }, notes: { cell in
                reasons(zip(counts, estimates(cell)).map { ("best of \($0)", $1) })
            }, foot: foot).text(width: width)
        }
        return block("Expected \(reporting.rawValue) of the best of k trials by \(selecting.rawValue)", foot: []) { $0.chosen } + "\n"
            + block("Expected \(reporting.rawValue) of the best of k trials by that score itself, which nobody can choose by", foot: foot) { $0.oracle }
    }
}
