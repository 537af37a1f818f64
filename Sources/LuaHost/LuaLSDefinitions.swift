// The declarations as a definition file of the Lua language server (https://luals.github.io/wiki/annotations), which
// gives editors completion, hover and checks: classes for namespaces, types and tables of options.
// A namespace `tensor` is the class `tensorlib`, as the server itself names `stringlib`; its type keeps the plain name.

extension Documentation {
    /// The text of the file. `module` is what `require` returns all namespaces under.
    public func luaLSDefinitions(module: String) -> String {
        var file = DefinitionFile(types: Set(types.map(\.name)))
        file.lines = ["---@meta \(module)", ""]
        for chapter in chapters where chapter.namespace.name != module {
            for type in chapter.types { file.addType(type, members(of: type.name)) }
            let all = members(of: chapter.namespace.name)
            let shared = Set(all.filter { $0.kind == .method }.map(\.name))
            file.addNamespace(chapter.namespace, shared: shared, calls: all.filter { $0.kind == .call }, functions: all.filter { $0.kind == .function },
                              constants: chapter.constants, aliases: aliases(of:))
        }
        let names = chapters.map(\.namespace.name).filter { $0 != module }
        file.lines += ["return {" + names.map { "\($0) = \($0)" }.joined(separator: ", ") + "}"]
        return file.lines.joined(separator: "\n") + "\n"
    }
}

private struct DefinitionFile {
    let types: Set<String>
    var lines: [String] = []

    mutating func addType(_ type: Documentation.Entry, _ members: [Documentation.Entry]) {
        let methods = members.filter { $0.kind == .method }
        lines += methods.flatMap { optionClasses($0) }
        comment(type.summary)
        lines.append("---@class \(type.name)")
        for property in members where property.kind == .property {
            lines.append("---@field \(property.name) \(LuaLSType.returned(property.returns, types)[0]) \(oneLine(property.summary))")
        }
        for member in members where member.kind == .index && !member.signature.contains("=") {
            for key in ["integer", "table"] { lines.append("---@field [\(key)] any \(oneLine(member.summary))") }
            break
        }
        for member in members where member.kind == .operation { lines += operators(member, type.name) }
        let local = "_" + type.name.filter { $0.isLetter || $0.isNumber || $0 == "_" }
        lines += ["local \(local) = {}", ""]
        for method in methods { function(method, "\(local):\(method.name)", optionOwner: "\(type.name).\(method.name)") }
    }

    /// `shared`: functions that are methods of the type of the same name, whose options are declared with it.
    mutating func addNamespace(_ namespace: Documentation.Entry, shared: Set<String>, calls: [Documentation.Entry], functions: [Documentation.Entry],
                               constants: [Documentation.Entry], aliases: (Documentation.Entry) -> [String]) {
        for entry in calls + functions where !shared.contains(entry.name) { lines += optionClasses(entry, prefix: "\(namespace.name)lib.") }
        comment(namespace.summary)
        lines.append("---@class \(namespace.name)lib")
        for constant in constants { lines.append("---@field \(constant.name) any \(oneLine(constant.summary))") }
        for call in calls {
            let owner = "\(namespace.name)lib.\(call.name)"
            let parameters = call.arguments.map { "\(parameterName($0))\($0.isOptional ? "?" : ""): \(type($0, owner))" }
            let results = call.returns.isEmpty ? "" : ": " + LuaLSType.returned(call.returns, types).joined(separator: ", ")
            lines.append("---@overload fun(\(parameters.joined(separator: ", ")))\(results)")
        }
        lines += ["\(namespace.name) = {}", ""]
        for entry in functions {
            function(entry, "\(namespace.name).\(entry.name)", optionOwner: "\(namespace.name)\(shared.contains(entry.name) ? "" : "lib").\(entry.name)")
            for alias in aliases(entry) { lines += ["\(namespace.name).\(alias) = \(namespace.name).\(entry.name)", ""] }
        }
    }

    private mutating func function(_ entry: Documentation.Entry, _ name: String, optionOwner: String) {
        comment(entry.summary)
        if !entry.errors.isEmpty { lines += ["---", "---Errors: \(oneLine(entry.errors))."] }
        if !entry.example.isEmpty { lines += ["---```lua"] + entry.example.split(separator: "\n").map { "---\($0)" } + ["---```"] }
        for argument in entry.arguments {
            let name = parameterName(argument), optional = argument.isOptional && name != "..." ? "?" : ""
            let standard = argument.defaultText.map { " (default \($0))" } ?? ""
            let words = [argument.shape, argument.summary].filter { !$0.isEmpty }.joined(separator: " ")
            lines.append("---@param \(name)\(optional) \(type(argument, optionOwner)) \(oneLine(words))\(standard)".trimmed)
        }
        if !entry.returns.isEmpty {
            for (i, type) in LuaLSType.returned(entry.returns, types).enumerated() { lines.append("---@return \(type)\(i == 0 && type != entry.returns ? " # \(oneLine(entry.returns))" : "")") }
        }
        lines += ["function \(name)(\(entry.arguments.map(parameterName).joined(separator: ", "))) end", ""]
    }

    /// A class for each table of options, innermost first.
    private func optionClasses(_ entry: Documentation.Entry, prefix: String = "") -> [String] {
        let owner = prefix.isEmpty ? "\(entry.owner).\(entry.name)" : "\(prefix)\(entry.name)"
        return entry.arguments.filter { !$0.options.isEmpty }.flatMap { optionClass("\(owner).\(parameterName($0))", $0.options) }
    }

    private func optionClass(_ name: String, _ options: [Documentation.Argument]) -> [String] {
        var result: [String] = []
        for option in options where !option.options.isEmpty { result += optionClass("\(name).\(fieldName(option))", option.options) }
        result.append("---@class \(name)")
        for option in options {
            let standard = option.defaultText.map { " (default \($0))" } ?? ""
            let key = option.name.hasPrefix("[..]") ? "[integer]" : option.name.hasPrefix("[") ? String(option.name.prefix { $0 != " " }) : option.name + (option.isOptional || option.mayBeFirst ? "?" : "")
            let type = option.kind.map { LuaLSType.of($0, types, nested: "\(name).\(fieldName(option))") } ?? LuaLSType.of(option.type, types)
            result.append("---@field \(key) \(option.name.hasPrefix("[..]") ? LuaLSType.element(type) : type) \(oneLine(option.summary))\(standard)".trimmed)
            if option.mayBeFirst { result.append("---@field [1]? \(type) \(option.name), without its name") }
        }
        return result + [""]
    }

    private func type(_ argument: Documentation.Argument, _ owner: String) -> String {
        argument.options.isEmpty ? LuaLSType.of(argument.type, types) : "\(owner).\(parameterName(argument))"
    }

    private func operators(_ entry: Documentation.Entry, _ owner: String) -> [String] {
        let binary = ["+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "^": "pow", "//": "idiv", "..": "concat"]
        let words = entry.signature.split(separator: " ").map(String.init)
        if entry.signature == "#a" { return ["---@operator len: integer"] }
        if entry.signature == "-a" { return ["---@operator unm: \(owner)"] }
        guard words.count == 3, let name = binary[words[1]], entry.arguments.count == 2 else { return [] }
        return LuaLSType.of(entry.arguments[1].type, types).split(separator: "|").map { "---@operator \(name)(\($0)): \(name == "concat" ? "string" : owner)" }
    }

    private func parameterName(_ argument: Documentation.Argument) -> String {
        if argument.name.hasSuffix("..") { return "..." }
        let name = argument.name.filter { $0.isLetter || $0.isNumber || $0 == "_" }
        return ["function", "end", "repeat", "local", "in", "or", "and", "not", "for", "if"].contains(name) ? name + "_" : name
    }
    private func fieldName(_ option: Documentation.Argument) -> String { String(option.name.split(separator: " ").last ?? "") }

    private mutating func comment(_ text: String) { lines += commentLines(text) }
    private func commentLines(_ text: String) -> [String] { text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map { "---\($0)" } }
    private func oneLine(_ text: String) -> String { text.split(separator: "\n").joined(separator: " ") }
}

/// From the words of declarations to the server's types.
private enum LuaLSType {
    /// "tensor or number" → tensor|number
    static func of(_ text: String, _ types: Set<String>) -> String {
        var result: [String] = []
        // "'a', 'b' or 'c'" and "number, tensor or table" list their parts alike.
        for part in text.components(separatedBy: [" or ", ", "]) {
            let word = single(part, types)
            if !result.contains(word) { result.append(word) }
        }
        return result.contains("any") ? "any" : result.joined(separator: "|")
    }

    private static func single(_ text: String, _ types: Set<String>) -> String {
        if text.hasPrefix("'"), text.hasSuffix("'"), text.count > 2 { return "\"\(text.dropFirst().dropLast())\"" }
        if text.hasPrefix("array of ") {
            let element = single(String(text.dropFirst(9)), types)
            return element.contains("|") ? "(\(element))[]" : "\(element)[]"
        }
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first else { return "any" }
        if types.contains(first) { return first }
        switch first {
        case "shape": return "integer[]"
        case "table", "nested", "tables", "structure": return words.contains("integers") || words.contains("sizes") || words.contains("dimensions") ? "integer[]" : "table"
        case "range": return "number[]"
        case "dimension": return "integer"
        case "function", "iterator": return "function"
        case "boolean", "string": return first
        case "booleans", "strings": return String(first.dropLast())
        default: break
        }
        if words.contains(where: { $0.hasPrefix("integer") }) { return "integer" }
        if words.contains(where: { $0.hasPrefix("number") || $0 == "float" }) { return "number" }
        return text.hasPrefix("{") ? "table" : "any"
    }

    static func of(_ kind: LuaOptionKind, _ types: Set<String>, nested: String) -> String {
        switch kind {
        case .any: "any"
        case .number, .positiveNumber, .nonNegativeNumber, .numberIn: "number"
        case .integer, .positiveInteger, .nonNegativeInteger, .integerIn: "integer"
        case .boolean: "boolean"
        case .string: "string"
        case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: "|")
        case .range, .numbers: "number[]"
        case .integers, .shape: "integer[]"
        case .function: "function"
        case .table: "table"
        case .options: nested
        case .records: "\(nested)[]"
        case .list(let element): array(of(element, types, nested: nested))
        case .either(let kinds): kinds.map { of($0, types, nested: nested) }.joined(separator: "|")
        case .custom(let name, _, _): of(name, types)
        }
    }

    private static func array(_ element: String) -> String { element.contains("|") ? "(\(element))[]" : "\(element)[]" }
    /// Of an array type.
    static func element(_ type: String) -> String { type.hasSuffix("[]") ? String(type.dropLast(2)) : type }

    /// Results as help words them: "tensor {n}", "tensor, tensor of indices", "boolean, worst relative error".
    static func returned(_ text: String, _ types: Set<String>) -> [String] {
        if text.hasPrefix("function (") { return ["fun(...): any"] }
        if text.hasPrefix("{") { return ["table"] }
        if text.hasPrefix("array of {") { return ["table[]"] }
        if text.hasPrefix("of ") || text.isEmpty { return ["any"] }
        // Shapes in braces hold commas of their own; what is in brackets explains.
        var depth = 0
        let plain = text.filter { character in
            if "{(".contains(character) { depth += 1 }
            defer { if "})".contains(character) { depth -= 1 } }
            return depth == 0
        }
        let beginning = plain.split(whereSeparator: { ";:".contains($0) }).first.map(String.init) ?? ""
        let parts = beginning.components(separatedBy: [", "])
        return parts.enumerated().compactMap { i, part in
            let type = of(part.trimmed, types)
            // A later part that names no type is a remark ("tensor, of no dimensions when ..") unless it is a result in words.
            if i > 0, type == "any" { return part.hasPrefix("of ") || part.hasPrefix("or ") ? nil : part.contains("error") ? "number" : nil }
            return type
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    fileprivate func components(separatedBy separators: [String]) -> [String] {
        var parts = [""]
        var rest = Substring(self)
        while !rest.isEmpty {
            if let separator = separators.first(where: { rest.hasPrefix($0) }) {
                parts.append("")
                rest = rest.dropFirst(separator.count)
            } else {
                parts[parts.count - 1].append(rest.removeFirst())
            }
        }
        return parts.filter { !$0.isEmpty }
    }
}
