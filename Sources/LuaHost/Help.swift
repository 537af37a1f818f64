// help(x) prints and help.of(x) returns the documentation of a function, type, namespace or name, laid out from the
// declarations: signature, summary, arguments, returns, errors, example.

import CLua
import CLuaBridge

extension Documentation {
    /// The help text of an entry; a namespace or type lists its members.
    public func text(of entry: Entry) -> String {
        var lines = [entry.signature + (entry.returns.isEmpty || entry.kind == .property ? "" : "  -->  \(entry.returns)")]
        if entry.kind == .property, !entry.returns.isEmpty { lines[0] += "  -->  \(entry.returns)" }
        if !entry.summary.isEmpty { lines += ["", entry.summary] }
        if !entry.arguments.isEmpty { lines += [""] + argumentLines(entry.arguments) }
        if !entry.errors.isEmpty { lines += ["", "Errors", "  " + entry.errors] }
        if !entry.example.isEmpty {
            lines += ["", "Example"] + entry.example.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        }
        if entry.kind == .namespace || entry.kind == .type {
            lines += memberLines(entry)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func argumentLines(_ arguments: [Argument]) -> [String] {
        var lines: [String] = []
        let plain = arguments.filter(\.options.isEmpty)
        if !plain.isEmpty { lines += ["Arguments"] + rows(plain, indent: 2) }
        for argument in arguments where !argument.options.isEmpty {
            lines += [arguments.count == 1 ? "Options" : "Options (\(argument.name))"] + rows(argument.options, indent: 2)
        }
        return lines
    }

    private func rows(_ arguments: [Argument], indent: Int) -> [String] {
        let width = arguments.map(\.name.count).max() ?? 0
        let types = arguments.map { $0.shape.isEmpty ? $0.type : "\($0.type) \($0.shape)" }
        // A type that is long has its line to itself.
        let longest = 21, typeWidth = types.map(\.count).filter { $0 <= longest }.max() ?? 0
        let margin = String(repeating: " ", count: indent)
        return zip(arguments, types).flatMap { argument, type -> [String] in
            let head = margin + argument.name.padded(width) + "  "
            var line = type.count > longest ? String(repeating: " ", count: head.count) : head + type.padded(typeWidth) + "  "
            line += argument.summary + (argument.mayBeFirst ? "; also first, without its name" : "")
            if let text = argument.defaultText { line += argument.summary.isEmpty ? "default \(text)" : " (default \(text))" }
            else if argument.isOptional { line += argument.summary.isEmpty ? "optional" : " (optional)" }
            while line.hasSuffix(" ") { line.removeLast() }
            return (type.count > longest ? [head + type] : []) + (line.isEmpty ? [] : [line]) + (argument.optionsOf == nil ? rows(argument.options, indent: indent + 4) : [])
        }
    }

    private func memberLines(_ entry: Entry) -> [String] {
        let members = members(of: entry.name).filter { $0.kind != .call || $0.owner == entry.name }
        let groups: [(String, [Kind])] = [
            ("Call", [.call]), ("Functions", [.function]), ("Constants", [.constant]), ("Properties", [.property]),
            ("Methods", [.method]), ("Indexing and operators", [.index, .operation])]
        var lines: [String] = []
        for (title, kinds) in groups {
            let rows = members.filter { kinds.contains($0.kind) && (entry.kind == .type) == $0.kind.isOfType }
            guard !rows.isEmpty else { continue }
            let names = rows.map { $0.kind == .function || $0.kind == .constant ? $0.path : $0.shortSignature }
            let width = min(names.map(\.count).max() ?? 0, 34)
            lines += ["", title] + zip(names, rows).map { "  " + $0.padded(width) + "  " + $1.summary.firstSentence }
        }
        if entry.kind == .namespace, types.contains(where: { $0.name == entry.name }) {
            lines += memberLines(Entry(kind: .type, owner: "", name: entry.name, summary: "", signature: ""))
        }
        return lines
    }

    /// What `help()` shows: one screen.
    public var overview: String {
        let width = namespaces.map(\.name.count).max() ?? 0
        let rows = namespaces.filter { $0.name != "oche" && $0.name != "help" }.map { "  \($0.name.padded(width))  \($0.summary.firstSentence)" }
        return (["Namespaces"] + rows + [
            "", "help(x) explains a function, value or namespace; help\"name\" finds it by name.",
        ] + notes.map { "\n" + $0 }).joined(separator: "\n") + "\n"
    }
}

extension Documentation.Entry {
    /// For lists: without the names of many options.
    fileprivate var shortSignature: String {
        guard signature.count > 34, let brace = signature.firstIndex(of: "{") else { return signature }
        return signature[..<brace] + "{..}"
    }
}

extension Documentation.Kind {
    /// Whether entries of this kind belong to types (and not to the namespace of the same name).
    var isOfType: Bool {
        switch self {
        case .method, .property, .index, .operation: return true
        default: return false
        }
    }
}

extension LuaState {
    private static let subject = Documentation.Argument(name: "x", type: "value", shape: "", summary: "a function, value or namespace, or a name as a string", defaultText: nil, isOptional: true)

    func installHelp() {
        let help = LuaModule(self, "help", "Documentation of functions, types and namespaces.")
        modules["help"] = help
        setGlobal("help", help.proxy)
        oche.contents.set("help", help.proxy)
        oche.noteMember("help")
        help.call("Prints the documentation of a function, value, namespace or name; without one, the list of namespaces.",
                  signature: "help([x])", arguments: [Self.subject], example: "help(help.of)") { [unowned self] call in
            write(documentation.layout(try text(ofArgument: 1, call)))
        }
        help.rawFunction("of", "The documentation of a function, value, namespace or name, as a string.", signature: "help.of([x])",
                         arguments: [Self.subject], returns: "string", errors: "when nothing is documented under the name",
                         example: "print(help.of(help.of))") { [unowned self] call in
            call.push(try text(ofArgument: 1, call))
        }
    }

    private func text(ofArgument i: Int, _ call: LuaCall) throws -> String {
        guard call.has(i) else { return documentation.overview }
        if let name: String = call.read(i) {
            guard let entry = documentation.entry(named: name) else {
                throw LuaError("no documentation of '\(name)'\(documentation.suggestion(forUnknown: name))")
            }
            return documentation.text(of: entry)
        }
        let slot = call.slot(i)
        if let address = lua_topointer(call.L, slot), let entry = documentation.entry(at: address) {
            return documentation.text(of: entry)
        }
        if call.type(i) == LUA_TUSERDATA, let entry = documentation.types.first(where: { $0.name == call.typeName(i) }) {
            return documentation.text(of: entry)
        }
        if call.type(i) == LUA_TFUNCTION, let function: LuaFunction = call.read(i) {
            let place = function.place
            return place.isEmpty ? "A function of Lua's own library: see https://www.lua.org/manual/5.4/\n"
                : "A function defined \(place).\n"
        }
        return "A \(call.typeName(i)).\n"
    }
}

extension String {
    func padded(_ width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
    public var firstSentence: String {
        let line = split(separator: "\n").first.map(String.init) ?? ""
        guard let stop = line.indices.first(where: { line[$0] == "." && line.index(after: $0) < line.endIndex && line[line.index(after: $0)] == " " })
        else { return line }
        return String(line[...stop])
    }
}
