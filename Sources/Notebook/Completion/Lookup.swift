// Names as they are written in a cell, `a.b:c`, looked up without running anything: variables and fields are read raw,
// objects by what their type declares, calls by what their documentation says they return.

import LuaHost

/// "darts.search", "t.one_shot", "a:sum"
struct NamePath: Equatable {
    enum Step: Equatable { case field(String), method(String), call }
    var root: String
    var steps: [Step] = []

    init(root: String) { self.root = root }

    /// nil for what is no such path.
    init?(_ text: String) {
        let tokens = CellTokens.of(text)
        guard let (path, first) = NamePath.ending(before: tokens.count - 1, tokens), first == 0 else { return nil }
        self = path
    }

    /// The path that ends right before token `end`, and the token it begins with. Calls and indexing are stepped over.
    static func ending(before end: Int, _ tokens: [CellToken]) -> (path: NamePath, first: Int)? {
        var steps: [Step] = [], at = end - 1
        while at >= 0 {
            let token = tokens[at]
            if token.kind == .name {
                if at >= 1, tokens[at - 1].isSymbol(".") || tokens[at - 1].isSymbol(":") {
                    steps.append(tokens[at - 1].text == "." ? .field(token.text) : .method(token.text))
                    at -= 2
                    continue
                }
                var path = NamePath(root: token.text)
                path.steps = steps.reversed()
                return (path, at)
            }
            // A call: back to before its arguments.
            if token.kind == .string {
                steps.append(.call)
                at -= 1
            } else if token.isSymbol(")") || token.isSymbol("}") {
                guard let open = opening(at, tokens) else { return nil }
                steps.append(.call)
                at = open - 1
            } else {
                return nil
            }
        }
        return nil
    }

    /// The bracket that the one at `close` closes.
    private static func opening(_ close: Int, _ tokens: [CellToken]) -> Int? {
        var depth = 0
        for at in stride(from: close, through: 0, by: -1) where tokens[at].kind == .symbol {
            if [")", "}", "]"].contains(tokens[at].text) { depth += 1 }
            if ["(", "{", "["].contains(tokens[at].text) {
                depth -= 1
                if depth == 0 { return at }
            }
        }
        return nil
    }

    static func isNamePart(_ c: UInt8) -> Bool { c | 32 >= 97 && c | 32 <= 122 || c == 95 || c >= 48 && c <= 57 }

    /// The name and what it hangs on, `a.b:c`, that the offset is in or right behind.
    static func around(_ offset: Int, in text: String) -> String? {
        let bytes = Array(text.utf8)
        func belongs(_ i: Int) -> Bool { isNamePart(bytes[i]) }
        var end = min(max(0, offset), bytes.count)
        while end < bytes.count, belongs(end) { end += 1 }
        // Behind an opening bracket, what is called is meant.
        if end > 0, !belongs(end - 1), [UInt8(ascii: "("), UInt8(ascii: "{")].contains(bytes[end - 1]) { end -= 1 }
        var start = end
        while start > 0, belongs(start - 1) || bytes[start - 1] == UInt8(ascii: ".") || bytes[start - 1] == UInt8(ascii: ":") || bytes[start - 1] == UInt8(ascii: "%") { start -= 1 }
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        return name.isEmpty || name.first!.isNumber ? nil : name
    }
}

struct Lookup {
    let session: Session
    init(_ session: Session) { self.session = session }
    private var documentation: Documentation { session.state.documentation }

    /// What a path leads to: a value, when it is at hand, or only a type's name; and what is declared of it.
    struct Found {
        var value: LuaValue?
        var type: String?
        var entry: Documentation.Entry?
    }

    func resolve(_ path: NamePath) -> Found? {
        guard var found = root(path.root) else { return nil }
        for step in path.steps {
            guard let next = follow(found, step) else { return nil }
            found = next
        }
        return found
    }

    private func root(_ name: String) -> Found? {
        if let value = session.locals.value(name) { return of(value) }
        let value = session.state[global: name]
        return value.isNil ? nil : of(value)
    }

    private func of(_ value: LuaValue) -> Found {
        var found = Found(value: value, type: value.typeName)
        switch value {
        case .table(let table):
            if let module = session.state.module(for: table) {
                found.type = "namespace"
                found.entry = documentation.entry(named: module.name)
            }
        case .function: found.entry = value.address.flatMap { documentation.entry(at: $0) }
        default: break
        }
        return found
    }

    private func follow(_ found: Found, _ step: NamePath.Step) -> Found? {
        switch step {
        case .call:
            if let entry = found.entry, entry.kind == .namespace { return returned(documentation.members(of: entry.name).first { $0.kind == .call }) }
            return returned(found.entry)
        case .field(let name), .method(let name):
            if case .table(let table)? = found.value {
                if let module = session.state.module(for: table) {
                    let value = module.member(name)
                    guard !value.isNil else { return nil }
                    var next = of(value)
                    next.entry = documentation.entry(named: "\(module.name).\(name)") ?? next.entry
                    return next
                }
                return Lookup.field(name, of: table).map { of($0) }
            }
            if case .string? = found.value, case .table(let library) = session.state[global: "string"] { return Lookup.field(name, of: library).map { of($0) } }
            guard let type = found.type, let entry = documentation.members(of: type).first(where: { $0.name == name && $0.kind.isMember }) else { return nil }
            return entry.kind == .property ? Found(type: typeName(in: entry.returns), entry: entry) : Found(type: "function", entry: entry)
        }
    }

    private func returned(_ entry: Documentation.Entry?) -> Found? {
        guard let entry, let type = typeName(in: entry.returns) else { return nil }
        return Found(type: type)
    }

    /// The declared type that "tensor {n, 2}; nil for .." begins with.
    private func typeName(in returns: String) -> String? {
        let word = String(returns.prefix { $0.isLetter || $0 == "_" })
        return documentation.types.contains { $0.name == word } ? word : nil
    }

    /// A field of a table, or of the tables its __index leads to; read raw.
    static func field(_ name: String, of table: LuaTable) -> LuaValue? {
        for table in chain(table) where !table[name].isNil { return table[name] }
        return nil
    }

    /// A table and those its __index leads to.
    static func chain(_ table: LuaTable) -> [LuaTable] {
        var tables = [table]
        while tables.count < 10, let metatable = tables.last?.metatable, case .table(let next) = metatable["__index"] { tables.append(next) }
        return tables
    }
}

extension Documentation.Kind {
    /// What is written behind a value's '.' or ':'.
    var isMember: Bool { self == .method || self == .property }
}
