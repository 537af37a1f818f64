// A study run again and compared with what its store has. The store is only read.

import Foundation

/// What came of verifying one study.
public struct Verification: Sendable {
    public struct Difference: Sendable {
        public let spec: TrialSpec
        public let what: [String]
    }
    public let study: String
    /// Trials compared, of all that are recorded.
    public let compared: Int
    public let recorded: Int
    /// In the order of the table.
    public let differences: [Difference]
    /// Trials of the last run's plan that the script no longer describes.
    public let gone: Int
    /// Whether it was interrupted before all were compared.
    public let stopped: Bool

    public var isSound: Bool { differences.isEmpty && gone == 0 && compared > 0 && !stopped }

    /// Runs recorded trials of a study again.
    /// - Parameters:
    ///   - specs: the trials that the script describes now.
    ///   - sample: how many to run again, evenly over the table; nil for all.
    public init(study: String, _ specs: [TrialSpec], in store: Store, sample: Int?, run: StudyRun, trial: @escaping @Sendable (TrialSpec) throws -> TrialRecord) throws {
        self.study = study
        let statuses = try store.statuses(), now = Set(specs.map(\.identity))
        gone = Set(try store.plan(study: study).map(\.identity)).filter { !now.contains($0) && statuses[$0] != nil }.count
        var seen = Set<TrialIdentity>()
        let there = specs.filter { statuses[$0.identity] != nil && seen.insert($0.identity).inserted }
        recorded = there.count
        let count = min(sample ?? there.count, there.count)
        let chosen = (0..<count).map { there[$0 * there.count / count] }
        let scratch = try Store(path: nil)
        let outcome = try run.run(study: study, chosen, in: scratch, trial: trial)
        (compared, stopped) = (outcome.records.count, outcome.stopped)
        differences = try chosen.compactMap { spec in
            guard let new = try scratch.record(spec.identity), let old = try store.record(spec.identity) else { return nil }
            let what = TrialDifference.of(old, new)
            return what.isEmpty ? nil : Difference(spec: spec, what: what)
        }
    }

    /// What to tell, a line each.
    public var report: String {
        var lines: [String] = []
        if recorded == 0 { lines.append("\(study): none of its trials is in the store: the script or the engine's numeric version is another than that of the last run") }
        if gone > 0 { lines.append("\(study): \(gone) recorded \(gone == 1 ? "trial is" : "trials are") of another configuration than the script's: it has changed since the last run") }
        if recorded > 0 {
            let rest = compared < recorded ? " of \(recorded) recorded" : ""
            lines.append("\(study): \(compared)\(rest) \(compared == 1 ? "trial" : "trials") run again, \(differences.isEmpty ? "all the same bit for bit" : "\(differences.count) different")")
        }
        if let first = differences.first {
            lines.append("  the first: \(first.spec.data), \(first.spec.method), trial \(first.spec.trial) (seed \(first.spec.seed))")
            lines += first.what.map { "    \($0)" }
            for other in differences.dropFirst().prefix(19) { lines.append("  \(other.spec.data), \(other.spec.method), trial \(other.spec.trial): \(other.what[0])") }
            if differences.count > 20 { lines.append("  and \(differences.count - 20) more") }
        }
        if stopped { lines.append("\(study): stopped before all trials were compared") }
        return lines.joined(separator: "\n")
    }
}
