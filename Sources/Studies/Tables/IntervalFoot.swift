// What stands below a table of intervals: by which method each was made, and what all take for granted.

import Terminal

extension Interval.Method {
    /// In the foot of a table, after "by".
    var summary: String {
        switch self {
        case .student: return "Student's t"
        case .bootstrapT: return "the wider of Student's t and the bootstrap-t"
        case .cluster: return "Student's t over the data sets that trials share"
        case .trimmed: return "the bootstrap-t of the trimmed mean"
        case .orderStatistics: return "order statistics (binomial)"
        case .bonett: return "Bonett's formula (the scores' own kurtosis)"
        case .fisher: return "Fisher's z (Pearson: or the bootstrap-t, the wider)"
        case .signFlip: return "inversion of the sign-flip test"
        case .pairedT: return "the paired t test"
        case .jackknife: return "the jackknife with Student's t"
        case .meanSquares: return "mean squares of normal effects"
        case .binomial: return "Clopper and Pearson's formula"
        }
    }
}

/// The methods of the intervals that a table shows.
struct IntervalFoot {
    private var names: [Interval.Method: Names] = [:]
    private var level = 0.95
    private var isOnOneDataSet = false

    mutating func add(_ name: String, _ estimate: Estimate?) {
        guard let interval = estimate?.interval else { return }
        level = interval.level
        names[interval.method, default: Names()].add(name)
    }

    mutating func add(_ records: [TrialRecord]) {
        if records.count > 1, let first = records[0].zeroPSNR, records.allSatisfy({ $0.zeroPSNR == first }) { isOnOneDataSet = true }
    }

    /// A paragraph each; none where there is no interval.
    var lines: [String] {
        if names.isEmpty { return [] }
        let methods = Interval.Method.allCases.compactMap { method in
            names[method].map { "\($0.inOrder.joined(separator: ", ")) by \(method.summary)" }
        }
        var lines = ["\(fixed(100 * level, 0)) % intervals: \(methods.joined(separator: "; ")). "
            + "Trials are taken as independent; an outcome too rare to be among them is in no interval."]
        if isOnOneDataSet { lines.append("Where all trials of a row share one data set, the intervals are of trials on it.") }
        return lines
    }
}

extension [TrialRecord] {
    /// Numbers that trials on the same data have in common: the score of the zero output is the data's own. Nil where no two trials
    /// share data, or all do, so that they are independent given it; also where it was not recorded.
    var dataGroups: [Int]? {
        var known: [UInt64: Int] = [:]
        var groups: [Int] = []
        for record in self {
            guard let zero = record.zeroPSNR else { return nil }
            let group = known[zero.bitPattern] ?? known.count
            known[zero.bitPattern] = group
            groups.append(group)
        }
        return known.count > 1 && known.count < count ? groups : nil
    }
}
