// From a Lua table to checked options. Unknown names are reported first, the alphabetically first of them, so that a
// script's error does not depend on Lua's hash order. Tables are read without metamethods.

import CLua
import CLuaBridge

/// A table of declared options as a parameter; absent means all defaults.
public struct OptionsParam: LuaParameter {
    public let name: String
    public let summary: String
    public let options: [LuaOption]
    /// What a call without the table gets, made once; nil when an option is required.
    private let defaults: LuaOptions?

    public init(_ options: [LuaOption], name: String = "options", _ summary: String = "") {
        self.name = name
        self.summary = summary
        self.options = options
        defaults = try? OptionReading.defaults(options, path: "")
    }

    public func value(_ L: LuaStack, _ index: Int32) throws -> LuaOptions {
        switch lua_type(L, index) {
        case LUA_TNONE, LUA_TNIL:
            return try defaults ?? OptionReading.defaults(options, path: "")
        case LUA_TTABLE:
            return try OptionReading(L: L).read(options, index, path: "")
        default:
            let given = LuaDescription.of(L, index)
            throw LuaArgumentError(.position(index, name: name), "table of options expected, got \(given)\(OptionReading.form(options) ?? "")")
        }
    }

    public var documentation: Documentation.Argument {
        var argument = Documentation.Argument(
            name: name, type: "table", shape: "", summary: summary, defaultText: nil,
            isOptional: !options.contains { if case .required = $0.defaultValue { return true } else { return false } })
        argument.options = options.map { Documentation.Argument($0) }
        return argument
    }
}

struct OptionReading {
    let L: LuaStack

    /// `path` names the table for messages: "" at the top, "alpha", "methods[2]".
    func read(_ options: [LuaOption], _ index: Int32, path: String) throws -> LuaOptions {
        guard lua_checkstack(L, 8) != 0 else { throw LuaArgumentError(.whole, "stack overflow while reading options") }
        let table = lua_absindex(L, index)
        try refuseUnknown(options, table, path)
        var result = LuaOptions(options)
        let fixed = options.reduce(0) { if case .at(let i) = $1.position { return max($0, i) } else { return $0 } }
        for option in options {
            let place = Self.place(option, path)
            if case .rest = option.position {
                result.values[option.name] = .list(try rest(option.kind, table, after: fixed, place))
                if Int(lua_rawlen(L, table)) > fixed { result.given.insert(option.name) }
                continue
            }
            pushField(option, table)
            defer { oche_pop(L, 1) }
            if lua_type(L, -1) != LUA_TNIL {
                result.values[option.name] = try value(option.kind, -1, place)
                result.given.insert(option.name)
            } else {
                result.values[option.name] = try Self.defaultValue(option, place)
            }
        }
        return result
    }

    /// As if the table were empty.
    static func defaults(_ options: [LuaOption], path: String) throws -> LuaOptions {
        var result = LuaOptions(options)
        for option in options { result.values[option.name] = try defaultValue(option, place(option, path)) }
        return result
    }

    private static func place(_ option: LuaOption, _ path: String) -> String {
        path.isEmpty ? option.name : "\(path).\(option.name)"
    }

    private func pushField(_ option: LuaOption, _ table: Int32) {
        if case .at(let position) = option.position {
            lua_rawgeti(L, table, lua_Integer(position))
        } else {
            option.name.push(L)
            lua_rawget(L, table)
            guard case .namedOrFirst = option.position, lua_type(L, -1) == LUA_TNIL else { return }
            oche_pop(L, 1)
            lua_rawgeti(L, table, 1)
        }
    }

    private func rest(_ kind: LuaOptionKind, _ table: Int32, after fixed: Int, _ place: String) throws -> [LuaOptions.Value] {
        guard case .list(let element) = kind else { return [] }
        return try (fixed..<max(fixed, Int(lua_rawlen(L, table)))).map { i in
            lua_rawgeti(L, table, lua_Integer(i + 1))
            defer { oche_pop(L, 1) }
            return try value(element, -1, "\(place)[\(i - fixed + 1)]")
        }
    }

    private func refuseUnknown(_ options: [LuaOption], _ table: Int32, _ path: String) throws {
        let names = options.filter(\.isNamed).map(\.name)
        var known = Set(names), positions = Set<Int>(), takesRest = false
        for option in options {
            if case .at(let i) = option.position { positions.insert(i) }
            // Without its name; beside its name an element is one too many.
            if case .namedOrFirst = option.position, !isGiven(option.name, table) { positions.insert(1) }
            if case .rest = option.position { takesRest = true }
        }
        var unknown: [String] = [], unexpected: [String] = []
        lua_pushnil(L)
        while lua_next(L, table) != 0 {
            oche_pop(L, 1)
            if let key = String.read(L, -1) {
                if known.insert(key).inserted { unknown.append(key); known.remove(key) }
            } else if let position = Int.read(L, -1), position > 0 {
                if !takesRest, !positions.contains(position) { unexpected.append("at position \(position)") }
            } else {
                unexpected.append("under a key that is a \(LuaDescription.typeName(L, -1))")
            }
        }
        let owner = path.isEmpty ? "'\(LuaArgumentError.functionMark)'" : "'\(path)'"
        let list = names.isEmpty ? "; \(owner) takes no named options" : "; options of \(owner): \(names.joined(separator: ", "))"
        if let name = unknown.min() {
            let near = NearestName.suggestion(for: name, among: names)
            throw LuaArgumentError(.whole, "unknown option '\(name)'\(near)\(near.isEmpty || names.count <= 8 ? list : "")")
        }
        if let place = unexpected.min() {
            throw LuaArgumentError(.whole, "unexpected value \(place) in the table of options\(path.isEmpty ? Self.form(options) ?? list : list)")
        }
    }

    private func isGiven(_ name: String, _ table: Int32) -> Bool {
        name.push(L)
        defer { oche_pop(L, 1) }
        return lua_rawget(L, table) != LUA_TNIL
    }

    /// "; it is search{space = .., data = ..}", where something must be given.
    static func form(_ options: [LuaOption]) -> String? {
        let required = options.filter { option in
            guard case .required = option.defaultValue, option.isNamed else { return false }
            return true
        }
        return required.isEmpty ? nil : "; it is \(LuaArgumentError.functionMark){" + required.map { "\($0.name) = .." }.joined(separator: ", ") + "}"
    }

    private static func defaultValue(_ option: LuaOption, _ place: String) throws -> LuaOptions.Value? {
        switch option.defaultValue {
        case .required: throw LuaArgumentError.option(place, "\(option.kind.expectation) expected, got nothing")
        case .absent, .computed: return nil
        case .number(let value): return .number(value)
        case .integer(let value): return option.kind.isReal ? .number(Double(value)) : .integer(value)
        case .boolean(let value): return .boolean(value)
        case .string(let value): return .string(value)
        case .numbers(let values): return option.kind.isIntegerArray ? .integers(values.map { Int($0) }) : .numbers(values)
        case .empty:
            guard case .options(let nested) = option.kind else { return nil }
            return .options(try defaults(nested, path: place))
        }
    }
}

extension LuaOptionKind {
    var isReal: Bool {
        switch self {
        case .number, .positiveNumber, .nonNegativeNumber, .numberIn: return true
        default: return false
        }
    }
    var isIntegerArray: Bool {
        switch self {
        case .integers, .shape: return true
        default: return false
        }
    }
}
