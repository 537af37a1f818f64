import Basics
import LuaHost
import Notebook

// Questions about code that are answered without running it. Positions in messages count code points, the session's count bytes.

extension Kernel {
    func complete(_ content: JSONValue) -> JSONValue {
        let code = content["code"]?.string ?? "", cursor = content["cursor_pos"]?.integer ?? code.unicodeScalars.count
        let answer = session.complete(code, at: CodePosition.bytes(code, cursor))
        return ["status": "ok", "matches": .array(answer.candidates.map { .string($0.text) }), "metadata": [:],
                "cursor_start": .integer(CodePosition.scalars(code, answer.start)), "cursor_end": .integer(CodePosition.scalars(code, answer.end))]
    }

    func inspect(_ content: JSONValue) -> JSONValue {
        let code = content["code"]?.string ?? "", cursor = content["cursor_pos"]?.integer ?? code.unicodeScalars.count
        guard let text = session.inspect(code, at: CodePosition.bytes(code, cursor)) else { return ["status": "ok", "found": false, "data": [:], "metadata": [:]] }
        return ["status": "ok", "found": true, "data": ["text/plain": .string(text)], "metadata": [:]]
    }

    func completeness(_ content: JSONValue) -> JSONValue {
        switch session.completeness(of: content["code"]?.string ?? "") {
        case .complete: ["status": "complete"]
        case .invalid: ["status": "invalid"]
        case .incomplete(let indent): ["status": "incomplete", "indent": .string(String(repeating: " ", count: indent))]
        }
    }
}

enum CodePosition {
    static func bytes(_ text: String, _ scalars: Int) -> Int {
        text.unicodeScalars.prefix(max(0, scalars)).reduce(0) { $0 + UTF8.width($1) }
    }

    static func scalars(_ text: String, _ bytes: Int) -> Int {
        var left = bytes, count = 0
        for scalar in text.unicodeScalars {
            left -= UTF8.width(scalar)
            if left < 0 { break }
            count += 1
        }
        return count
    }
}
