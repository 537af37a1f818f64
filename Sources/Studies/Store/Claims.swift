// Claims let processes share one store without doing a trial twice. A claim is a row made in one transaction with the look for a record.
// A claim whose process is dead is taken over at once; one of another container or boot when its beat has not moved for a minute of
// our own monotonic time, so that no wall clock is ever compared.

import Foundation
import GRDB

/// The answer to a claim.
public enum Claim: Equatable, Sendable {
    /// This store may do the trial now.
    case taken
    /// The trial has a record.
    case recorded
    /// A living process is at it.
    case held(pid: Int32)
}

extension Store {
    /// Seconds without a beat after which a claim that cannot be judged otherwise is stale.
    static let staleAfter = 60.0

    /// Tries to claim a trial for this store.
    public func claim(_ identity: TrialIdentity) throws -> Claim { try claim(identity, as: .current, now: monotonicSeconds()) }

    func claim(_ identity: TrialIdentity, as process: ProcessToken, now: Double) throws -> Claim {
        try write { db in
            let key = identity.hexadecimal
            let recorded = try Int.fetchOne(db.cachedStatement(sql: "SELECT 1 FROM trial WHERE identity = ?"), arguments: [key])
            if recorded != nil { return .recorded }
            if let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT machine, pid, started, beat FROM claim WHERE identity = ?"), arguments: [key]) {
                let holder = ProcessToken(machine: row[0], pid: row[1], started: row[2])
                let alive = holder.isAlive ?? !observed.isStale(identity, beat: row[3], now: now)
                if alive { return .held(pid: holder.pid) }
            }
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO claim VALUES (?, ?, ?, ?, ?, 0)")
                .execute(arguments: [key, owner, process.machine, process.pid, process.started])
            return .taken
        }
    }

    /// Gives up a claim of this store without a record.
    public func release(_ identity: TrialIdentity) throws {
        try write { db in
            try db.execute(sql: "DELETE FROM claim WHERE identity = ? AND owner = ?", arguments: [identity.hexadecimal, owner])
        }
    }

    /// Says that this store is alive. To be called every ten seconds or so while claims are held.
    public func beat() throws {
        try write { db in try db.execute(sql: "UPDATE claim SET beat = beat + 1 WHERE owner = ?", arguments: [owner]) }
    }
}

/// The beats of foreign claims and since when, on our clock, they have not moved.
final class Observations: @unchecked Sendable {
    private let lock = NSLock()
    private var seen: [TrialIdentity: (beat: Int, since: Double)] = [:]

    func isStale(_ identity: TrialIdentity, beat: Int, now: Double) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        if let last = seen[identity], last.beat == beat { return now - last.since > Store.staleAfter }
        seen[identity] = (beat, now)
        return false
    }
}

/// Seconds on a clock that never jumps.
func monotonicSeconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
