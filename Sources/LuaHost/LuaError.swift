// What went wrong in a script, as a Swift error. It keeps the Lua value that was raised, so that an error that passes
// through native code reaches an outer pcall unchanged, and the traceback of where it was raised first.

import CLua
import CLuaBridge

public struct LuaError: Error, CustomStringConvertible {
    public enum Kind: Equatable {
        case runtime, syntax, memoryLimit, timeLimit, interrupted
        /// os.exit was called.
        case exit(Int)
    }

    public struct Frame: Equatable, CustomStringConvertible {
        /// The chunk's name: the path as given.
        public var file: String
        /// 0 when unknown.
        public var line: Int
        /// "main chunk", "function 'f'", "method 'exp'"
        public var function: String
        public var isNative: Bool

        public var description: String {
            isNative ? "[native]: in \(function)" : "\(file):\(line): in \(function)"
        }
    }

    public var kind: Kind
    /// Without the position.
    public var message: String
    public var file: String?
    public var line: Int?
    /// Innermost first.
    public var traceback: [Frame]
    /// The value that was raised, when it came from Lua.
    let value: LuaReference?
    /// Chunk names as Lua shortens them, to the full ones.
    var sources: [String: String] = [:]

    /// An error of native code: the position of the calling Lua line is added when it becomes a Lua error.
    public init(_ message: String, kind: Kind = .runtime) {
        self.init(kind: kind, message: message, traceback: [], value: nil)
    }

    init(kind: Kind, message: String, traceback: [Frame], value: LuaReference?) {
        self.kind = kind
        self.message = message
        self.traceback = traceback
        self.value = value
    }

    /// The raised Lua value; nil for errors that began in Swift.
    public var luaValue: LuaValue? {
        guard let value, let L = try? value.running, value.push(L) else { return nil }
        defer { oche_pop(L, 1) }
        return LuaValue.at(L, -1)
    }

    /// A syntax error at the very end of the text: more input would help.
    public var isIncomplete: Bool { kind == .syntax && message.hasSuffix("<eof>") }

    /// "file:line: message"
    public var description: String {
        guard let file, let line else { return message }
        return "\(file):\(line): \(message)"
    }

    /// Frames of the script, without native ones.
    public var userFrames: [Frame] { traceback.filter { !$0.isNative } }

    /// Message and traceback, as the command line prints them.
    public var report: String {
        guard !userFrames.isEmpty, kind != .syntax else { return description }
        return description + "\nstack traceback:\n" + traceback.map { "    \($0)" }.joined(separator: "\n")
    }
}

/// Thrown by native loops that saw the interrupt flag.
public struct LuaInterruption: Error, CustomStringConvertible {
    public init() {}
    public var description: String { "interrupted" }
}

extension LuaError {
    /// Takes the position off a message that begins with "file:line: ". `sources` maps the chunk names that Lua shows
    /// (shortened to 60 bytes) to the full ones; without any, whatever looks like a position is taken.
    mutating func splitPosition(sources: [String: String]) {
        guard let (head, number, rest) = Self.position(in: message) else { return }
        if sources.isEmpty || sources[head] != nil {
            file = sources[head] ?? head
            line = number
            message = rest
        }
    }

    /// Lua finds a misplaced goto or break at the end of its block and says behind the message where it stands: "break outside loop at line 5".
    mutating func takeOwnLine() {
        guard message.hasPrefix("break outside") || message.hasPrefix("no visible label"), let words = message.split(separator: " near ").first?.split(separator: " "),
              let number = words.last.flatMap({ Int($0) }), words.dropLast().suffix(2) == ["at", "line"] else { return }
        line = number
        message = words.dropLast(3).joined(separator: " ")
    }

    private static func position(in text: String) -> (String, Int, String)? {
        let bytes = Array(text.utf8)
        var start = 0
        while let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) {
            var end = colon + 1
            while end < bytes.count, (48...57).contains(bytes[end]) { end += 1 }
            if end > colon + 1, end + 1 < bytes.count, bytes[end] == UInt8(ascii: ":"), bytes[end + 1] == 32,
               let line = Int(String(decoding: bytes[(colon + 1)..<end], as: UTF8.self)) {
                return (String(decoding: bytes[..<colon], as: UTF8.self), line, String(decoding: bytes[(end + 2)...], as: UTF8.self))
            }
            if bytes[colon] == 10 { return nil }
            start = colon + 1
        }
        return nil
    }
}
