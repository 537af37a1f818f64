import Foundation
import GRDB
import Testing
@testable import Studies

/// A folder of its own for one test.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "oche-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { path + "/" + name }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// A finished trial with scores that follow from its index.
func finished(_ spec: TrialSpec, test: Double? = nil) -> TrialRecord {
    var record = TrialRecord(spec: spec, numericVersion: "1")
    record.architecture = ["grad", "net", "roll"]
    record.oneShot = OneShot(relaxed: 18 + Double(spec.trial % 7) / 10, argmax: 17, scaled: 16.5)
    record.psnr = SplitPSNR(train: 22, validation: 21, test: test ?? 20 + Double(spec.trial % 11) / 10)
    record.seconds = 0.5
    record.digest = SHA256.hexadecimal("\(spec.trial)".utf8)
    return record
}

@Suite struct StoreTests {
    @Test(arguments: [true, false]) func keepsRecords(inMemory: Bool) throws {
        let folder = try Folder()
        let store = try Store(path: inMemory ? nil : folder["s.oche"])
        var record = finished(spec(1))
        record.psnr = SplitPSNR(train: .infinity, validation: .nan, test: -.infinity)
        record.history = Data([9, 8, 7])
        record.provenance = Provenance(script: "study.new{}")
        record.finished = 1.5e9
        record.architecture = ["my > op", "", "净"]
        #expect(try store.insert(record) == .stored)
        #expect(try store.contains(record.identity))
        #expect(try !store.contains(spec(2).identity))
        #expect(try store.record(record.identity) == record)
        #expect(try store.records().first?.history == nil)
        #expect(try store.record(spec(2).identity) == nil)
    }

    @Test func survivesReopening() throws {
        let folder = try Folder()
        let record = finished(spec(1))
        do {
            let store = try Store(path: folder["s.oche"])
            try store.declare(study: "table1", [spec(1), spec(2)])
            try store.insert(record)
            store.close()
        }
        #expect(folder.names == ["s.oche"])
        for readOnly in [true, false] {
            let store = try Store(path: folder["s.oche"], readOnly: readOnly)
            #expect(try store.studies() == ["table1"])
            #expect(try store.records(study: "table1").map(\.identity) == [record.identity])
            #expect(try store.status(study: "table1") == StudyStatus(planned: 2, ok: 1, failed: 0, claimed: 0))
            try store.check()
            if readOnly { #expect(throws: StoreError.self) { try store.insert(record) } }
        }
    }

    @Test func aRecordIsNeverReplacedUnlessItFailed() throws {
        let store = try Store(path: nil)
        let failure = TrialRecord(failed: spec(1), error: "boom", seconds: 1, numericVersion: "1")
        #expect(try store.insert(failure) == .stored)
        #expect(try store.insert(failure) == .alreadyStored(sameDigest: true))
        #expect(try store.insert(finished(spec(1))) == .replacedFailure)
        #expect(try store.insert(failure) == .alreadyStored(sameDigest: false))
        var other = finished(spec(1))
        #expect(try store.insert(other) == .alreadyStored(sameDigest: true))
        other.digest = "else"
        #expect(try store.insert(other) == .alreadyStored(sameDigest: false))
        #expect(try store.records().map(\.status) == [.ok])
    }

    @Test func retryDeletesOnlyFailures() throws {
        let store = try Store(path: nil)
        try store.declare(study: "a", [spec(1), spec(2)])
        try store.insert([finished(spec(1)), TrialRecord(failed: spec(2), error: "x", seconds: 0, numericVersion: "1"),
                          TrialRecord(failed: spec(3), error: "y", seconds: 0, numericVersion: "1")])
        #expect(try store.deleteFailed(study: "a") == 1)
        #expect(try store.deleteFailed() == 1)
        #expect(try store.records().count == 1)
    }

    @Test func recordsFollowThePlanAndItsNames() throws {
        let store = try Store(path: nil)
        try store.insert([3, 1, 2].map { finished(spec($0)) })
        var renamed = [spec(1), spec(2), spec(4), spec(1)]
        renamed[0].method = "DARTS (all ops.)"
        try store.declare(study: "s", renamed)
        try store.declare(study: "s", renamed)
        let records = try store.records(study: "s")
        #expect(records.map(\.trial) == [1, 2, 1])
        #expect(records.map(\.method) == ["DARTS (all ops.)", "DARTS", "DARTS"])
        #expect(try store.plan(study: "s") == renamed)
        try store.declare(study: "s", [spec(3)])
        #expect(try store.records(study: "s").map(\.trial) == [3])
        #expect(try store.records(study: "unknown").isEmpty)
    }

    @Test func fullDiskLosesNothingStored() throws {
        let folder = try Folder()
        let store = try Store(path: folder["s.oche"])
        try store.insert((1...50).map { finished(spec($0)) })
        try store.queue.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count")!
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        var stored = 50
        #expect(throws: StoreError.full(path: folder["s.oche"])) {
            for trial in 51...500 {
                try store.insert(finished(spec(trial)))
                stored += 1
            }
        }
        store.close()
        let again = try Store(path: folder["s.oche"])
        #expect(try again.records().count == stored)
        try again.check()
    }

    @Test func deletedDuringTheRunIsNoticedAndRescued() throws {
        let folder = try Folder()
        let store = try Store(path: folder["s.oche"])
        try store.insert([finished(spec(1)), finished(spec(2))])
        for name in folder.names { unlink(folder[name]) }
        do {
            try store.insert(finished(spec(3)))
            Issue.record("the deleted file was not noticed")
        } catch StoreError.vanished(_, let rescued) {
            let rescued: String = try #require(rescued)
            let copy = try Store(path: rescued)
            #expect(try copy.records().map(\.trial) == [1, 2, 3])
        }
    }

    @Test func folderDeletedDuringTheRun() throws {
        let folder = try Folder()
        let store = try Store(path: folder["s.oche"])
        try FileManager.default.removeItem(atPath: folder.path)
        #expect(throws: StoreError.vanished(path: folder["s.oche"], rescued: nil)) { try store.insert(finished(spec(1))) }
    }
}

@Suite struct ClaimTests {
    private let other = ProcessToken(machine: ProcessToken.current.machine, pid: 1, started: "never")
    private let foreign = ProcessToken(machine: "another boot", pid: 1, started: "5")

    @Test func oneOfTwoStoresGetsATrial() throws {
        let folder = try Folder()
        let (a, b) = (try Store(path: folder["s.oche"]), try Store(path: folder["s.oche"]))
        #expect(try a.claim(spec(1).identity) == .taken)
        #expect(try b.claim(spec(1).identity) == .held(pid: getpid()))
        #expect(try b.claim(spec(2).identity) == .taken)
        try a.insert(finished(spec(1)))
        #expect(try b.claim(spec(1).identity) == .recorded)
        try b.release(spec(2).identity)
        #expect(try a.claim(spec(2).identity) == .taken)
        a.close()
        #expect(try b.claim(spec(2).identity) == .taken)
    }

    @Test func aDeadProcessLosesItsClaimAtOnce() throws {
        let store = try Store(path: nil)
        #expect(try store.claim(spec(1).identity, as: other, now: 0) == .taken)
        #expect(try store.claim(spec(1).identity, as: .current, now: 0) == .taken)
    }

    /// Judged by our own clock and the other's beat, never by a time of day.
    @Test func aForeignClaimIsStaleAfterAMinuteWithoutBeat() throws {
        let store = try Store(path: nil)
        let id = spec(1).identity
        #expect(try store.claim(id, as: foreign, now: 0) == .taken)
        #expect(try store.claim(id, as: .current, now: 100) == .held(pid: 1))
        #expect(try store.claim(id, as: .current, now: 150) == .held(pid: 1))
        try store.beat()
        #expect(try store.claim(id, as: .current, now: 170) == .held(pid: 1))
        #expect(try store.claim(id, as: .current, now: 229) == .held(pid: 1))
        #expect(try store.claim(id, as: .current, now: 231) == .taken)
    }

    @Test func thisProcessIsAlive() {
        #expect(ProcessToken.current.isAlive == true)
        #expect(other.isAlive == false)
        #expect(foreign.isAlive == nil)
        #expect(ProcessToken(machine: ProcessToken.current.machine, pid: getpid(), started: "1").isAlive == false)
    }
}
