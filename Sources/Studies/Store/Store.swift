// The store of a study's trials: one SQLite file with a write-ahead log, shared by the processes of one machine. Invariants: what
// insert returned for is on disk (synchronous = FULL); a trial has at most one record; a record that succeeded is never replaced.

import Foundation
import GRDB

/// Trials on disk, or in memory for a study without a file. Safe to use from any thread.
public final class Store: @unchecked Sendable {
    /// The absolute path; nil in memory.
    public let path: String?
    let queue: DatabaseQueue
    /// Names this open store among all that share the file; claims carry it.
    let owner = UUID().uuidString
    let observed = Observations()
    private let file: StoreFile?
    private let opened: [UInt64]?
    /// Whether the file has the column of the scaled one-shot score.
    let keepsScaled: Bool

    /// Seconds to wait for another process's lock.
    static let lockTimeout = 30.0

    /// Opens the store at `path`, making it when there is none; nil keeps everything in memory.
    /// - Throws: StoreError. A file that is refused has not been changed.
    public convenience init(path: String?, readOnly: Bool = false) throws {
        try self.init(path: path, readOnly: readOnly, schema: .current)
    }

    init(path: String?, readOnly: Bool, schema: Schema) throws {
        guard let path else {
            (self.path, file, opened) = (nil, nil, nil)
            queue = try DatabaseQueue()
            try queue.writeWithoutTransaction { try schema.migrate($0) }
            keepsScaled = schema.version >= Schema.versionWithScaled
            return
        }
        let file = StoreFile(path: path, schema: schema)
        (self.file, self.path) = (file, file.path)
        let exists = try file.inspect(writing: !readOnly)
        do {
            if readOnly {
                if !exists { throw StoreError.missing(path: file.path) }
                queue = try (try? Store.tried(StoreFile.reader(file.path, immutable: false)))
                    ?? Store.tried(StoreFile.reader(file.path, immutable: true))
            } else {
                if !exists { try file.create() }
                var configuration = Configuration()
                configuration.busyMode = .timeout(Store.lockTimeout)
                configuration.prepareDatabase { db in
                    // A commit is on disk when it returns: a trial costs seconds, an fsync a few milliseconds.
                    try db.execute(sql: "PRAGMA synchronous = FULL")
                }
                queue = try DatabaseQueue(path: file.path, configuration: configuration)
                try queue.writeWithoutTransaction { db in
                    _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                    try schema.migrate(db)
                }
            }
        } catch {
            throw StoreError(error, path: file.path)
        }
        opened = file.identity
        do {
            let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            keepsScaled = version >= Schema.versionWithScaled
        } catch {
            throw StoreError(error, path: file.path)
        }
    }

    deinit { close() }

    /// Gives back this store's claims and closes the file. Later calls fail.
    public func close() {
        try? queue.write { db in try db.execute(sql: "DELETE FROM claim WHERE owner = ?", arguments: [owner]) }
        try? queue.close()
    }

    /// Brings what is in the log into the file, so that a copy of the file alone has it. Waits for nobody; what it cannot do now, SQLite does later.
    func settle() {
        guard path != nil else { return }
        _ = try? queue.writeWithoutTransaction { try $0.checkpoint(.passive) }
    }

    /// Reads every page of the file.
    /// - Throws: `damaged` with SQLite's first finding.
    public func check() throws {
        try read { db in try StoreFile.check(db, path: self.path ?? ":memory:") }
    }

    private static func tried(_ queue: DatabaseQueue) throws -> DatabaseQueue {
        _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM study") }
        return queue
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try queue.read(body) } catch { throw StoreError(error, path: path ?? ":memory:") }
    }

    /// One durable transaction. Afterwards the path must still be the file that was opened: SQLite would write on into a deleted file.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let value: Value
        do { value = try queue.write(body) } catch { throw StoreError(error, path: path ?? ":memory:") }
        if let file, file.identity != opened { throw StoreError.vanished(path: file.path, rescued: rescue(file)) }
        return value
    }

    /// Writes all that the open but deleted file holds to a new file beside it, where its folder still exists.
    private func rescue(_ file: StoreFile) -> String? {
        let rescued = "\(file.path).rescued-\(getpid())"
        do {
            // All threads of a run notice; one after the other they write all there is.
            try queue.writeWithoutTransaction { db in
                unlink(rescued)
                try db.execute(sql: "VACUUM INTO ?", arguments: [rescued])
            }
        } catch {
            return nil
        }
        StoreFile.synchronise(rescued)
        StoreFile.synchronise(file.folder)
        return rescued
    }
}
