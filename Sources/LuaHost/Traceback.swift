// The call chain of a Lua stack as frames. Deep recursions keep their first and last frames.

import CLua
import CLuaBridge

enum Traceback {
    static let kept = 20

    /// Frames from `level` outwards. Uses only lua_getstack and lua_getinfo, which do not raise.
    static func frames(_ L: LuaStack, from level: Int32) -> (frames: [LuaError.Frame], sources: [String: String]) {
        var frames: [LuaError.Frame] = [], sources: [String: String] = [:]
        var info = lua_Debug()
        let total = depth(L, from: level)
        var current = level
        while lua_getstack(L, current, &info) != 0 {
            if total > 2 * kept + 1, current - level == kept {
                let skipped = total - 2 * kept
                frames.append(.init(file: "", line: 0, function: "... \(skipped) more calls", isNative: true))
                current += Int32(skipped)
                continue
            }
            lua_getinfo(L, "Slnt", &info)
            let what = String(cString: info.what)
            let isNative = what == "C"
            if !isNative { sources[info.shortSource] = info.fullSource }
            if !(isNative && info.name == nil) {
                frames.append(.init(file: isNative ? "" : info.fullSource, line: max(0, Int(info.currentline)),
                                    function: name(info, what), isNative: isNative))
            }
            current += 1
        }
        return (frames, sources)
    }

    private static func depth(_ L: LuaStack, from level: Int32) -> Int {
        var info = lua_Debug()
        var low = level, high = level + 1
        while lua_getstack(L, high, &info) != 0 { low = high; high *= 2 }
        while low < high {
            let middle = (low + high) / 2
            if lua_getstack(L, middle, &info) != 0 { low = middle + 1 } else { high = middle }
        }
        return Int(high - level)
    }

    private static func name(_ info: lua_Debug, _ what: String) -> String {
        if what == "main" { return "main chunk" }
        guard let name = info.name else { return "function <\(info.shortSource):\(info.linedefined)>" }
        let kind = String(cString: info.namewhat)
        let plain = kind == "method" || kind == "metamethod" || kind == "hook" || kind == "for iterator" ? kind : "function"
        return "\(plain) '\(String(cString: name))'"
    }
}

extension lua_Debug {
    var shortSource: String {
        withUnsafeBytes(of: short_src) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    /// Without the mark ('@', '=') that says what kind of source it is.
    var fullSource: String {
        guard let source else { return "?" }
        let text = String(decoding: UnsafeRawBufferPointer(start: source, count: srclen), as: UTF8.self)
        return text.hasPrefix("@") || text.hasPrefix("=") ? String(text.dropFirst()) : shortSource
    }
}
