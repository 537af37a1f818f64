// The file of a store, before SQLite may write to it: recognised by its header, checked through a connection that cannot change it, and
// made under a temporary name and linked into place, so that a path holds either no store or a whole one, even after kill -9.

import Foundation
import GRDB

/// A path at which a store lies or will lie.
struct StoreFile {
    let path: String
    let schema: Schema

    /// Files up to this size are read through when opened; larger ones can be checked with Store.check().
    static let checkedSize = 32 << 20

    /// - Parameter path: relative paths are taken from the current folder; "~" is expanded.
    init(path: String, schema: Schema) {
        self.path = URL(fileURLWithPath: (path as NSString).expandingTildeInPath).standardizedFileURL.path
        self.schema = schema
    }

    var folder: String { (path as NSString).deletingLastPathComponent }

    /// Device and inode, which tell whether the path still is the file that was opened.
    var identity: [UInt64]? {
        var status = stat()
        return stat(path, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
    }

    /// Whether there is a file; throws when what is there is not a store that this Oche can use.
    func inspect(writing: Bool) throws -> Bool {
        var status = stat()
        if stat(path, &status) != 0 {
            if access(folder, F_OK) != 0 { throw StoreError.missingFolder(path: path) }
            // Not seen for want of permission is not the same as not there.
            if errno == EACCES { throw StoreError.notPermitted(path: path, reading: true) }
            if writing, access(folder, W_OK | X_OK) != 0 { throw StoreError.notPermitted(path: path, reading: false) }
            return false
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw StoreError.foreign(path: path, what: "it is a folder") }
        if status.st_mode & S_IFMT != S_IFREG { throw StoreError.foreign(path: path, what: "it is not a regular file") }
        guard let handle = FileHandle(forReadingAtPath: path) else { throw StoreError.notPermitted(path: path, reading: true) }
        let header = [UInt8]((try? handle.read(upToCount: 100)) ?? Data())
        try? handle.close()
        try recognise(header, size: Int(status.st_size))
        if writing, access(path, W_OK) != 0 || access(folder, W_OK | X_OK) != 0 {
            throw StoreError.notPermitted(path: path, reading: false)
        }
        try examine(size: Int(status.st_size))
        return true
    }

    private var hasLog: Bool {
        var status = stat()
        return stat(path + "-wal", &status) == 0 && status.st_size > 0
    }

    /// Judges the first 100 bytes (SQLite's file format, section 1.3).
    private func recognise(_ header: [UInt8], size: Int) throws {
        func word(_ at: Int) -> Int { header[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
        if header.isEmpty { throw StoreError.foreign(path: path, what: "it is empty") }
        if !header.starts(with: Array("SQLite format 3\0".utf8)) { throw StoreError.foreign(path: path, what: "not a SQLite file") }
        if header.count < 100 { throw StoreError.damaged(path: path, detail: "its header is cut short") }
        if word(68) != Int(Schema.applicationID) {
            throw StoreError.foreign(path: path, what: "a SQLite file of another application")
        }
        if word(60) > schema.version { throw StoreError.newer(path: path, version: word(60), known: schema.version) }
        let pageSize = header[16] == 0 && header[17] == 1 ? 65536 : Int(header[16]) << 8 | Int(header[17])
        // The page count holds when the change counter (24) equals the version it was written for (92); a log may still hold pages.
        if !hasLog, word(24) == word(92), size < word(28) * pageSize {
            throw StoreError.damaged(path: path, detail: "cut short at \(size) of \(word(28) * pageSize) bytes")
        }
    }

    /// Looks inside without being able to write: version (the log may be newer than the header), tables, and small files whole.
    private func examine(size: Int) throws {
        do {
            try examine(size: size, immutable: !hasLog)
        } catch StoreError.damaged {
            // A process that began to write meanwhile makes a look without locks wrong; the second look sees its log.
            try examine(size: size, immutable: !hasLog)
        }
    }

    private func examine(size: Int, immutable: Bool) throws {
        do {
            let queue = try StoreFile.reader(path, immutable: immutable)
            defer { try? queue.close() }
            try queue.read { db in
                let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                if version > schema.version { throw StoreError.newer(path: path, version: version, known: schema.version) }
                let tables = Set(try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'"))
                for table in ["trial", "history", "provenance", "study", "slot", "claim"] where !tables.contains(table) {
                    throw StoreError.damaged(path: path, detail: "table '\(table)' is missing")
                }
                if size <= StoreFile.checkedSize { try StoreFile.check(db, path: path) }
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// SQLite's own check of every page.
    static func check(_ db: Database, path: String) throws {
        let findings = try String.fetchAll(db, sql: "PRAGMA quick_check(1)")
        if findings != ["ok"] { throw StoreError.damaged(path: path, detail: findings.first ?? "quick_check failed") }
    }

    /// A connection that cannot write; immutable ones take no locks and make no files beside the store.
    static func reader(_ path: String, immutable: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(Store.lockTimeout)
        if immutable, let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) {
            return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Makes an empty store. When another process makes one first, that one stays.
    func create() throws {
        let temporary = "\(path).new-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(temporary + suffix) } }
        do {
            let queue = try DatabaseQueue(path: temporary)
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
                try schema.migrate(db)
                try db.execute(sql: "PRAGMA journal_mode = WAL")
            }
            try queue.close()
        } catch {
            throw StoreError(error, path: path)
        }
        StoreFile.synchronise(temporary)
        if link(temporary, path) != 0, errno != EEXIST {
            // File systems without hard links: rename, which could replace a store made in this very moment.
            guard access(path, F_OK) != 0, rename(temporary, path) == 0 else {
                throw StoreError.failed(path: path, detail: "cannot be created: \(String(cString: strerror(errno)))")
            }
        }
        StoreFile.synchronise(folder)
    }

    /// fsync of a file or folder.
    static func synchronise(_ path: String) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
