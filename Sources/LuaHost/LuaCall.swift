// A call in progress, for native functions that parse their arguments themselves. Arguments count from 1 as the user
// counts them (self excluded); results are pushed at the end, in order, and nothing else after them.

import CLua
import CLuaBridge

public struct LuaCall {
    public let L: LuaStack
    /// Slots before argument 1 (self of a method or of a callable namespace).
    public let base: Int32
    public internal(set) var resultCount: Int32 = 0
    /// Number of arguments given.
    public let count: Int

    public init(_ L: LuaStack, base: Int32) {
        self.L = L
        self.base = base
        count = Int(max(0, lua_gettop(L) - base))
    }

    public var state: LuaState { LuaState.of(L) }

    /// The stack slot of argument `i`.
    public func slot(_ i: Int) -> Int32 { base + Int32(i) }

    /// Whether argument `i` is there and not nil.
    public func has(_ i: Int) -> Bool { lua_type(L, slot(i)) > LUA_TNIL }

    /// LUA_TTABLE and so on; LUA_TNONE when absent.
    public func type(_ i: Int) -> Int32 { lua_type(L, slot(i)) }

    /// "table", "tensor", "no value"
    public func typeName(_ i: Int) -> String { LuaDescription.typeName(L, slot(i)) }

    /// "string 'abc'", "number 5", for error messages.
    public func describe(_ i: Int) -> String { LuaDescription.of(L, slot(i)) }

    /// Argument `i` as a `T`. Throws "bad argument #i 'name' to 'function' (T expected, got …)".
    public func argument<T: LuaConvertible>(_ i: Int, _ name: String, as type: T.Type = T.self) throws -> T {
        if let value = T.read(L, slot(i)) { return value }
        throw LuaArgumentError(.position(slot(i), name: name), T.mismatch(L, slot(i)))
    }

    /// Argument `i` if it is a `T`; nil otherwise. To try alternatives.
    public func read<T: LuaConvertible>(_ i: Int, as type: T.Type = T.self) -> T? { T.read(L, slot(i)) }

    /// Argument `i` checked against a declared parameter.
    public func argument<P: LuaParameter>(_ i: Int, _ parameter: P) throws -> P.Value {
        try parameter.value(L, slot(i))
    }

    /// Argument `i` as a table of the declared options; defaults when absent.
    public func options(_ i: Int, _ options: [LuaOption]) throws -> LuaOptions {
        try OptionsParam(options).value(L, slot(i))
    }

    /// An error about argument `i`: `throw call.wrong(1, "values", "rectangular table expected")`.
    public func wrong(_ i: Int, _ name: String, _ problem: String) -> LuaArgumentError {
        LuaArgumentError(.position(slot(i), name: name), problem)
    }

    /// Adds a result.
    public mutating func push(_ value: any LuaConvertible) {
        guard lua_checkstack(L, 8) != 0 else { return }
        value.push(L)
        resultCount += 1
    }

    /// Says that `n` results have been pushed with the C API directly.
    public mutating func pushed(_ n: Int) { resultCount += Int32(n) }
}
