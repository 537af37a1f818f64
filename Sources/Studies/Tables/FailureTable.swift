// The counts of failures as a table: a row for each method, a group of columns for each data set, a column for each kind. What could not
// be judged has a dash or a note, never a zero.

public struct FailureTable: Sendable {
    public let counts: [FailureCounts]

    public init(_ counts: [FailureCounts]) { self.counts = counts }

    /// - Parameter width: columns of the terminal; nil for no limit.
    public func text(width: Int? = nil) -> String {
        guard !counts.isEmpty else { return "no trials yet\n" }
        var (data, methods) = (Names(), Names()), rows: [RowKey: FailureCounts] = [:]
        for count in counts {
            data.add(count.data)
            methods.add(count.method)
            rows[RowKey(data: count.data, method: count.method)] = count
        }
        let groups = data.inOrder.map { Grid.Group(title: $0, columns: ["finished"] + FailureKind.allCases.map(\.rawValue) + ["failed"]) }
        return Grid(corner: "Method", groups: groups, rows: methods.inOrder.map { method in
            let row = data.inOrder.map { rows[RowKey(data: $0, method: method)] }
            return Grid.Row(name: method, cells: row.map { $0.map(cells) ?? [] }, notes: row.map { $0.map(notes) ?? [] })
        }).text(width: width)
    }

    private func cells(_ c: FailureCounts) -> [String] {
        ["\(c.finished)"] + FailureKind.allCases.map { kind in c[kind].map { "\($0)" } ?? "–" } + ["\(c.failed)"]
    }

    private func notes(_ c: FailureCounts) -> [String] {
        (c.unscored > 0 ? ["\(c.unscored) without a final score, of no kind"] : [])
            + (c.deadUnknown > 0 && c.finished > c.deadUnknown ? ["\(c.deadUnknown) of which it is not known whether they are dead"] : [])
    }
}
