// Typed parameters. One declaration says how an argument is read, what is said when it is wrong, and its help.
// Invariant: `value` either gives a checked Swift value or throws LuaArgumentError; it leaves the stack as it was.

import CLua
import CLuaBridge

public protocol LuaParameter {
    associatedtype Value
    var documentation: Documentation.Argument { get }
    /// `index` is the slot on the Lua stack.
    func value(_ L: LuaStack, _ index: Int32) throws -> Value
}

/// An argument of type `Value`: required, or with a default, or `Param<Int?>` (without default) for one that may be
/// absent.
public struct Param<Value: LuaConvertible>: LuaParameter {
    public let name: String
    public let summary: String
    public let shape: String
    public let defaultValue: Value?
    public let expectation: String?
    public let condition: ((Value) -> Bool)?
    public var defaultText: String?

    /// - Parameters:
    ///   - shape: for help: "{batch, channels, length}".
    ///   - expecting: what error messages say is expected, when it is more than the type: "positive number".
    ///   - where: the values that are accepted.
    public init(_ name: String, _ summary: String, shape: String = "", default value: Value? = nil,
                expecting: String? = nil, where condition: ((Value) -> Bool)? = nil) {
        self.name = name
        self.summary = summary
        self.shape = shape
        defaultValue = value
        expectation = expecting
        self.condition = condition
        defaultText = value.map { LuaLiteral.text($0) }
    }

    @inlinable public func value(_ L: LuaStack, _ index: Int32) throws -> Value {
        if condition == nil, let value = Value.read(L, index) { return value }
        return try checked(L, index)
    }

    @inline(never) @usableFromInline
    func checked(_ L: LuaStack, _ index: Int32) throws -> Value {
        if let defaultValue, lua_type(L, index) <= LUA_TNIL { return defaultValue }
        if let value = Value.read(L, index) {
            if let condition, !condition(value) {
                let expected = expectation ?? Value.luaTypeName
                let given = LuaDescription.of(L, index, expecting: expected)
                throw LuaArgumentError(.position(index, name: name), "\(expected) expected, got \(given)")
            }
            return value
        }
        var problem = Value.mismatch(L, index)
        if let expectation, problem.hasPrefix(Value.luaTypeName + " expected") {
            problem = expectation + problem.dropFirst(Value.luaTypeName.count)
        }
        throw LuaArgumentError(.position(index, name: name), problem)
    }

    public var documentation: Documentation.Argument {
        let isOptional = defaultValue != nil || Value.self is any OptionalProtocol.Type
        return .init(name: name, type: expectation ?? Value.luaTypeName, shape: shape, summary: summary,
                     defaultText: defaultText, isOptional: isOptional)
    }
}

protocol OptionalProtocol {}
extension Optional: OptionalProtocol {}

extension Param where Value == Double {
    public static func positive(_ name: String, _ summary: String, default value: Double? = nil) -> Param {
        Param(name, summary, default: value, expecting: "positive number") { $0 > 0 }
    }
}

extension Param where Value == Int {
    public static func range(_ name: String, _ range: ClosedRange<Int>, _ summary: String, default value: Int? = nil) -> Param {
        Param(name, summary, default: value, expecting: "integer from \(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
    }
    public static func atLeast(_ name: String, _ least: Int, _ summary: String, default value: Int? = nil) -> Param {
        Param(name, summary, default: value, expecting: least == 1 ? "positive integer" : "integer of at least \(least)") { $0 >= least }
    }
}

extension Param where Value == String {
    public static func choice(_ name: String, _ choices: [String], _ summary: String, default value: String? = nil) -> Param {
        Param(name, summary, default: value, expecting: NearestName.list(choices)) { choices.contains($0) }
    }
}

/// All arguments from here on: `Rest<Tensor>("tensors", "…")`.
public struct Rest<Element: LuaConvertible>: LuaParameter {
    public let name: String
    public let summary: String
    public init(_ name: String, _ summary: String) {
        self.name = name
        self.summary = summary
    }
    public func value(_ L: LuaStack, _ index: Int32) throws -> [Element] {
        var result: [Element] = []
        for i in index..<max(index, lua_gettop(L) + 1) {
            guard let element = Element.read(L, i) else {
                throw LuaArgumentError(.position(i, name: name), Element.mismatch(L, i))
            }
            result.append(element)
        }
        return result
    }
    public var documentation: Documentation.Argument {
        .init(name: name + ", ..", type: Element.luaTypeName, shape: "", summary: summary, defaultText: nil, isOptional: true)
    }
}

/// A default as a Lua literal, for help.
enum LuaLiteral {
    static func text(_ value: Any) -> String {
        switch value {
        case let value as String: return "\"\(value)\""
        case let value as Double: return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
        case let value as [Any]: return "{" + value.map(text).joined(separator: ", ") + "}"
        case is any LuaObject: return "…"
        default: return "\(value)"
        }
    }
}
