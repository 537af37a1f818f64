// What Lua's own messages leave unsaid about declared types. Added where an error leaves the script; the value that
// pcall sees is Lua's.

extension Documentation {
    /// "; size is a property: without ()", or "".
    func hint(for message: String) -> String {
        if message.hasPrefix("attempt to call a "), let start = message.end(of: "(method '") ?? message.end(of: "(field '"), message.hasSuffix("')") {
            let name = String(message[start...].dropLast(2))
            let owners = entries.filter { $0.kind == .property && $0.name == name }.map(\.owner)
            if let owner = owners.first { return "; \(name) is a property\(owners.count == 1 ? " of a \(owner)" : ""): without ()" }
        }
        for type in types where message.hasSuffix("number expected, got \(type.name))") {
            if entries.contains(where: { $0.kind == .method && $0.owner == type.name && $0.name == "item" }) { return "; x:item() is the number in a \(type.name) of one element" }
        }
        return ""
    }
}

extension String {
    /// Behind the first occurrence of `part`.
    fileprivate func end(of part: String) -> Index? {
        indices.first { self[$0...].hasPrefix(part) }.map { index($0, offsetBy: part.count) }
    }
}
