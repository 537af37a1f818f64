// The scores of a study's trials by data and method, in order of appearance, with what was left out of each row: failed trials, and
// finished ones without the score. What every table of statistics starts from.

struct ScoreRows {
    struct Row {
        /// Finished trials with the scores, in the order of the records.
        var records: [TrialRecord] = []
        var scores: [Double] = []
        var failed = 0
        var unscored = 0

        var scoreByTrial: [Int: Double] { Dictionary(zip(records.map(\.trial), scores), uniquingKeysWith: { first, _ in first }) }

        /// What must be said of the row.
        var notes: [String] {
            (failed > 0 ? ["\(failed) failed, left out"] : []) + (unscored > 0 ? ["\(unscored) without the score, left out"] : [])
        }
    }

    let data: [String]
    let methods: [String]
    private let rows: [RowKey: Row]

    /// A score that is NaN counts as none. With `other`, trials have to have that score too.
    init(_ records: [TrialRecord], _ score: Score, and other: Score? = nil) {
        var (data, methods) = (Names(), Names())
        var rows: [RowKey: Row] = [:]
        for record in records {
            data.add(record.data)
            methods.add(record.method)
            let key = RowKey(data: record.data, method: record.method)
            if record.status == .failed {
                rows[key, default: Row()].failed += 1
            } else if let value = score.of(record), !value.isNaN, other.map({ $0.of(record)?.isNaN == false }) ?? true {
                rows[key, default: Row()].records.append(record)
                rows[key, default: Row()].scores.append(value)
            } else {
                rows[key, default: Row()].unscored += 1
            }
        }
        (self.data, self.methods, self.rows) = (data.inOrder, methods.inOrder, rows)
    }

    subscript(_ data: String, _ method: String) -> Row? { rows[RowKey(data: data, method: method)] }

    /// The foot of a table that shows these estimates of every row.
    func foot<Value>(_ values: [RowKey: Value], _ estimates: (Value) -> [(String, Estimate?)]) -> [String] {
        var foot = IntervalFoot()
        for data in data {
            for method in methods {
                let key = RowKey(data: data, method: method)
                if let row = rows[key] { foot.add(row.records) }
                for (name, estimate) in values[key].map(estimates) ?? [] { foot.add(name, estimate) }
            }
        }
        return foot.lines
    }

    /// A value for every row there is.
    func map<Value>(_ body: (String, String, Row) -> Value?) -> [RowKey: Value] {
        var values: [RowKey: Value] = [:]
        for (key, row) in rows { values[key] = body(key.data, key.method, row) }
        return values
    }

    /// A table with a row for each method and a group of columns for each data set.
    func grid<Value>(_ corner: String, columns: [String], _ values: [RowKey: Value], cells: (Value) -> [String],
                     notes: (Value) -> [String], foot: [String] = []) -> Grid {
        Grid(corner: corner, groups: data.map { Grid.Group(title: $0, columns: columns) },
             rows: methods.compactMap { method in
                 let found = data.map { values[RowKey(data: $0, method: method)] }
                 guard found.contains(where: { $0 != nil }) else { return nil }
                 return Grid.Row(name: method, cells: found.map { $0.map(cells) ?? [] }, notes: zip(data, found).map { data, value in
                     value.map { (self[data, method]?.notes ?? []) + notes($0) } ?? []
                 })
             }, foot: foot)
    }
}

/// "20.84 [20.56, 20.91]"; a dash where there is nothing.
func readable(_ estimate: Estimate, _ decimals: Int = 2) -> String {
    guard let value = estimate.value else { return "–" }
    let bounds = estimate.interval.map { " [\(readable($0.lower, decimals)), \(readable($0.upper, decimals))]" }
    return readable(value, decimals) + (bounds ?? (estimate.intervalReason == nil || estimate.intervalReason == .end ? "" : " [–]"))
}

/// Why figures of a row do not exist, those of one reason together.
func reasons(_ figures: [(name: String, estimate: Estimate)]) -> [String] {
    var found: [(what: String, reason: Undefined, names: [String])] = []
    for (name, estimate) in figures {
        guard let reason = estimate.reason ?? estimate.intervalReason, reason != .end else { continue }
        let what = estimate.value == nil ? "no" : "no interval of"
        if let i = found.firstIndex(where: { $0.what == what && $0.reason == reason }) { found[i].names.append(name) } else { found.append((what, reason, [name])) }
    }
    return found.map { "\($0.what) \($0.names.count == figures.count && figures.count > 1 ? "figure" : $0.names.joined(separator: ", ")): \($0.reason)" }
}
