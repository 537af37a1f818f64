// The queue of a run and what each thread does with it: take the next trial in order, claim it, run it, store it. A trial that another
// process holds is put aside and looked at again, so that a run ends with all records even when that process dies.

import Foundation

/// A trial that ended, here or in another process.
struct TrialEvent {
    let record: TrialRecord
    let byOther: Bool
}

/// State shared by the threads of one run.
final class TrialPool: @unchecked Sendable {
    private let condition = MonotonicCondition()
    private let store: Store
    private let numericVersion: String
    private let provenance: Provenance?
    private let shouldStop: @Sendable () -> Bool
    private let trial: @Sendable (TrialSpec) throws -> TrialRecord
    private let pending: [TrialSpec]
    private var next = 0
    private var aside: [(spec: TrialSpec, again: Double)] = []
    private var threads = 0
    private var events: [TrialEvent] = []
    private var stopping = false
    private var running = 0
    private(set) var computed = 0
    private(set) var failed = 0
    private(set) var failure: StoreError?
    private(set) var unstored: [TrialRecord] = []

    /// Seconds between looks at a trial that another process holds.
    private static let patience = 0.25

    init(pending: [TrialSpec], store: Store, numericVersion: String, provenance: Provenance?, shouldStop: @escaping @Sendable () -> Bool,
         trial: @escaping @Sendable (TrialSpec) throws -> TrialRecord) {
        (self.pending, self.store, self.numericVersion) = (pending, store, numericVersion)
        (self.provenance, self.shouldStop, self.trial) = (provenance, shouldStop, trial)
    }

    private func locked<Value>(_ body: () throws -> Value) rethrows -> Value { try condition.locked(body) }

    /// Announces a thread before it starts.
    func enter() { locked { threads += 1 } }

    /// Starts no further trial.
    func stop() {
        locked {
            stopping = true
            condition.broadcast()
        }
    }

    /// Ends the run because the store does not work.
    func fail(_ error: Error) {
        locked {
            failure = failure ?? StoreError(error, path: store.path ?? ":memory:")
            stopping = true
            condition.broadcast()
        }
    }

    /// Waits for events at most so long.
    /// - Returns: the events since the last call, the trials in flight, and whether all threads have ended.
    func wait(seconds: Double) -> (events: [TrialEvent], running: Int, finished: Bool) {
        locked {
            if events.isEmpty, threads > 0 { condition.wait(seconds: seconds) }
            defer { events = [] }
            return (events, running, threads == 0)
        }
    }

    /// The life of one thread.
    func work() {
        while let spec = take() {
            do { try attempt(spec) } catch { fail(error) }
        }
        locked {
            threads -= 1
            condition.broadcast()
        }
    }

    /// The next trial, in order; those put aside when nothing else is left and their time has come. Nil when the run is over.
    private func take() -> TrialSpec? {
        locked {
            while true {
                if stopping || shouldStop() { return nil }
                if next < pending.count {
                    defer { next += 1 }
                    return pending[next]
                }
                let now = monotonicSeconds()
                if let ready = aside.firstIndex(where: { $0.again <= now }) { return aside.remove(at: ready).spec }
                // A trial that another thread just took may still be put aside: that thread will see to it itself.
                if aside.isEmpty { return nil }
                condition.wait(seconds: TrialPool.patience / 2)
            }
        }
    }

    private func attempt(_ spec: TrialSpec) throws {
        switch try store.claim(spec.identity) {
        case .recorded:
            if let record = try store.record(spec.identity) { finish(TrialEvent(record: record, byOther: true)) }
        case .held:
            locked { aside.append((spec, monotonicSeconds() + TrialPool.patience)) }
        case .taken:
            locked { running += 1 }
            let record = run(spec)
            locked { running -= 1 }
            guard let record else { return try store.release(spec.identity) }
            do { try store.insert(record) } catch {
                locked { unstored.append(record) }
                throw error
            }
            locked {
                computed += 1
                if record.status == .failed { failed += 1 }
            }
            finish(TrialEvent(record: record, byOther: false))
        }
    }

    /// Runs a trial.
    /// - Returns: its record; nil when it was interrupted by the stop of the run.
    private func run(_ spec: TrialSpec) -> TrialRecord? {
        let start = monotonicSeconds()
        var record: TrialRecord
        do {
            record = try trial(spec)
            (record.identity, record.data, record.method) = (spec.identity, spec.data, spec.method)
            (record.trial, record.seed) = (spec.trial, spec.seed)
            if record.seconds == 0 { record.seconds = monotonicSeconds() - start }
        } catch {
            if shouldStop() { return nil }
            record = TrialRecord(failed: spec, error: "\(error)", seconds: monotonicSeconds() - start, numericVersion: numericVersion)
        }
        record.provenance = record.provenance ?? provenance
        record.finished = record.finished ?? Date().timeIntervalSince1970
        return record
    }

    private func finish(_ event: TrialEvent) {
        locked {
            events.append(event)
            condition.broadcast()
        }
    }
}
