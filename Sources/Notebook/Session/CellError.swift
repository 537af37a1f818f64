import LuaHost
import Terminal
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What went wrong in a cell, for people: the message, the line it is about with a mark under the place, and the calls
/// that led there, all in the user's own text.
public struct CellError: Error, Equatable {
    public struct Line: Equatable {
        /// "In [3]", or the path of a file.
        public var place: String
        public var number: Int
        /// "function 'f'"; nil in the cell itself.
        public var function: String?
        /// The line as it was written; nil when it is not at hand.
        public var text: String?
    }

    public var kind: LuaError.Kind
    public var message: String
    /// Where it happened; nil when that is not known.
    public var line: Line?
    /// Characters of `line.text` that the message is about.
    public var mark: Range<Int>?
    /// Calls on the way there, innermost first, `line` itself left out.
    public var calls: [Line] = []

    /// One word for the kind, as notebooks have it.
    public var name: String {
        switch kind {
        case .runtime: "RuntimeError"
        case .syntax: "SyntaxError"
        case .memoryLimit: "MemoryLimit"
        case .timeLimit: "TimeLimit"
        case .interrupted: "Interrupted"
        case .exit: "Exit"
        }
    }

    init(message: String) { (kind, self.message) = (.runtime, message) }

    /// - Parameter source: the lines of a chunk by its name.
    init(_ error: LuaError, source: (String) -> [Substring]?) {
        (kind, message) = (error.kind, error.message)
        func text(_ place: String, _ number: Int) -> String? {
            guard let lines = source(place), lines.indices.contains(number - 1) else { return nil }
            return String(lines[number - 1])
        }
        var frames = error.userFrames
        // The outermost is the cell: Lua sees it as a function that has no name.
        if let last = frames.last, last.function.hasPrefix("function <") { frames[frames.count - 1].function = "main chunk" }
        let lines = frames.map { frame in
            Line(place: frame.file, number: frame.line, function: frame.function == "main chunk" ? nil : frame.function, text: text(frame.file, frame.line))
        }
        if let place = error.file, let number = error.line {
            line = Line(place: place, number: number, function: lines.first { $0.place == place && $0.number == number }?.function, text: text(place, number))
            calls = lines
            if let first = calls.first, first.place == place, first.number == number { calls.removeFirst() }
        } else {
            (line, calls) = (lines.first, Array(lines.dropFirst()))
        }
        if kind == .syntax { calls = [] }
        // What a function of the cell's own top level is called by Lua's compiler says more of it than of the script.
        if line?.function == nil { message = message.replacing("(upvalue '", with: "(local '") }
        // An interrupt is about no part of its line.
        guard let line, let text = line.text, kind != .interrupted else { return }
        var failing: Int?
        if kind == .syntax, let lines = source(line.place), let token = CellGrammar.failingToken(lines.joined(separator: "\n")) {
            failing = token.start - lines.prefix(line.number - 1).reduce(0) { $0 + $1.utf8.count + 1 }
        }
        mark = CellError.mark(message, in: text, failing: failing)
    }

    /// The name or token that the message speaks of, else the line's own text.
    /// - Parameter failing: the byte of the line at which the parser stopped, of several tokens that are the same.
    static func mark(_ message: String, in line: String, failing: Int? = nil) -> Range<Int>? {
        let characters = Array(line)
        let tokens = CellTokens.of(line).filter { $0.kind != .end }
        func characterRange(_ token: CellToken) -> Range<Int> {
            let bytes = Array(line.utf8)
            let start = String(decoding: bytes[..<token.start], as: UTF8.self).count
            return start..<(start + String(decoding: bytes[token.start..<token.end], as: UTF8.self).count)
        }
        if message.hasSuffix("<eof>") { return max(0, characters.count)..<(characters.count + 1) }
        if message.hasPrefix("unfinished string"), let found = tokens.last(where: { $0.kind == .unfinishedString }) { return characterRange(found) }
        // "(field 'x')", "near 'end'", "unknown option 'chanels'", "'tensor' has no field 'sume'", "matmul: inner dimensions differ"
        let parts = message.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
        var names = parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
        if let owner = names.first, message.hasPrefix("'\(owner)' has no field") { names.removeFirst() }
        if let last = names.last(where: { message.contains("near '\($0)'") }) {
            let near = tokens.filter { $0.text == last }
            if let found = near.first(where: { $0.start == failing }) ?? near.last { return characterRange(found) }
        }
        // "theta.rate", "operations[1]": the last name that stands in the line, else the first.
        names = names.flatMap { name in [name] + name.split { $0 == "." || $0 == "[" || $0 == "]" }.map(String.init).filter { $0 != name }.reversed() }
        names.append(String(message.prefix { $0.isLetter || $0.isNumber || $0 == "_" }))
        for name in names {
            let same = tokens.indices.filter { tokens[$0].text == name && tokens[$0].kind == .name }
            if let found = likeliest(same, of: tokens, message) ?? same.first { return characterRange(tokens[found]) }
        }
        for name in names { if let found = tokens.first(where: { $0.text == name }) { return characterRange(found) } }
        guard let first = tokens.first, let last = tokens.last else { return nil }
        return characterRange(first).lowerBound..<characterRange(last).upperBound
    }

    private static let namespaces: Set = ["tensor", "darts", "dataset", "measurement", "operation", "plot", "study", "help", "string", "table", "math", "os", "io"]

    /// Of several tokens of a name the first that stands as the message says: a field behind a point, what is called before a bracket.
    private static func likeliest(_ same: [Int], of tokens: [CellToken], _ message: String) -> Int? {
        func text(_ at: Int) -> String { tokens.indices.contains(at) && tokens[at].kind == .symbol ? tokens[at].text : "" }
        let isMember = message.contains("has no field '") || message.contains("has no method or property '") || message.contains("(field '") || message.contains("(method '")
        let isVariable = message.contains("(local '") || message.contains("(global '") || message.contains("(upvalue '")
        let owner = message.contains("' has no field '") ? message.split(separator: "'").first.map(String.init) : nil
        return same.first { at in
            if message.hasPrefix("no visible label") { return at > 0 && tokens[at - 1].isKeyword("goto") }
            if isMember || isVariable, (text(at - 1) == "." || text(at - 1) == ":") != isMember { return false }
            if let owner { return at > 1 && tokens[at - 2].text == owner }
            // A value has no such member: a namespace, whose name stands alone before the point, would say so itself.
            if message.contains("has no method or property '"), at > 1, namespaces.contains(tokens[at - 2].text), text(at - 3) != "." { return false }
            if message.hasPrefix("attempt to index") { return [".", ":", "["].contains(text(at + 1)) }
            if message.hasPrefix("attempt to call") { return ["(", "{"].contains(text(at + 1)) || tokens.indices.contains(at + 1) && tokens[at + 1].kind == .string }
            return true
        }
    }

    /// Message, line with mark, calls.
    /// - Parameter width: columns that the message is folded to; nil to leave it as it is.
    public func text(isColoured: Bool = false, width: Int? = nil) -> String {
        func paint(_ text: String, _ code: String) -> String { isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        if kind == .interrupted, line == nil { return paint("interrupted", "31") }
        let head = line.map { "\($0.place):\($0.number): " } ?? ""
        let folded = width.map { (head + message).folded(to: $0) } ?? head + message
        // A break within the head leaves it without its colour.
        var result = folded.hasPrefix(head) ? paint(head, "2") + paint(String(folded.dropFirst(head.count)), "31") : paint(folded, "31")
        if let line, let text = line.text {
            let margin = "  \(line.number) | "
            let shown = CellError.window(text, mark, room: max(40, (width ?? 110) - margin.count))
            result += "\n" + paint(margin, "2") + shown.text
            if let mark = shown.mark {
                result += "\n" + String(repeating: " ", count: margin.count + mark.lowerBound) + paint(String(repeating: "^", count: max(1, mark.count)), "31")
            }
        }
        var rest = calls[...]
        while let call = rest.first {
            result += "\n" + paint("  called from \(call.place):\(call.number)" + (call.function.map { ", in \($0)" } ?? ""), "2")
            if let text = call.text?.drop(while: { $0 == " " || $0 == "\t" }), !text.isEmpty { result += ":  " + text.prefix(100) }
            // A function that calls itself.
            let same = rest.prefix { $0 == call }.count
            if same > 2 { result += "\n" + paint("  .. (\(same - 1) times more)", "2") }
            rest = rest.dropFirst(same > 2 ? same : 1)
        }
        return result
    }

    /// The part of a long line around its mark; a tab is one space, so that the mark stands right.
    private static func window(_ text: String, _ mark: Range<Int>?, room: Int) -> (text: String, mark: Range<Int>?) {
        let characters = text.map { $0 == "\t" ? " " : $0 }
        guard characters.count > room else { return (String(characters), mark) }
        let size = room - 4, first = max(0, min((mark?.lowerBound ?? 0) - size * 2 / 5, characters.count - size))
        let shown = (first > 0 ? ".." : "") + String(characters[first..<min(characters.count, first + size)]) + (first + size < characters.count ? ".." : "")
        let shift = first > 0 ? 2 - first : 0
        return (shown, mark.map { max(0, $0.lowerBound + shift)..<max(1, min(room, $0.upperBound + shift)) })
    }
}
