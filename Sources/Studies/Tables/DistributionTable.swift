// The distribution of a score over the trials of each method and data set: where it lies, how it spreads, how far its ends are, each with a
// 95 % interval where one covers. A mean alone hides that some searches collapse; quartiles and the interquartile mean do not.

public struct DistributionTable: Sendable {
    public let score: Score
    private let rows: ScoreRows
    private let summaries: [RowKey: Summary]

    /// The statistics shown, by block.
    private static let blocks: [[(String, Statistic)]] = [
        [("mean", .mean), ("median", .median), ("interquartile mean", .interquartileMean), ("std", .std)],
        [("min", .min), ("lower quartile", .lowerQuartile), ("upper quartile", .upperQuartile), ("max", .max)],
    ]

    public init(_ records: [TrialRecord], score: Score = .test, bootstrap: Bootstrap = Bootstrap()) {
        let rows = ScoreRows(records, score)
        (self.score, self.rows) = (score, rows)
        summaries = rows.map { _, _, row in
            Summary(row.scores, groups: row.records.dataGroups, intervals: Set(Statistic.allCases), bootstrap: bootstrap)
        }
    }

    public var data: [String] { rows.data }
    public var methods: [String] { rows.methods }
    public subscript(data data: String, method method: String) -> Summary? { summaries[RowKey(data: data, method: method)] }

    /// - Parameter width: columns of the terminal; nil for no limit.
    public func text(width: Int? = nil) -> String {
        let foot = rows.foot(summaries) { summary in DistributionTable.blocks.joined().map { ($0.0, summary[$0.1]) } }
        return DistributionTable.blocks.enumerated().map { i, block in
            rows.grid("Method", columns: ["n"] + block.map(\.0), summaries, cells: { summary in
                ["\(summary.count)"] + block.map { readable(summary[$0.1]) }
            }, notes: { summary in
                reasons(block.map { ($0.0, summary[$0.1]) })
            }, foot: i == DistributionTable.blocks.count - 1 ? foot : []).text(width: width)
        }.joined(separator: "\n")
    }
}
