// The cells that were entered, oldest first, and the file that keeps them. A line of the file is a cell, with "\n" for a line break and "\\" for
// a backslash; a line that is not that is skipped. Two sessions may append at once: each entry is one write under a lock, and the file is cut to
// its bound by writing another and renaming it under the same lock. Nothing here throws: a history that can't be kept is no reason to stop.

import Foundation

public final class History {
    /// Read from the file when they are first asked for: the prompt does not wait for them.
    public private(set) lazy var entries: [String] = load()
    private let path: String?
    private let limit: Int
    /// Lines that the file had when it was read, and those added since.
    private var lines = 0

    /// - Parameters:
    ///   - path: the file, or nil to keep nothing beyond the process.
    ///   - limit: entries kept.
    public init(path: String? = History.defaultPath(), limit: Int = 10_000) {
        self.path = path
        self.limit = max(1, limit)
    }

    /// OCHE_HISTORY if it is set (nothing is kept if it is empty), else oche/history in $XDG_STATE_HOME or ~/.local/state.
    public static func defaultPath(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let own = environment["OCHE_HISTORY"] { return own.isEmpty ? nil : own }
        // A relative path in an XDG variable is to be ignored, says the specification.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/oche/history" }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return home + "/.local/state/oche/history"
    }

    /// Adds a cell, unless it is blank or the same as the one before.
    public func add(_ cell: String) {
        guard cell.contains(where: { !$0.isWhitespace }), cell != entries.last else { return }
        entries.append(cell)
        if entries.count > limit { entries.removeFirst(entries.count - limit) }
        append(cell)
    }

    // MARK: The file's lines

    static func encoded(_ cell: String) -> String {
        cell.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\n", with: "\\n")
    }

    /// nil for a line that `encoded` did not write.
    static func decoded(_ line: UnsafeRawBufferPointer) -> String? {
        var isDamaged = line.isEmpty
        let bytes = [UInt8](unsafeUninitializedCapacity: line.count) { out, count in
            var i = 0
            while i < line.count {
                var byte = line[i]
                i += 1
                if byte < 32 && byte != 9 || byte == 127 { isDamaged = true; return }
                if byte == UInt8(ascii: "\\") {
                    let next = i < line.count ? line[i] : 0
                    i += 1
                    guard next == UInt8(ascii: "n") || next == byte else { isDamaged = true; return }
                    if next != byte { byte = 10 }
                }
                out[count] = byte
                count += 1
            }
        }
        return isDamaged ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func read(_ data: Data) -> (entries: [String], lines: Int) {
        var (entries, lines) = ([String](), 0)
        data.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let end = memchr(bytes.baseAddress! + start, 10, bytes.count - start).map { bytes.baseAddress!.distance(to: $0) } ?? bytes.count
                if let entry = decoded(UnsafeRawBufferPointer(rebasing: bytes[start..<end])), entry != entries.last { entries.append(entry) }
                lines += 1
                start = end + 1
            }
        }
        return (entries, lines)
    }

    // MARK: The file

    private func load() -> [String] {
        guard let path, let data = FileManager.default.contents(atPath: path) else { return [] }
        let (all, count) = History.read(data)
        lines = count
        return Array(all.suffix(limit))
    }

    private func append(_ cell: String) {
        guard let path else { return }
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        guard let file = History.openLocked(path) else { return }
        defer { close(file) }
        var line = Array((History.encoded(cell) + "\n").utf8)
        let size = lseek(file, 0, SEEK_END)
        if size > 0 {
            // What a crash cut off in the middle of a write stays a line of its own.
            var last: UInt8 = 10
            if pread(file, &last, 1, size - 1) == 1, last != 10 { line.insert(10, at: 0) }
        }
        _ = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        compact(path)
    }

    /// Opens the file under an exclusive lock; again if another session has put a new file in its place meanwhile.
    private static func openLocked(_ path: String) -> Int32? {
        for _ in 0..<10 {
            let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { return nil }
            var (own, named) = (stat(), stat())
            if flock(file, LOCK_EX) == 0, fstat(file, &own) == 0, stat(path, &named) == 0, own.st_ino == named.st_ino, own.st_dev == named.st_dev {
                return file
            }
            close(file)
        }
        return nil
    }

    /// Rewrites the file when it has twice the entries that are kept.
    private func compact(_ path: String) {
        lines += 1
        guard lines > 2 * limit, let data = FileManager.default.contents(atPath: path) else { return }
        let kept = History.read(data).entries.suffix(limit)
        lines = kept.count
        let bytes = Array(kept.map { History.encoded($0) + "\n" }.joined().utf8)
        let temporary = path + ".\(getpid())"
        let new = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard new >= 0 else { return }
        let written = bytes.withUnsafeBytes { write(new, $0.baseAddress, $0.count) }
        close(new)
        if written != bytes.count || rename(temporary, path) != 0 { unlink(temporary) }
    }
}
