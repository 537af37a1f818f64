// The failure kinds of a search, counted with stated thresholds. Kinds exclude each other and are tried in order: dead, misled,
// collapsed. "Far below" is measured against the good runs of the same data (the upper quartile over all methods of the study),
// so one threshold in dB serves every measurement. What cannot be judged is counted as such, never as sound.

/// A way in which a finished trial is a failure. A trial that ended in an error is not one of them; it is counted beside.
public enum FailureKind: String, CaseIterable, Sendable, Codable {
    /// The final net answers (almost) zero to everything, whatever the method.
    case dead
    /// The one-shot score was high, the retrained architecture scores far below: weight sharing misled the search.
    case misled
    /// The search itself collapsed: neither its one-shot score is high nor is the architecture it chose any good.
    case collapsed
}

/// The thresholds of the failure kinds, and what they are compared with.
public struct FailureThresholds: Sendable, Equatable {
    /// dB below the reference at which a final score is far below. 6 dB is four times the squared error.
    public var farBelow = 6.0
    /// dB below the one-shot reference within which a one-shot score is high. 3 dB is twice the squared error.
    public var highOneShot = 3.0
    /// The largest energy of the output, over that of the clean signals, of a dead net.
    public var deadEnergy = 0.01
    /// Where the energy was not recorded: dB around the score of the zero output within which a net is dead.
    public var deadTolerance = 0.25
    /// The score of the zero output, dB, by data, for records that do not carry it.
    public var zeroPSNR: [String: Double] = [:]
    /// The score that final scores are compared with, dB, by data; the upper quartile of all finite final scores when missing.
    public var reference: [String: Double] = [:]
    /// The same for one-shot scores.
    public var oneShotReference: [String: Double] = [:]
    public var final = Score.test
    public var oneShot = Score.relaxed

    public init() {}
}

/// The failures of one method on one data set.
public struct FailureCounts: Sendable, Equatable {
    public let data: String
    public let method: String
    /// Trials that ended in an error; they are of no kind.
    public var failed = 0
    /// Finished trials.
    public var finished = 0
    public var dead = 0
    /// Nil when no trial of the row has a one-shot score: there was no search that could fail.
    public var misled: Int?
    public var collapsed: Int?
    /// Finished trials with a final score far below the reference, of whatever kind.
    public var farBelow = 0
    /// Finished trials without a final score, or with NaN.
    public var unscored = 0
    /// Finished trials whose output could not be compared with zero: neither energy nor the zero score is known.
    public var deadUnknown = 0
    /// The references used, dB; nil when there were no scores to make them of.
    public let reference: Double?
    public let oneShotReference: Double?

    public subscript(_ kind: FailureKind) -> Int? {
        switch kind {
        case .dead: return deadUnknown == finished && finished > 0 ? nil : dead
        case .misled: return misled
        case .collapsed: return collapsed
        }
    }
}

extension FailureThresholds {
    /// Counts the failure kinds in `records`, a row per data and method in order of first appearance.
    public func count(_ records: [TrialRecord]) -> [FailureCounts] {
        let (finalReference, oneShotReference) = references(records)
        var rows: [FailureCounts] = []
        var place: [RowKey: Int] = [:]
        for record in records {
            let key = RowKey(data: record.data, method: record.method)
            let row = place[key] ?? {
                rows.append(FailureCounts(data: key.data, method: key.method, reference: finalReference[key.data],
                                          oneShotReference: oneShotReference[key.data]))
                place[key] = rows.count - 1
                return rows.count - 1
            }()
            if record.status == .failed {
                rows[row].failed += 1
                continue
            }
            rows[row].finished += 1
            if isDead(record) == nil { rows[row].deadUnknown += 1 }
            let searched = oneShot.of(record).map { !$0.isNaN } ?? false
            if searched {
                rows[row].misled = rows[row].misled ?? 0
                rows[row].collapsed = rows[row].collapsed ?? 0
            }
            if let score = final.of(record), !score.isNaN {
                if let reference = finalReference[record.data], score < reference - farBelow { rows[row].farBelow += 1 }
            } else {
                rows[row].unscored += 1
            }
            switch kind(record, reference: finalReference[record.data], oneShotReference: oneShotReference[record.data]) {
            case .dead: rows[row].dead += 1
            case .misled: rows[row].misled! += 1
            case .collapsed: rows[row].collapsed! += 1
            case nil: break
            }
        }
        return rows
    }

    /// The kind of failure of one trial, given the references in dB; nil for a sound trial, a failed one, and one that cannot be judged.
    public func kind(_ record: TrialRecord, reference: Double?, oneShotReference: Double?) -> FailureKind? {
        guard record.status == .ok else { return nil }
        if isDead(record) == true { return .dead }
        guard let score = final.of(record), let reference, score < reference - farBelow,
              let shot = oneShot.of(record), !shot.isNaN, let oneShotReference else { return nil }
        return shot >= oneShotReference - highOneShot ? .misled : .collapsed
    }

    /// Whether the final net answers zero; nil when nothing recorded tells.
    public func isDead(_ record: TrialRecord) -> Bool? {
        if let energy = record.outputEnergy, !energy.isNaN { return energy <= deadEnergy }
        guard let zero = record.zeroPSNR ?? zeroPSNR[record.data], let score = record.psnr.test else { return nil }
        return abs(score - zero) <= deadTolerance
    }

    /// The references by data: those given, else the upper quartile of the finite scores of all methods.
    public func references(_ records: [TrialRecord]) -> (final: [String: Double], oneShot: [String: Double]) {
        func quartiles(_ score: Score, _ given: [String: Double]) -> [String: Double] {
            var scores: [String: [Double]] = [:]
            for record in records where record.status == .ok {
                if let value = score.of(record), value.isFinite { scores[record.data, default: []].append(value) }
            }
            return scores.compactMapValues { try? Statistic.upperQuartile.of($0) }.merging(given) { $1 }
        }
        return (quartiles(final, reference), quartiles(oneShot, oneShotReference))
    }
}

/// A row of a study: one method on one data set.
struct RowKey: Hashable {
    let data: String
    let method: String
}
