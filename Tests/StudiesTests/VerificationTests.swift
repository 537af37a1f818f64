import Foundation
import Testing
@testable import Studies

/// Studies run again and compared with what is recorded.
@Suite struct VerificationTests {
    /// As in a study, every trial has a seed of its own.
    private let plan = (1...12).map { trial in
        let known = spec(trial)
        return TrialSpec(identity: known.identity, data: known.data, method: known.method, dataIndex: 0, methodIndex: 0, trial: trial, seed: trial)
    }

    /// A trial whose numbers follow from its index.
    private static func trial(_ spec: TrialSpec) -> TrialRecord {
        var record = finished(spec), history = History()
        history.series = [("alpha", [1, 2]), ("search.training", [3, 2, 1])]
        record.history = history.packed
        return record
    }

    private func recorded() throws -> Store {
        let store = try Store(path: nil)
        _ = try StudyRun(numericVersion: "1").run(study: "s", plan, in: store) { spec in
            if spec.trial == 7 { throw StoreError.failed(path: "trial", detail: "fails the same each time") }
            return Self.trial(spec)
        }
        return store
    }

    private func verify(_ specs: [TrialSpec]? = nil, sample: Int? = nil, change: @escaping @Sendable (inout TrialRecord) -> Void = { _ in }) throws -> Verification {
        try Verification(study: "s", specs ?? plan, in: recorded(), sample: sample, run: StudyRun(numericVersion: "1")) { spec in
            if spec.trial == 7 { throw StoreError.failed(path: "trial", detail: "fails the same each time") }
            var record = Self.trial(spec)
            change(&record)
            return record
        }
    }

    @Test func theSameIsSound() throws {
        let result = try verify()
        #expect(result.isSound && result.compared == 12)
        #expect(result.report == "s: 12 trials run again, all the same bit for bit")
        #expect(try verify(sample: 5).report == "s: 5 of 12 recorded trials run again, all the same bit for bit")
    }

    @Test func theFirstDifferenceIsNamed() throws {
        let result = try verify { record in
            guard record.trial >= 9 else { return }
            record.digest = "other"
            record.psnr.test = record.psnr.test!.nextUp
            record.architecture[1] = "noise"
            var history = History()
            history.series = [("alpha", [1, 2]), ("search.training", [3, Float(2).nextUp, 1])]
            record.history = history.packed
        }
        #expect(!result.isSound && result.differences.map(\.spec.trial) == [9, 10, 11, 12])
        let what = result.differences[0].what
        #expect(what[0] == "history search.training, step 11: 2.0 then, 2.0000002 now")
        #expect(what[1] == "architecture, node 2: net then, noise now")
        #expect(what[2] == "psnr.test: 20.9 then, 20.900000000000002 now")
        #expect(result.report.contains("the first: Blur, DARTS, trial 9") || result.report.contains("trial 9"))
    }

    @Test func numbersKeptOnlyAsADigest() throws {
        let result = try verify { if $0.trial == 3 { $0.digest = "other" } }
        #expect(result.differences.count == 1 && result.differences[0].what[0].hasPrefix("digest:"))
    }

    @Test func aTrialThatFailedAndNowDoesNot() throws {
        let result = try Verification(study: "s", plan, in: recorded(), sample: nil, run: StudyRun(numericVersion: "1")) { Self.trial($0) }
        #expect(result.differences.map(\.spec.trial) == [7])
        #expect(result.differences[0].what[0].contains("then, finished now"))
    }

    @Test func anotherScriptIsNotSound() throws {
        let changed = try verify((1...12).map { spec($0 + 3) })
        #expect(!changed.isSound && changed.gone == 3 && changed.recorded == 9)
        let other = try verify((100...102).map { spec($0) })
        #expect(!other.isSound && other.report.contains("none of its trials is in the store"))
    }

    @Test func storesBesideEachOther() throws {
        let (a, b) = (try recorded(), try Store(path: nil))
        try b.declare(study: "s", Array(plan.prefix(10)))
        try b.insert(plan.prefix(10).map { spec in
            var record = Self.trial(spec)
            if spec.trial == 2 { (record.digest, record.psnr.test) = ("other", 3) }
            return record
        })
        let comparison = try StoreComparison(a, b, score: .test)
        // Trial 7 failed in the first alone.
        #expect((comparison.same, comparison.different.count, comparison.onlyA, comparison.onlyB) == (8, 2, 2, 0))
        #expect(comparison.rows.count == 1 && comparison.rows[0].comparison.count == 9)
        #expect(comparison.text(width: nil).hasPrefix("8 trials are the same bit for bit, 2 different; 2 only in the first, 0 only in the second\n"))
    }
}
