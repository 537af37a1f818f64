import LuaHost
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writing a whole text file; an error names the path and the system's reason.
enum TextFile {
    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "wb") else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
        var text = text
        let written = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) }
        guard fclose(file) == 0, written == text.utf8.count else { throw LuaError("cannot write '\(path)': \(String(cString: strerror(errno)))") }
    }
}
