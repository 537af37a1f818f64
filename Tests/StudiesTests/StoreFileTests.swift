import Foundation
import GRDB
import Testing
@testable import Studies

/// Files that a store refuses, with the reason and without a changed byte.
@Suite struct StoreFileTests {
    private func refused(_ path: String, schema: Schema = .current, readOnly: Bool = false) throws -> StoreError? {
        let before = FileManager.default.contents(atPath: path)
        let names = try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
        defer {
            #expect(FileManager.default.contents(atPath: path) == before)
            #expect((try? FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)) == names)
        }
        do {
            _ = try Store(path: path, readOnly: readOnly, schema: schema)
            return nil
        } catch {
            return error as? StoreError
        }
    }

    private func isDamaged(_ path: String) throws -> Bool {
        if case .damaged = try refused(path) { return true }
        return false
    }

    private func sound(_ folder: Folder, trials: Int = 20) throws -> String {
        let store = try Store(path: folder["s.oche"])
        try store.insert((1...trials).map { finished(spec($0)) })
        store.close()
        return folder["s.oche"]
    }

    @Test func foreignFiles() throws {
        let folder = try Folder()
        try Data("hello".utf8).write(to: URL(fileURLWithPath: folder["text"]))
        #expect(try refused(folder["text"]) == .foreign(path: folder["text"], what: "not a SQLite file"))
        try Data().write(to: URL(fileURLWithPath: folder["empty"]))
        #expect(try refused(folder["empty"]) == .foreign(path: folder["empty"], what: "it is empty"))
        try Data("SQLite format 3\0abc".utf8).write(to: URL(fileURLWithPath: folder["short"]))
        #expect(try refused(folder["short"]) == .damaged(path: folder["short"], detail: "its header is cut short"))
        let queue = try DatabaseQueue(path: folder["other"])
        try queue.write { try $0.execute(sql: "CREATE TABLE t (x)") }
        try queue.close()
        #expect(try refused(folder["other"]) == .foreign(path: folder["other"], what: "a SQLite file of another application"))
        try FileManager.default.createDirectory(atPath: folder["folder"], withIntermediateDirectories: true)
        #expect(try refused(folder["folder"]) == .foreign(path: folder["folder"], what: "it is a folder"))
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        #expect(try refused(folder["pipe"]) == .foreign(path: folder["pipe"], what: "it is not a regular file"))
    }

    @Test func missingPlaces() throws {
        let folder = try Folder()
        let inside = folder["no/such/s.oche"]
        #expect(throws: StoreError.missingFolder(path: inside)) { try Store(path: inside) }
        #expect(throws: StoreError.missing(path: folder["s.oche"])) { try Store(path: folder["s.oche"], readOnly: true) }
        #expect(folder.names.isEmpty)
        // Even root cannot make a file in /sys.
        #expect(throws: StoreError.self) { try Store(path: "/sys/s.oche") }
    }

    @Test func newerStores() throws {
        let folder = try Folder()
        let path = try sound(folder)
        let newer = Schema(migrations: Schema.current.migrations + [{ try $0.execute(sql: "CREATE TABLE later (x)") }])
        let store = try Store(path: path, readOnly: false, schema: newer)
        // Here the new version is in the log only.
        #expect(throws: StoreError.newer(path: path, version: 4, known: 3)) { try Store(path: path) }
        #expect(try store.records().count == 20)
        store.close()
        #expect(try refused(path) == .newer(path: path, version: 4, known: 3))
        #expect(try refused(path, readOnly: true) == .newer(path: path, version: 4, known: 3))
        #expect(try Store(path: path, readOnly: false, schema: newer).records().count == 20)
    }

    @Test func damagedStores() throws {
        let folder = try Folder()
        let whole = try Data(contentsOf: URL(fileURLWithPath: try sound(folder, trials: 400)))
        let path = folder["bad.oche"]
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
        #expect(try isDamaged(path), "a store cut in half was opened")
        var scratched = whole
        for at in stride(from: 4096 * 3, to: whole.count, by: 4096) { scratched[at] ^= 0x5A }
        try scratched.write(to: URL(fileURLWithPath: path))
        #expect(try isDamaged(path), "a scratched store was opened")
        var tables = whole
        for at in 100..<4096 { tables[at] = 0 }
        try tables.write(to: URL(fileURLWithPath: path))
        #expect(try isDamaged(path), "a store without tables was opened")
    }

    @Test func namesThatLookLikeSomethingElse() throws {
        let folder = try Folder()
        for name in ["file:x?mode=memory", "a b%20#é.oche", "100%.oche"] {
            do {
                let store = try Store(path: folder[name])
                try store.insert(finished(spec(1)))
                store.close()
            }
            #expect(try Store(path: folder[name], readOnly: true).records().count == 1)
        }
    }

    @Test func aFailedMigrationLeavesTheOldVersion() throws {
        let folder = try Folder()
        let path = try sound(folder)
        let broken = Schema(migrations: Schema.current.migrations + [{ db in
            try db.execute(sql: "CREATE TABLE later (x)")
            try db.execute(sql: "INSERT INTO nowhere VALUES (1)")
        }])
        #expect(throws: StoreError.self) { try Store(path: path, readOnly: false, schema: broken) }
        #expect(try Store(path: path).records().count == 20)
    }

    /// A store of format 1 is read as it is, and becomes one of the current format when it is written to.
    @Test func anOlderStoreIsMigrated() throws {
        let folder = try Folder(), path = folder["old.oche"]
        let old = try Store(path: path, readOnly: false, schema: Schema(migrations: Array(Schema.current.migrations.prefix(1))))
        try old.insert((1...5).map { finished(spec($0)) })
        try old.queue.write { db in
            try db.execute(sql: "INSERT INTO study VALUES ('s', 'x', 0)")
            for trial in 1...5 {
                try db.execute(sql: "INSERT INTO slot VALUES ('s', ?, ?, 'Blur', 'DARTS', 0, 0, ?, ?)", arguments: [trial, spec(trial).identity.hexadecimal, trial, trial])
            }
        }
        old.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        do {
            let reader = try Store(path: path, readOnly: true)
            #expect(try reader.records(study: "s").count == 5 && reader.provenance(study: "s") == nil)
            #expect(try reader.records().allSatisfy { $0.oneShot == OneShot(relaxed: $0.oneShot.relaxed, argmax: 17) })
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let store = try Store(path: path)
        var run = StudyRun(numericVersion: "1")
        run.provenance = Provenance(script: "the script")
        let outcome = try run.run(study: "s", (1...6).map { spec($0) }, in: store) { finished($0) }
        #expect(outcome.computed == 1 && outcome.found == 5)
        #expect(outcome.records.map(\.oneShot.scaled) == [nil, nil, nil, nil, nil, 16.5])
        #expect(try store.provenance(study: "s")?.script == "the script")
        #expect(try store.record(spec(6).identity)?.provenance?.script == "the script")
    }

    /// After a run the file alone, without its log, has everything.
    @Test func aCopyOfTheFileIsWhole() throws {
        let folder = try Folder(), store = try Store(path: folder["s.oche"])
        _ = try StudyRun(numericVersion: "1").run(study: "s", (1...6).map { spec($0) }, in: store) { finished($0) }
        try FileManager.default.copyItem(atPath: folder["s.oche"], toPath: folder["copy.oche"])
        #expect(try Store(path: folder["copy.oche"], readOnly: true).records(study: "s").count == 6)
        _ = store
    }

    /// Order and completeness hang on no wall clock.
    @Test func aClockThatJumpsBackwards() throws {
        let folder = try Folder(), store = try Store(path: folder["s.oche"])
        for trial in 1...10 {
            var record = finished(spec(trial))
            record.finished = 1e9 - 1e6 * Double(trial)
            try store.insert(record)
        }
        #expect(try store.records().map(\.trial) == Array(1...10))
        let outcome = try StudyRun(numericVersion: "1").run(study: "s", (1...12).map { spec($0) }, in: store) { spec in
            var record = finished(spec)
            record.finished = 1
            return record
        }
        #expect(outcome.computed == 2 && outcome.missing == 0)
    }
}
