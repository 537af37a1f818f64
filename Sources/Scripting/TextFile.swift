import LuaHost
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writing a whole file; an error names the path and the system's reason.
enum TextFile {
    static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "wb") else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
    }
}
