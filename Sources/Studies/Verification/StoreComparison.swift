// Two stores beside each other. Trials of one identity must have one digest; methods are compared by name on the seeds they share, so that
// a changed configuration is measured on the same data.

/// The comparison of store A with store B.
public struct StoreComparison {
    public let same: Int
    public let onlyA: Int
    public let onlyB: Int
    /// Trials of one identity in both, with other numbers, and in what they differ.
    public let different: [(record: TrialRecord, what: [String])]
    public let score: Score
    /// A − B for each data and method that both have, in order of the first.
    public let rows: [(data: String, method: String, meanA: Double?, meanB: Double?, comparison: PairedComparison)]

    public init(_ a: Store, _ b: Store, score: Score) throws {
        let (first, second) = (try StoreComparison.records(a), try StoreComparison.records(b))
        var other: [TrialIdentity: TrialRecord] = [:]
        for record in second { other[record.identity] = record }
        let mine = Set(first.map(\.identity))
        var (same, different, seen) = (0, [(record: TrialRecord, what: [String])](), Set<TrialIdentity>())
        for record in first where seen.insert(record.identity).inserted {
            guard let twin = other[record.identity] else { continue }
            if record.status == twin.status, record.digest == twin.digest, record.error == twin.error { same += 1; continue }
            let what = TrialDifference.of(try a.record(record.identity) ?? record, try b.record(record.identity) ?? twin)
            if what.isEmpty { same += 1 } else { different.append((record, what)) }
        }
        (self.same, self.different, self.score) = (same, different, score)
        (onlyA, onlyB) = (mine.subtracting(other.keys).count, Set(other.keys).subtracting(mine).count)
        func scores(_ records: [TrialRecord]) -> [RowKey: [Int: Double]] {
            var rows: [RowKey: [Int: Double]] = [:]
            for record in records where record.status == .ok {
                if let value = score.of(record) { rows[RowKey(data: record.data, method: record.method), default: [:]][record.seed] = value }
            }
            return rows
        }
        let (left, right) = (scores(first), scores(second))
        var order: [RowKey] = [], known: Set<RowKey> = []
        for record in first {
            let key = RowKey(data: record.data, method: record.method)
            if left[key] != nil, right[key] != nil, known.insert(key).inserted { order.append(key) }
        }
        rows = order.map { key in
            let (x, y) = (left[key]!, right[key]!)
            func mean(_ values: [Int: Double]) -> Double? { try? Statistic.mean.of(values.keys.sorted().map { values[$0]! }) }
            return (key.data, key.method, mean(x), mean(y), PairedComparison(x, y))
        }
    }

    /// Records under the names of their studies' plans.
    private static func records(_ store: Store) throws -> [TrialRecord] {
        let studies = try store.studies()
        return studies.isEmpty ? try store.records() : try studies.flatMap { try store.records(study: $0) }
    }

    public func text(width: Int?) -> String {
        var out = "\(same) \(same == 1 ? "trial is" : "trials are") the same bit for bit, \(different.count) different; \(onlyA) only in the first, \(onlyB) only in the second\n"
        for (record, what) in different.prefix(20) { out += "  \(record.data), \(record.method), trial \(record.trial): \(what.joined(separator: "; "))\n" }
        if different.count > 20 { out += "  and \(different.count - 20) more\n" }
        guard !rows.isEmpty else { return out + "no method on no data set has scores in both\n" }
        func number(_ value: Double?) -> String { value.map { readable($0, 2) } ?? "–" }
        let grid = Grid(corner: "Data, method", groups: [.init(title: "\(score.rawValue), on shared seeds", columns: ["n", "first", "second", "difference", "95 % interval", "p"])], rows: rows.map { row in
            let interval = row.comparison.meanDifference.interval.map { "[\(readable($0.lower, 2)), \(readable($0.upper, 2))]" } ?? "–"
            return Grid.Row(name: "\(row.data), \(row.method)",
                            cells: [["\(row.comparison.count)", number(row.meanA), number(row.meanB), number(row.comparison.meanDifference.value), interval,
                                     row.comparison.pValue.value.map { readable($0, 3) } ?? "–"]], notes: [[]])
        })
        return out + grid.text(width: width)
    }
}
