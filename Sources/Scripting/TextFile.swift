import LuaHost
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reading and writing whole files; an error names the path and the system's reason.
public enum TextFile {
    public static func read(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    public static func bytes(_ path: String) throws -> [UInt8] {
        func failure() -> LuaError { LuaError("cannot open '\(path)': \(String(cString: strerror(errno)))") }
        guard let file = fopen(path, "rb") else { throw failure() }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = fread(buffer.baseAddress, 1, buffer.count, file), count > 0 { bytes += UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
        if ferror(file) != 0 { throw failure() }
        return bytes
    }

    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    public static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "wb") else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
    }
}
