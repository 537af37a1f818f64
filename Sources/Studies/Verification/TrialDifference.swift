// In what two runs of one trial differ. Equal digests mean that every number agrees bit for bit; where they differ, what the records keep
// (status, architecture, histories, scores) shows where it began.

import Foundation

public enum TrialDifference {
    /// What differs, the likely cause first; empty when nothing does.
    public static func of(_ recorded: TrialRecord, _ again: TrialRecord) -> [String] {
        if recorded.status != again.status {
            return ["\(text(recorded)) then, \(text(again)) now"]
        }
        if recorded.status == .failed { return recorded.error == again.error ? [] : ["error '\(recorded.error ?? "")' then, '\(again.error ?? "")' now"] }
        if recorded.digest == again.digest { return [] }
        var found: [String] = []
        if let old = recorded.history.flatMap(History.init(packed:)), let new = again.history.flatMap(History.init(packed:)) {
            // Losses are kept every tenth step; the architecture parameters are those of the end.
            for name in ["search.training", "search.validation", "alpha", "training"] {
                guard let a = old[name], let b = new[name] else { continue }
                if a.count != b.count { found.append("\(name) has \(a.count) values then, \(b.count) now"); continue }
                guard let i = a.indices.first(where: { a[$0].bitPattern != b[$0].bitPattern }) else { continue }
                let place = name == "alpha" ? "value \(i + 1)" : "step \(10 * i + 1)"
                found.append("history \(name), \(place): \(a[i]) then, \(b[i]) now")
            }
        }
        if recorded.architecture != again.architecture {
            let node = zip(recorded.architecture, again.architecture).enumerated().first { $1.0 != $1.1 }
            found.append(node.map { "architecture, node \($0.offset + 1): \($0.element.0) then, \($0.element.1) now" }
                ?? "architecture of \(recorded.architecture.count) nodes then, \(again.architecture.count) now")
        }
        for score in Score.allCases where score != .seconds {
            let (a, b) = (score.of(recorded), score.of(again))
            if a?.bitPattern != b?.bitPattern { found.append("\(score.rawValue): \(number(a)) then, \(number(b)) now") }
        }
        return found.isEmpty ? ["digest: numbers of which the record keeps only the digest (weights, losses between tenth steps)"] : found
    }

    private static func text(_ record: TrialRecord) -> String { record.status == .ok ? "finished" : "failed (\(record.error ?? ""))" }
    private static func number(_ value: Double?) -> String { value.map(JSONNumber.text) ?? "none" }
}
