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

    /// The file appears whole: it is written beside its place, then moved.
    func write(to path: String) throws {
        func failure() -> EngineError { EngineError("save: cannot write '\(path)': \(String(cString: strerror(errno)))") }
        let temporary = "\(path).\(getpid()).part"
        guard let file = fopen(temporary, "wb") else { throw failure() }
        var isClosed = false
        do {
            var unsynced = 0
            try forEachPiece { bytes in
                guard fwrite(bytes.baseAddress!, 1, bytes.count, file) == bytes.count else { throw failure() }
                unsynced += bytes.count
                if unsynced >= FileContent.unsynced {
                    guard fflush(file) == 0, fsync(fileno(file)) == 0 else { throw failure() }
                    unsynced = 0
                }
            }
            guard fflush(file) == 0, fsync(fileno(file)) == 0 else { throw failure() }
            isClosed = true
            guard fclose(file) == 0, rename(temporary, path) == 0 else { throw failure() }
        } catch {
            if !isClosed { fclose(file) }
            unlink(temporary)
            throw error
        }
    }
}
