// What can be wrong with a store, in words that say what to do. A file that is refused (foreign, newer, damaged, read-only) has not
// been written to.

import GRDB

/// An error of a store, naming its file.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The folder that the store should lie in does not exist.
    case missingFolder(path: String)
    /// There is no store at the path, and it was opened for reading only.
    case missing(path: String)
    /// The file is something else: `what` says what it looks like.
    case foreign(path: String, what: String)
    /// The store was written by a newer Oche.
    case newer(path: String, version: Int, known: Int)
    case damaged(path: String, detail: String)
    /// The file, its folder or the file system does not allow writing (or, when `reading`, reading).
    case notPermitted(path: String, reading: Bool)
    /// No space left; what was reported as stored before is intact.
    case full(path: String)
    /// The file was deleted or replaced while it was open. `rescued` is a new file with everything stored so far.
    case vanished(path: String, rescued: String?)
    /// Another process held the store's lock for longer than the timeout.
    case busy(path: String)
    /// An input or output error, or one that no other case describes.
    case failed(path: String, detail: String)

    public var description: String {
        switch self {
        case .missingFolder(let path):
            return "cannot create store '\(path)': its folder does not exist"
        case .missing(let path):
            return "no store at '\(path)'"
        case .foreign(let path, let what):
            return "'\(path)' is not an Oche store (\(what)); it was left as it is"
        case .newer(let path, let version, let known):
            return "store '\(path)' has format \(version), this Oche knows up to \(known): use the newer Oche; the store was left as it is"
        case .damaged(let path, let detail):
            return "store '\(path)' is damaged (\(detail)); it was left as it is: restore a copy, or salvage with sqlite3's .recover"
        case .notPermitted(let path, let reading):
            return reading ? "cannot read store '\(path)': permission denied"
                : "cannot write store '\(path)': it, its folder or its file system is read-only"
        case .full(let path):
            return "no space left for store '\(path)'; everything reported as stored is safe: make room and run again"
        case .vanished(let path, let rescued?):
            return "store '\(path)' was deleted or replaced during the run; everything stored so far is in '\(rescued)'"
        case .vanished(let path, nil):
            return "store '\(path)' was deleted or replaced during the run, and no copy could be written beside it"
        case .busy(let path):
            return "store '\(path)' is locked by another process"
        case .failed(let path, let detail):
            return "store '\(path)': \(detail)"
        }
    }

    /// SQLite's error in the words above.
    init(_ error: Error, path: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed(path: path, detail: "\(error)")
            return
        }
        let detail = error.message ?? "\(error.resultCode)"
        switch error.resultCode.primaryResultCode {
        case .SQLITE_FULL: self = .full(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, detail: detail)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: self = .notPermitted(path: path, reading: false)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
        case .SQLITE_IOERR:
            self = .failed(path: path, detail: "\(detail): the disk may be full or failing; everything reported as stored is safe: make room and run again")
        default: self = .failed(path: path, detail: detail)
        }
    }
}
