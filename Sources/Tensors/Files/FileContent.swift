import CZlib
import Engine
import Foundation

/// What is to be written: bytes, and the numbers of tensors where they are, so that saving takes no second copy of them.
struct FileContent {
    private enum Part {
        case bytes([UInt8])
        case numbers(Tensor)
    }
    private var parts: [Part] = []
    private(set) var count = 0
    /// Some milliseconds of reading, writing or checking.
    static let piece = 1 << 22
    /// What is written is brought to the disk from time to time: all at the end would be one long wait that nothing interrupts.
    private static let unsynced = 1 << 26

    mutating func append(_ bytes: [UInt8]) {
        parts.append(.bytes(bytes))
        count += bytes.count
    }

    /// The numbers, row-major and little-endian as all platforms this builds for; the tensor has values and no gaps.
    mutating func append(numbersOf tensor: Tensor) {
        parts.append(.numbers(tensor))
        count += tensor.count * tensor.dtype.size
    }

    mutating func append(_ other: FileContent) {
        parts += other.parts
        count += other.count
    }

    /// Calls the body with the bytes, some megabytes at a time. Throws `Interrupted` when asked to stop.
    private func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        func pieces(_ bytes: UnsafeRawBufferPointer) throws {
            try Interruption.checkedPieces(bytes.count, of: FileContent.piece) { start, count in
                if count > 0 { try body(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])) }
            }
        }
        for part in parts {
            switch part {
            case .bytes(let bytes): try bytes.withUnsafeBytes(pieces)
            case .numbers(let tensor): try pieces(UnsafeRawBufferPointer(start: tensor.pointer, count: tensor.count * tensor.dtype.size))
            }
        }
    }

    func crc32() throws -> UInt32 {
        var sum: UInt = 0
        try forEachPiece { sum = crc32_z(sum, $0.bindMemory(to: UInt8.self).baseAddress, $0.count) }
        return UInt32(truncatingIfNeeded: sum)
    }

    /// The file appears whole: it is written beside its place, then moved. A symbolic link stays one, and what it leads
    /// to is written; a file that was there keeps its mode, and its owner where that is allowed. What is no file (a
    /// pipe, a device) is written to directly.
    func write(to path: String) throws {
        func failure(_ code: Int32 = errno) -> EngineError {
            EngineError("save: cannot write '\(path)': \(String(cString: strerror(code)))")
        }
        let place = try FileContent.followed(path, failure)
        var before = stat()
        let exists = stat(place, &before) == 0
        guard exists || errno == ENOENT else { throw failure() }
        if exists, before.st_mode & S_IFMT != S_IFREG {
            // No file to keep safe, and moving another one onto it would take it away.
            guard before.st_mode & S_IFMT != S_IFDIR else { throw failure(EISDIR) }
            return try fill(place, failure)
        }
        // The folder may allow what the file does not.
        if exists, access(place, W_OK) != 0 { throw failure() }
        let temporary = "\(place).\(getpid()).part"
        do {
            try fill(temporary, failure)
            if exists {
                // Only the superuser may give files away; and a change of owner takes the set-user bits.
                if before.st_uid != geteuid() || before.st_gid != getegid() {
                    _ = chown(temporary, before.st_uid, before.st_gid)
                }
                guard chmod(temporary, before.st_mode & 0o7777) == 0 else { throw failure() }
            }
            guard rename(temporary, place) == 0 else { throw failure() }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Where a path leads once its last part is no symbolic link: it need not exist.
    private static func followed(_ path: String, _ failure: (Int32) -> EngineError) throws -> String {
        var place = path
        // As many as the system follows.
        for _ in 0..<40 {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let length = readlink(place, &target, target.count - 1)
            if length < 0 { return place }
            let link = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if link.hasPrefix("/") {
                place = link
            } else {
                let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? ""
                place = folder + link
            }
        }
        throw failure(ELOOP)
    }

    /// Writes the bytes to what is at a path now, made when it is missing, down to the disk.
    private func fill(_ path: String, _ failure: (Int32) -> EngineError) throws {
        guard let file = fopen(path, "wb") else { throw failure(errno) }
        var isClosed = false
        defer { if !isClosed { fclose(file) } }
        /// Pipes and devices have no disk to bring anything to.
        func sync() throws {
            guard fflush(file) == 0 else { throw failure(errno) }
            if fsync(fileno(file)) != 0, ![EINVAL, ENOTSUP, EROFS].contains(errno) { throw failure(errno) }
        }
        var unsynced = 0
        try forEachPiece { bytes in
            guard fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count else { throw failure(errno) }
            unsynced += bytes.count
            if unsynced >= FileContent.unsynced {
                try sync()
                unsynced = 0
            }
        }
        try sync()
        isClosed = true
        guard fclose(file) == 0 else { throw failure(errno) }
    }
}
