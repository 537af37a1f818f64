import CZlib
import Engine

/// NumPy's .npz: a zip archive of .npy files, stored or deflated. Sizes are taken from the central directory and believed
/// only as far as the bytes there are allow.
enum NPZFile {
    /// The arrays of the archive, or those that are asked for, by name without .npy.
    static func read(_ file: FileBytes, _ wanted: WantedArrays) throws -> [String: Tensor] {
        var entries: [String: Entry] = [:]
        for entry in try self.entries(file) {
            entries[entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name] = entry
        }
        return try wanted.read(entries, of: file) { _, entry in
            guard entry.name.hasSuffix(".npy") else {
                throw UnloadableArray(problem: "is not an .npy file", python: nil)
            }
            let bytes = try contents(entry, file)
            return try NPYFile.read(FileBytes(bytes: bytes, name: "\(file.name): \(entry.name)", remark: file.remark))
        }
    }

    private struct Entry {
        var name: String, method: UInt16, checksum: UInt32, packed: Int, unpacked: Int, header: Int
    }

    private static func entries(_ file: FileBytes) throws -> [Entry] {
        // The end record is in the last 64 kB, behind it only a comment.
        var end = file.count - 22
        let least = max(0, file.count - 22 - 65_535)
        while end >= least, try file.integer(at: end, UInt32.self) != 0x0605_4b50 { end -= 1 }
        guard end >= least else { throw file.wrong("is not a zip archive, or truncated") }
        let count = Int(try file.integer(at: end + 10, UInt16.self))
        var at = Int(try file.integer(at: end + 16, UInt32.self))
        return try (0..<count).map { _ in
            guard try file.integer(at: at, UInt32.self) == 0x0201_4b50 else { throw file.wrong("has a damaged directory") }
            let nameLength = Int(try file.integer(at: at + 28, UInt16.self)), extraLength = Int(try file.integer(at: at + 30, UInt16.self))
            guard try file.integer(at: at + 8, UInt16.self) & 1 == 0 else { throw file.wrong("is encrypted") }
            var entry = Entry(name: String(decoding: try file.slice(at + 46, nameLength), as: UTF8.self), method: try file.integer(at: at + 10),
                              checksum: try file.integer(at: at + 16), packed: Int(try file.integer(at: at + 20, UInt32.self)),
                              unpacked: Int(try file.integer(at: at + 24, UInt32.self)), header: Int(try file.integer(at: at + 42, UInt32.self)))
            try largeSizes(&entry, file, at + 46 + nameLength, extraLength)
            at += 46 + nameLength + extraLength + Int(try file.integer(at: at + 32, UInt16.self))
            return entry
        }
    }

    /// Sizes that 32 bits do not hold are in an extra field (zip64), in a fixed order.
    private static func largeSizes(_ entry: inout Entry, _ file: FileBytes, _ start: Int, _ length: Int) throws {
        var at = start
        while at + 4 <= start + length {
            let size = Int(try file.integer(at: at + 2, UInt16.self))
            if try file.integer(at: at, UInt16.self) == 1 {
                var field = at + 4
                for path in [\Entry.unpacked, \Entry.packed, \Entry.header] where entry[keyPath: path] == 0xffff_ffff {
                    guard let value = Int(exactly: try file.integer(at: field, UInt64.self)) else { throw file.wrong("has a damaged directory") }
                    entry[keyPath: path] = value
                    field += 8
                }
            }
            at += 4 + size
        }
    }

    private static func contents(_ entry: Entry, _ file: FileBytes) throws -> [UInt8] {
        guard entry.header <= file.count, try file.integer(at: entry.header, UInt32.self) == 0x0403_4b50 else { throw file.wrong("has a damaged directory") }
        let start = entry.header + 30 + Int(try file.integer(at: entry.header + 26, UInt16.self)) + Int(try file.integer(at: entry.header + 28, UInt16.self))
        let packed = try file.slice(start, entry.packed)
        let bytes: [UInt8]
        switch entry.method {
        case 0:
            guard entry.packed == entry.unpacked else { throw file.wrong("has a damaged directory") }
            bytes = Array(packed)
        case 8: bytes = try inflated(Array(packed), entry, file)
        case let method: throw file.wrong("is compressed with method \(method); stored and deflated can be read")
        }
        var content = FileContent()
        content.append(bytes)
        guard try content.crc32() == entry.checksum else { throw file.wrong("is damaged: the checksum of '\(entry.name)' differs") }
        return bytes
    }

    private static func inflated(_ packed: [UInt8], _ entry: Entry, _ file: FileBytes) throws -> [UInt8] {
        // Deflate makes at most 1032 bytes of one.
        guard entry.unpacked / 1032 <= entry.packed + 1, packed.count < Int(UInt32.max), entry.unpacked < Int(UInt32.max) else {
            throw file.wrong("claims \(entry.unpacked) bytes for '\(entry.name)', more than its \(entry.packed) compressed ones can give")
        }
        try Storage.ensure(entry.unpacked, for: "'\(entry.name)' of '\(file.name)'")
        var stream = z_stream()
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw file.wrong("cannot be decompressed") }
        defer { inflateEnd(&stream) }
        var input = packed
        let bytes = [UInt8](unsafeUninitializedCapacity: entry.unpacked) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                stream.next_out = output.baseAddress
                var status = Z_OK
                Interruption.pieces(output.count, of: 1 << 22) { start, count in
                    stream.avail_out = UInt32(count)
                    if status == Z_OK { status = inflate(&stream, start + count == output.count ? Z_FINISH : Z_NO_FLUSH) }
                }
                count = status == Z_STREAM_END ? Int(stream.total_out) : 0
            }
        }
        try Interruption.check()
        guard bytes.count == entry.unpacked else { throw file.wrong("is damaged: '\(entry.name)' cannot be decompressed") }
        return bytes
    }

    /// Stored, not compressed: weights hardly compress.
    static func content(_ tensors: [(name: String, tensor: Tensor)]) throws -> FileContent {
        var content = FileContent(), directory: [UInt8] = []
        func append<T: FixedWidthInteger>(_ values: T..., to target: inout [UInt8]) {
            for value in values { withUnsafeBytes(of: value.littleEndian) { target.append(contentsOf: $0) } }
        }
        guard tensors.count < 65_535 else { throw EngineError("save: up to 65534 tensors fit into an .npz file, got \(tensors.count)") }
        for (name, tensor) in tensors {
            let data = NPYFile.content(tensor), fileName = Array((name + ".npy").utf8), offset = content.count
            guard data.count + offset < 0xffff_ffff, fileName.count < 65_536 else { throw EngineError("save: an .npz file holds up to 4 GB; use .safetensors") }
            let checksum = try data.crc32()
            // Version 2.0, UTF-8 names, stored, 1980-01-01.
            func common(_ target: inout [UInt8]) {
                append(UInt16(20), 0x0800, 0, 0, 0x21, to: &target)
                append(checksum, UInt32(data.count), UInt32(data.count), to: &target)
                append(UInt16(fileName.count), 0, to: &target)
            }
            var header: [UInt8] = []
            append(UInt32(0x0403_4b50), to: &header)
            common(&header)
            content.append(header + fileName)
            content.append(data)
            append(UInt32(0x0201_4b50), to: &directory)
            append(UInt16(20), to: &directory)
            common(&directory)
            append(UInt16(0), 0, 0, to: &directory)
            append(UInt32(0), UInt32(offset), to: &directory)
            directory += fileName
        }
        let start = content.count
        var end: [UInt8] = []
        append(UInt32(0x0605_4b50), to: &end)
        append(UInt16(0), 0, UInt16(tensors.count), UInt16(tensors.count), to: &end)
        append(UInt32(directory.count), UInt32(start), to: &end)
        append(UInt16(0), to: &end)
        content.append(directory + end)
        return content
    }
}
