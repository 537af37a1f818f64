import LuaHost
import Scripting
import Tensors

extension Session {
    /// What `?name` shows: the documentation of a name, or of what a variable holds.
    /// - Throws: when neither is known; the message names the nearest.
    func explanation(of name: String) throws -> String {
        let name = name.trimmingSpace
        guard !name.isEmpty else { return state.documentation.overview }
        if name.hasPrefix("%") {
            let magic = try Magic.named(String(name.drop { $0 == "%" }))
            return "\(magic.usage)\n\n\(magic.summary)\n"
        }
        // A variable of the user hides what is declared under its name.
        if let found = NamePath(name).flatMap({ Lookup(self).resolve($0) }) {
            if let entry = found.entry { return state.documentation.text(of: entry) }
            if let value = found.value, !value.isNil { return description(name, value) }
        }
        if let entry = state.documentation.entry(named: name) { return state.documentation.text(of: entry) }
        throw CellError(message: "nothing is known of '\(name)'\(state.documentation.suggestion(forUnknown: name, and: variables.map(\.name)))")
    }

    /// Type, size and value of a variable, and what its type can do.
    private func description(_ name: String, _ value: LuaValue) -> String {
        let kind = summary(of: value)
        var text = "\(name): \(value.typeName)\(kind.isEmpty ? "" : ", \(kind)")\n\n\(self.text(of: value))\n"
        if case .userdata = value, let type = state.documentation.types.first(where: { $0.name == value.typeName }) {
            text += "\n" + state.documentation.text(of: type)
        }
        return text
    }

    /// What `%who` says beside the type: shape and element type, number of entries, bytes.
    func summary(of value: LuaValue) -> String {
        func amount(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
        switch value {
        case .userdata(let data):
            if let tensor: Tensor = data.object() { return "{\(tensor.shape.map(String.init).joined(separator: ", "))} \(tensor.dtype.name)" }
            if let summarized = data.anyObject as? any Summarized { return summarized.summary }
            let line = (try? valueText.describe(value))?.split(separator: "\n").first.map(String.init) ?? ""
            return line.hasPrefix(data.typeName + ": ") ? String(line.dropFirst(data.typeName.count + 2)) : line.trimmingSpace
        case .table(let table):
            if let module = state.module(for: table) { return "namespace \(module.name)" }
            let names = table.namedEntries(limit: 0).total
            return [table.count > 0 || names == 0 ? amount(table.count, "value") : "", names > 0 ? amount(names, "name") : ""].filter { !$0.isEmpty }.joined(separator: ", ")
        case .string(let text): return text.utf8.count <= 40 ? LuaQuoting.quoted(text) : amount(text.utf8.count, "byte")
        case .function(let function): return function.name(in: state) ?? [function.parameterList ?? "", function.place].filter { !$0.isEmpty }.joined(separator: " ")
        case .nil, .other: return ""
        default: return valueText.short(value)
        }
    }

    /// Help for the name at a UTF-8 offset of a cell: its documentation, or the variable it is.
    public func inspect(_ text: String, at offset: Int) -> String? {
        let bytes = Array(text.utf8)
        var end = min(max(0, offset), bytes.count)
        while end < bytes.count, NamePath.isNamePart(bytes[end]) { end += 1 }
        let context = CursorContext(text, at: end)
        if let option = CompletionSource(self).option(at: context) { return option }
        guard let path = NamePath.around(offset, in: text) else { return nil }
        return try? explanation(of: path)
    }
}
