// What a study consists of: the ordered list of its trials as the script last declared it. Records belong to trials, not to studies, so
// renaming, reordering, adding and removing methods or data changes the plan and repeats nothing.

import Foundation
import GRDB

/// How far a study is.
public struct StudyStatus: Equatable, Sendable {
    /// Trials in the plan.
    public var planned = 0
    public var ok = 0
    public var failed = 0
    /// Claimed by a process, not known to be alive.
    public var claimed = 0
    /// Neither recorded nor claimed.
    public var missing: Int { planned - ok - failed - claimed }
}

extension Store {
    /// Sets the plan of a study: its trials in the order of its table, and the script that says so. Costs nothing when both are known already.
    public func declare(study: String, _ specs: [TrialSpec], provenance: Provenance? = nil) throws {
        var digest = NumberDigest()
        for spec in specs {
            digest.add([spec.identity.hexadecimal, spec.data, spec.method, "\(spec.dataIndex)", "\(spec.methodIndex)", "\(spec.trial)",
                        "\(spec.seed)"].joined(separator: "\u{1F}"))
        }
        let planDigest = digest.finish()
        let known = try read { db in
            try String.fetchOne(db, sql: "SELECT plan_digest FROM study WHERE name = ?", arguments: [study])
        }
        let isNewScript = try provenance?.script != nil && provenance?.sameScript(as: self.provenance(study: study)) != true
        if known == planDigest, !isNewScript { return }
        try write { db in
            let origin = try provenance.map { try self.keep($0, in: db) }
            if known == planDigest {
                try db.execute(sql: "UPDATE study SET provenance = ? WHERE name = ?", arguments: [origin, study])
                return
            }
            try db.execute(sql: "DELETE FROM slot WHERE study = ?", arguments: [study])
            try db.execute(sql: """
                INSERT INTO study (name, plan_digest, declared, provenance) VALUES (?, ?, ?, ?) ON CONFLICT (name)
                DO UPDATE SET plan_digest = excluded.plan_digest, declared = excluded.declared, provenance = excluded.provenance
                """, arguments: [study, planDigest, Date().timeIntervalSince1970, origin])
            let slot = try db.cachedStatement(sql: "INSERT INTO slot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            for (position, spec) in specs.enumerated() {
                try slot.execute(arguments: [study, position, spec.identity.hexadecimal, spec.data, spec.method,
                                             spec.dataIndex, spec.methodIndex, spec.trial, spec.seed])
            }
        }
    }

    /// The names of the studies in the store.
    public func studies() throws -> [String] {
        try read { try String.fetchAll($0, sql: "SELECT name FROM study ORDER BY declared, name") }
    }

    /// Where the plan of a study comes from; nil for an unknown study, or one declared without a script.
    public func provenance(study: String) throws -> Provenance? {
        try read { db in
            // A store of format 1 that is only read has not got the column.
            guard try db.columns(in: "study").contains(where: { $0.name == "provenance" }) else { return nil }
            let json = try String.fetchOne(db, sql: "SELECT json FROM provenance JOIN study ON study.provenance = hash WHERE name = ?", arguments: [study])
            return try json.map { try JSONDecoder().decode(Provenance.self, from: Data($0.utf8)) }
        }
    }

    /// The plan of a study in its order; empty for an unknown one.
    public func plan(study: String) throws -> [TrialSpec] {
        try read { db in
            var specs: [TrialSpec] = []
            let rows = try Row.fetchCursor(db, sql: """
                SELECT identity, data, method, data_index, method_index, trial, seed FROM slot WHERE study = ? ORDER BY position
                """, arguments: [study])
            while let row = try rows.next() {
                specs.append(TrialSpec(identity: TrialIdentity(stored: row[0]), data: row[1], method: row[2], dataIndex: row[3],
                                       methodIndex: row[4], trial: row[5], seed: row[6]))
            }
            return specs
        }
    }

    /// The records of a study in the order of its plan, under the names of its plan, without histories. Trials not run are left out.
    public func records(study: String) throws -> [TrialRecord] { try records(for: plan(study: study)) }

    /// The records of the given trials in their order and under their names. Trials not run are left out.
    public func records(for specs: [TrialSpec]) throws -> [TrialRecord] {
        var place: [TrialIdentity: Int] = [:]
        place.reserveCapacity(specs.count)
        // Trials that share an identity form a chain: next[i] is the one before i, or -1.
        var next = [Int](repeating: -1, count: specs.count)
        for (i, spec) in specs.enumerated() {
            if let earlier = place.updateValue(i, forKey: spec.identity) { next[i] = earlier }
        }
        var found = [TrialRecord?](repeating: nil, count: specs.count)
        try read { db in
            var reader = RecordReader(db, keepsScaled: keepsScaled)
            let rows = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM trial")
            while let row = try rows.next() {
                guard var i = place[TrialIdentity(stored: row[0])] else { continue }
                var record = try reader.record(row)
                while i >= 0 {
                    let spec = specs[i]
                    (record.data, record.method, record.trial, record.seed) = (spec.data, spec.method, spec.trial, spec.seed)
                    found[i] = record
                    i = next[i]
                }
            }
        }
        return found.compactMap { $0 }
    }

    /// How far a study is, by its plan.
    public func status(study: String) throws -> StudyStatus {
        try read { db in
            let row = try Row.fetchOne(db, sql: """
                SELECT count(*), total(trial.status = 'ok'), total(trial.status = 'failed'),
                       total(trial.identity IS NULL AND claim.identity IS NOT NULL)
                FROM slot LEFT JOIN trial USING (identity) LEFT JOIN claim USING (identity) WHERE slot.study = ?
                """, arguments: [study])!
            return StudyStatus(planned: row[0], ok: row[1], failed: row[2], claimed: row[3])
        }
    }

    /// Which of the store's trials have a record, and whether it failed.
    public func statuses() throws -> [TrialIdentity: TrialRecord.Status] {
        try read { db in
            var statuses: [TrialIdentity: TrialRecord.Status] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT identity, status FROM trial")
            while let row = try rows.next() { statuses[TrialIdentity(stored: row[0])] = (row[1] as String) == "ok" ? .ok : .failed }
            return statuses
        }
    }
}
