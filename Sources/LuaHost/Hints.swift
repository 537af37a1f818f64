// What Lua's own messages leave unsaid: about declared types, about names that are nearly right, and about what other languages
// write. Added where an error leaves the script; the value that pcall sees is Lua's.

extension Documentation {
    /// "; size is a property: without ()", or "".
    func hint(for message: String) -> String {
        if message.hasPrefix("attempt to call a "), let start = message.end(of: "(method '") ?? message.end(of: "(field '"), message.hasSuffix("')") {
            let name = String(message[start...].dropLast(2))
            let owners = entries.filter { $0.kind == .property && $0.name == name }.map(\.owner)
            if let owner = owners.first { return "; \(name) is a property\(owners.count == 1 ? " of a \(owner)" : ""): without ()" }
        }
        if message.hasPrefix("attempt to call a number value (for iterator") { return "; a loop over numbers is: for i = 1, n do" }
        if message.hasPrefix("attempt to call a table value (for iterator") { return "; a loop over a table is: for i, v in ipairs(t) do" }
        for type in types where message.hasSuffix("number expected, got \(type.name))") {
            if entries.contains(where: { $0.kind == .method && $0.owner == type.name && $0.name == "item" }) { return "; x:item() is the number in a \(type.name) of one element" }
        }
        // The things of a namespace come from its functions.
        for type in namespaces where message.contains("(\(type.name) expected, got string '") {
            let makers = members(of: type.name).filter { $0.kind == .function && $0.returns == type.name }.map { $0.path + "{}" }
            if makers.count > 1 { return "; \(makers.prefix(3).joined(separator: ", "))\(makers.count > 3 ? " and others make" : " make") one" }
        }
        return ""
    }

    /// What to write in place of a name that a namespace or type (`owner`) does not have: the nearest that it has, all it has when they are few,
    /// or which namespace has it.
    func suggestion(for name: String, in owner: String, isType: Bool, among names: [String], otherNames: [String: String]) -> String {
        let near = NearestName.suggestion(for: name, among: names, otherNames: otherNames)
        if !near.isEmpty { return near }
        let elsewhere = entries.filter { $0.name == name && $0.kind == .function }
        if let found = elsewhere.first(where: { $0.owner == owner }) { return " (there is \(found.path))" }
        let all = names.sorted().joined(separator: ", ")
        if !names.isEmpty, all.utf8.count <= (isType ? 200 : 120) { return " (it has \(all))" }
        return isType ? "" : elsewhere.first.map { " (there is \($0.path))" } ?? ""
    }
}

extension LuaState {
    /// What people write who come from elsewhere.
    private static let otherNames = [
        "len": "#x", "exit": "os.exit()", "quit": "os.exit()", "range": "for i = 1, n do .. end", "None": "nil", "null": "nil", "True": "true", "False": "false",
        "str": "tostring(x)", "float": "tonumber(x)", "np": "tensor", "numpy": "tensor", "torch": "tensor", "unpack": "table.unpack(t)", "loadstring": "load(text)"]

    /// Functions of Lua's io and os, and globals, that a sandbox takes away.
    private static let unsandboxed: Set = [
        "open", "lines", "popen", "input", "output", "tmpfile", "execute", "getenv", "remove", "rename", "tmpname", "setlocale", "dofile", "loadfile"]

    /// Of "attempt to call a nil value (global 'pritn')": " (did you mean 'print'?)".
    func hint(forGlobalIn message: String) -> String {
        if configuration.isSandboxed, message.hasPrefix("attempt to call a nil value ("), let name = message.split(separator: "'").dropFirst().first, Self.unsandboxed.contains(String(name)) {
            return "; files, processes and the environment cannot be used in the sandbox"
        }
        guard message.contains(" a nil value"), let start = message.end(of: "(global '"), message.hasSuffix("')") else { return "" }
        let name = String(message[start...].dropLast(2))
        // Of a letter or two anything would be near.
        guard name.utf8.count > 2 || Self.otherNames[name] != nil else { return "" }
        var names = otherVariables()
        for (key, value) in globals.pairs { if case .string(let name) = key, !name.hasPrefix("_"), !value.isNil { names.append(name) } }
        return NearestName.suggestion(for: name, among: names, otherNames: Self.otherNames)
    }
}

/// What a line that is not Lua would be called in it.
enum SyntaxHint {
    /// - Parameters:
    ///   - message: of Lua's compiler.
    ///   - line: that it speaks of.
    static func of(_ message: String, in line: String) -> String {
        let words = line.split(whereSeparator: \.isWhitespace)
        switch words.first {
        case "import", "from": if words.count > 1 { return "; nothing needs an import: tensor, darts, study and the others are there" }
        case "def": return "; a function begins with: function f(x)"
        case "let", "var", "const": if words.count > 1 { return "; a variable is declared with: local \(words[1].prefix { $0.isLetter || $0.isNumber || $0 == "_" }) = .." }
        default: break
        }
        if message.hasSuffix("near '!'") { return line.contains("!=") ? "; unequal is ~=" : "; negation is: not x" }
        if message.hasSuffix("near '@'") { return "; the matrix product is a:matmul(b)" }
        if message.hasSuffix("near '&'"), line.contains("&&") { return "; it is: a and b" }
        if message.hasSuffix("near '|'"), line.contains("||") { return "; it is: a or b" }
        if message.hasSuffix("near '='") || message.hasSuffix("near '+'") {
            if let assigning = ["+=", "-=", "*=", "/=", "++"].first(where: { line.contains($0) }) { return "; it is: x = x \(assigning.prefix(1)) y" }
        }
        if message.hasPrefix("']' expected near ':'") { return "; a range is x[{{first, last}}]" }
        if message.hasPrefix("']' expected near ','") { return "; an index in several dimensions is x[{i, j}]" }
        return ""
    }
}

extension String {
    /// Behind the first occurrence of `part`.
    fileprivate func end(of part: String) -> Index? {
        indices.first { self[$0...].hasPrefix(part) }.map { index($0, offsetBy: part.count) }
    }
}
