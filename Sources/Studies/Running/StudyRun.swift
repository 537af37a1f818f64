// A study run over a pool of plain threads, one trial each. Invariants: every trial is claimed before it starts and stored when it ends, a
// failed one with its error; the outcome is in the order of the specs and depends neither on the number of workers nor on who ran what.
// Callbacks run one at a time on the thread that called run(), which does nothing else.

import Foundation

/// What a run came to.
public struct StudyOutcome: Sendable {
    /// The records of the study in the order of its specs, under their names; trials not run are left out.
    public var records: [TrialRecord]
    /// Trials without a record: the run was stopped.
    public var missing: Int
    /// Trials computed by this run, of which `failed` ended in an error.
    public var computed: Int
    public var failed: Int
    /// Trials that were in the store when the run began.
    public var found: Int
    /// Whether `shouldStop` ended the run early.
    public var stopped: Bool
}

/// The store failed during a run, which therefore ended early. Trials stored before are safe; those computed but not stored are here.
public struct StudyInterrupted: Error, CustomStringConvertible {
    public let underlying: StoreError
    public let unstored: [TrialRecord]

    public var description: String {
        let lost = unstored.isEmpty ? "" : "; \(unstored.count) finished \(unstored.count == 1 ? "trial" : "trials") could not be stored"
        return "\(underlying)\(lost)"
    }
}

/// How a study is run.
public struct StudyRun {
    /// Threads, each running one trial at a time.
    public var workers = ProcessInfo.processInfo.activeProcessorCount
    /// Bytes of stack of each thread.
    public var stackSize = 8 << 20
    /// Polled about ten times a second and before every trial, from any thread. Once true, no trial is started; those in flight are waited
    /// for, and one that throws then counts as not run.
    public var shouldStop: @Sendable () -> Bool = { false }
    /// Called after every trial and about ten times a second.
    public var onProgress: (StudyProgress) -> Void = { _ in }
    /// Called at once for every trial that this run computed, failed ones included.
    public var onRecord: (TrialRecord) -> Void = { _ in }
    /// Deletes the records of failed trials first, so that they are done again.
    public var retryFailed = false
    /// Recorded with failed trials.
    public var numericVersion: String
    /// Where the numbers come from: kept with every record that has none of its own.
    public var provenance: Provenance?
    /// The score whose running medians progress reports.
    public var score = Score.test

    public init(numericVersion: String) { self.numericVersion = numericVersion }

    /// Does what is missing of a study and returns all of it.
    /// - Parameters:
    ///   - study: the name under which the plan is kept in the store.
    ///   - specs: the trials in the order of the table. Equal identities are run once and share their record.
    ///   - trial: runs one trial, on any thread. Its error becomes a failed record; names and identity are taken from the spec.
    /// - Throws: StoreError when the plan cannot be stored, StudyInterrupted when a record cannot.
    public func run(study: String, _ specs: [TrialSpec], in store: Store,
                    trial: @escaping @Sendable (TrialSpec) throws -> TrialRecord) throws -> StudyOutcome {
        try store.declare(study: study, specs, provenance: provenance)
        if retryFailed { try store.deleteFailed(study: study) }
        let before = try store.statuses()
        var seen = Set<TrialIdentity>()
        let pending = specs.filter { before[$0.identity] == nil && seen.insert($0.identity).inserted }
        var progress = StudyProgress(specs: specs, recorded: try store.records(for: specs), score: score, workers: workers)
        let pool = TrialPool(pending: pending, store: store, numericVersion: numericVersion, provenance: provenance, shouldStop: shouldStop, trial: trial)
        onProgress(progress)

        let threads = max(1, min(workers, pending.count))
        for number in 0..<(pending.isEmpty ? 0 : threads) {
            let thread = Thread { pool.work() }
            thread.stackSize = stackSize
            thread.name = "trial \(number + 1)"
            pool.enter()
            thread.start()
        }
        var lastBeat = monotonicSeconds()
        while true {
            let (events, running, finished) = pool.wait(seconds: 0.1)
            for event in events {
                progress.add(event)
                if !event.byOther { onRecord(event.record) }
                onProgress(progress)
            }
            if events.isEmpty {
                progress.tick(running: running)
                onProgress(progress)
            }
            if shouldStop() { pool.stop() }
            if finished { break }
            if monotonicSeconds() - lastBeat > 10 {
                lastBeat = monotonicSeconds()
                do { try store.beat() } catch { pool.fail(error) }
            }
        }
        if let error = pool.failure { throw StudyInterrupted(underlying: error, unstored: pool.unstored) }
        if pool.computed > 0 { store.settle() }
        let records = try store.records(for: specs)
        return StudyOutcome(records: records, missing: specs.count - records.count, computed: pool.computed, failed: pool.failed,
                            found: specs.filter { before[$0.identity] != nil }.count, stopped: shouldStop() && records.count < specs.count)
    }
}
