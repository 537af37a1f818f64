import LuaHost
import Scripting
import Tensors
import Terminal

/// A value as text a person reads, and mostly valid Lua: nested tables with sorted keys, strings quoted, functions with
/// the first line of their help. Bounded in size whatever the value; of the user's code only __tostring is run, protected.
struct ValueText {
    let state: LuaState
    let style: DisplayStyle
    /// Calls Lua's tostring as a run of its own.
    let describe: (LuaValue) throws -> String

    private static let longestArray = 24, mostNames = 40, deepest = 5, longestText = 100_000
    /// Values in one text, all levels together.
    private static let most = 400

    func text(of value: LuaValue) -> String {
        switch value {
        case .string(let text): return topString(text)
        case .table(let table) where state.module(for: table) == nil:
            if let text = userText(value, table) { return text }
            var budget = ValueText.most
            return lines(table, indent: 0, path: [], &budget)
        case .userdata(let data):
            if let displayed = data.anyObject as? any Displayed,
               let text = displayed.representations(style).first(where: { $0.kind == "text/plain" }) {
                return String(decoding: text.bytes, as: UTF8.self)
            }
            let text = bounded((try? describe(value)) ?? "(a \(data.typeName) whose description failed)")
            // Rows of a table are left alone.
            return text.contains("\n") ? text : text.folded(to: style.width)
        case .table(let table):
            guard let module = state.module(for: table) else { return short(value) }
            return "namespace \(module.name): \(module.memberNames.sorted().joined(separator: ", ")) (\(module.name)? explains them)".folded(to: style.width)
        case .function(let function): return functionText(function)
        default: return short(value)
        }
    }

    /// One line, for a value among others.
    func short(_ value: LuaValue) -> String {
        switch value {
        case .nil: return "nil"
        case .boolean(let value): return "\(value)"
        case .integer(let value): return "\(value)"
        case .number(let value): return LuaDescription.number(value)
        case .string(let text): return LuaQuoting.quoted(text, most: 72)
        case .table(let table):
            if let module = state.module(for: table) { return "namespace \(module.name)" }
            return "{..}"
        case .function(let function): return function.name(in: state).map { "function \($0)" } ?? "function\(function.parameterList ?? "")"
        case .userdata(let data):
            if let tensor: Tensor = data.object() { return "tensor {\(tensor.shape.map(String.init).joined(separator: ", "))} \(tensor.dtype.name)" }
            guard data.anyObject != nil, let text = try? describe(value), text.count <= 72, !text.contains("\n") else { return data.typeName }
            return text
        case .other: return value.typeName
        }
    }

    // MARK: strings

    /// Lines stay lines.
    private func topString(_ text: String) -> String {
        let text = bounded(text)
        guard text.contains("\n"), !text.unicodeScalars.contains(where: { $0.value < 32 && $0 != "\n" && $0 != "\t" }) else {
            return LuaQuoting.quoted(text, most: 4000)
        }
        var level = ""
        while text.contains("]\(level)]") { level += "=" }
        return "[\(level)[\n" + text + (text.hasSuffix("\n") ? "" : "\n") + "]\(level)]"
    }

    private func bounded(_ text: String) -> String {
        guard text.utf8.count > ValueText.longestText else { return text }
        return String(decoding: text.utf8.prefix(ValueText.longestText / 4), as: UTF8.self) + "\n.. (\(text.utf8.count) bytes in all)"
    }

    // MARK: functions

    private func functionText(_ function: LuaFunction) -> String {
        let entry = function.address.flatMap { state.documentation.entry(at: $0) }
        if let entry { return "function \(entry.signature)\n\(entry.summary)" }
        if let name = function.name(in: state) { return "function \(name) (Lua's own library)" }
        guard let parameters = function.parameterList else { return "function (native)" }
        let place = function.place
        return "function \(parameters)" + (place.isEmpty ? "" : " \(place)")
    }

    // MARK: tables

    /// What a table's own __tostring or __name says; nil without either.
    private func userText(_ value: LuaValue, _ table: LuaTable) -> String? {
        guard let metatable = table.metatable, !metatable["__tostring"].isNil else { return nil }
        do { return bounded(try describe(value)) } catch {
            var budget = ValueText.most
            let reason = (error as? LuaError).map { $0.kind == .interrupted ? "was interrupted" : "failed: \($0.message)" } ?? "failed"
            return lines(table, indent: 0, path: [], &budget) + "\n(its __tostring \(reason))"
        }
    }

    /// On one line when that fits, else an entry a line.
    private func lines(_ table: LuaTable, indent: Int, path: [UnsafeRawPointer], _ budget: inout Int) -> String {
        if let address = table.address, path.contains(address) { return "{..} (a table around this one)" }
        let path = path + [table.address].compactMap { $0 }
        let count = table.count
        let names = table.namedEntries(limit: ValueText.mostNames)
        if count == 0, names.total == 0 { return "{}" }
        if path.count > ValueText.deepest || budget <= 0 { return "{.. \(amount(count, names.total))}" }
        var cells: [String] = [], isMultiline = false
        func add(_ head: String, _ value: LuaValue) {
            budget -= 1
            var text: String
            switch value {
            case .table(let inner) where state.module(for: inner) == nil: text = lines(inner, indent: indent + 2, path: path, &budget)
            default: text = short(value)
            }
            text = head + text
            if text.contains("\n") { isMultiline = true }
            cells.append(text)
        }
        let shown = count <= ValueText.longestArray ? count : 10
        for i in 0..<max(0, min(shown, budget)) { add("", table[i + 1]) }
        if cells.count < count { cells.append("-- \(count - cells.count) more") }
        var namesShown = 0
        for (key, value) in names.first where budget > 0 {
            add(keyText(key) + " = ", value)
            namesShown += 1
        }
        if namesShown < names.total { cells.append("-- \(names.total - namesShown) more names") }
        let line = "{" + cells.filter { !$0.hasPrefix("-- ") }.joined(separator: ", ") + "}"
        let hasNotes = cells.contains { $0.hasPrefix("-- ") }
        if !isMultiline, !hasNotes, indent + line.count <= style.width { return line }
        let margin = String(repeating: " ", count: indent + 2)
        if names.total == 0, !isMultiline { return filled(cells, margin: margin, indent: indent) }
        return "{\n" + cells.map { margin + $0 + ($0.hasPrefix("-- ") ? "" : ",") }.joined(separator: "\n") + "\n" + String(repeating: " ", count: indent) + "}"
    }

    /// Elements of an array, as many to a line as fit.
    private func filled(_ cells: [String], margin: String, indent: Int) -> String {
        var lines: [String] = [], line = ""
        for cell in cells {
            let text = cell.hasPrefix("-- ") ? cell : cell + ","
            if !line.isEmpty, margin.count + line.count + 1 + text.count > style.width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + text
        }
        if !line.isEmpty { lines.append(line) }
        return "{\n" + lines.map { margin + $0 }.joined(separator: "\n") + "\n" + String(repeating: " ", count: indent) + "}"
    }

    private func keyText(_ key: LuaValue) -> String {
        if case .string(let name) = key, LuaQuoting.isName(name) { return name }
        return "[\(short(key))]"
    }

    private func amount(_ count: Int, _ names: Int) -> String {
        [count > 0 ? "\(count) value\(count == 1 ? "" : "s")" : "", names > 0 ? "\(names) name\(names == 1 ? "" : "s")" : ""].filter { !$0.isEmpty }.joined(separator: ", ")
    }
}

/// Strings as Lua literals.
enum LuaQuoting {
    static func quoted(_ text: String, most: Int = .max) -> String {
        var result = "\"", count = 0
        for scalar in text.unicodeScalars {
            count += 1
            if count > most { return result + "\" .. (\(text.utf8.count) bytes)" }
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case let c where c.value < 32 || c.value == 127: result += "\\x" + (c.value < 16 ? "0" : "") + String(c.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first < 48 || first > 57, !LuaTokens.keywords.contains(text) else { return false }
        return text.utf8.allSatisfy { $0 == 95 || $0 >= 48 && $0 <= 57 || $0 | 32 >= 97 && $0 | 32 <= 122 }
    }
}

extension LuaState {
    /// The namespace that a table is, as scripts hold it.
    func module(for table: LuaTable) -> LuaModule? { modules.values.first { $0.isProxy(table) } }
}

extension LuaFunction {
    /// "tensor.relu", "string.format": functions that are declared, or in one of Lua's own libraries.
    func name(in state: LuaState) -> String? {
        guard let address else { return nil }
        if let entry = state.documentation.entry(at: address) { return entry.path }
        guard parameterList == nil else { return nil }
        let libraries = ["_G", "string", "table", "math", "io", "os", "coroutine", "utf8", "debug"]
        for library in libraries {
            guard case .table(let table) = library == "_G" ? .table(state.globals) : state[global: library] else { continue }
            for (key, value) in table.namedEntries(limit: 100).first {
                if case .string(let name) = key, !name.hasPrefix("_"), value.address == address, case .function = value { return library == "_G" ? name : "\(library).\(name)" }
            }
        }
        return nil
    }
}
