import LuaHost
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reading and writing whole text files; an error names the path and the system's reason.
public enum TextFile {
    public static func read(_ path: String) throws -> String {
        func failure() -> LuaError { LuaError("cannot open '\(path)': \(String(cString: strerror(errno)))") }
        guard let file = fopen(path, "rb") else { throw failure() }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = fread(buffer.baseAddress, 1, buffer.count, file), count > 0 { bytes += UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
        if ferror(file) != 0 { throw failure() }
        return String(decoding: bytes, as: UTF8.self)
    }

    public static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "wb") else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
        var text = text
        let written = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) }
        guard fclose(file) == 0, written == text.utf8.count else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
    }
}
