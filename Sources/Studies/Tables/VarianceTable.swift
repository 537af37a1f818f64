// Where the spread of each method's scores comes from, for a study whose data, search and retraining seeds are nested: the standard
// deviation that each alone would cause, and its share of the variance.

public struct VarianceTable: Sendable {
    public let score: Score
    private let rows: ScoreRows
    private let components: [RowKey: VarianceComponents]

    /// - Parameters:
    ///   - seeds: the seeds of a trial, from 1: those of equal data or search seeds belong together.
    ///   - searches: whether a method's search seed does anything.
    public init(_ records: [TrialRecord], score: Score = .test, seeds: (Int) -> TrialSeeds, searches: (String) -> Bool) {
        let rows = ScoreRows(records, score)
        (self.score, self.rows) = (score, rows)
        components = rows.map { _, method, row in
            VarianceComponents(zip(row.records, row.scores).map { record, score in
                let seeds = seeds(record.trial)
                return .init(data: seeds.data, search: seeds.search, score: score)
            }, hasSearch: searches(method))
        }
    }

    public var data: [String] { rows.data }
    public var methods: [String] { rows.methods }
    public subscript(data data: String, method method: String) -> VarianceComponents? { components[RowKey(data: data, method: method)] }

    /// - Parameter width: columns of the terminal; nil for no limit.
    public func text(width: Int? = nil) -> String {
        let sources = VarianceComponents.Source.allCases
        let columns = ["trials", "data seeds", "searches"] + sources.map { "\($0.rawValue) std" } + sources.map { "\($0.rawValue) share" }
        return rows.grid("\(score.rawValue)", columns: columns, components, cells: { c in
            ["\(c.observations)", "\(c.dataSeeds)", "\(c.searches)"]
                + sources.map { c.variance[$0].map { readable(root($0)) } ?? "–" }
                + sources.map { c.share[$0]?.value.map { readable($0, 2) } ?? "–" }
        }, notes: { c in
            let below = sources.filter { (c.variance[$0]?.value ?? 0) < 0 }
            return (below.isEmpty ? [] : ["\(below.map(\.rawValue).joined(separator: ", ")): estimated below zero, which cannot be told from none"])
                + reasons(sources.compactMap { source in c.variance[source].map { ("\(source.rawValue) std", $0) } })
        }, foot: rows.foot(components) { c in sources.map { ("\($0.rawValue) std", c.variance[$0]) } }).text(width: width)
    }

    /// Standard deviations of variances; what is below zero is none.
    private func root(_ estimate: Estimate) -> Estimate {
        func root(_ value: Double) -> Double { Swift.max(value, 0).squareRoot() }
        guard let value = estimate.value else { return estimate }
        let interval = estimate.interval.map { Interval(lower: root($0.lower), upper: root($0.upper), level: $0.level, method: $0.method) }
        return Estimate(root(value), interval: interval.map { .success($0) } ?? estimate.intervalReason.map { .failure($0) })
    }
}
