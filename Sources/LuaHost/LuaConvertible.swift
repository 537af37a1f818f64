// Values that cross between Lua and Swift. Invariant: `read` and `push` never raise a Lua error, never run a
// metamethod and leave the stack as they found it (push: plus one), so they may be called with Swift on the stack.

import CLua
import CLuaBridge

/// A `lua_State *`: the coroutine on whose stack a native function was called.
public typealias LuaStack = OpaquePointer

/// What a native function may return: any convertible value, `LuaResults` for several or none.
public protocol LuaResult {
    /// Pushes the results and says how many.
    func pushResults(_ L: LuaStack) -> Int32
}

public protocol LuaConvertible: LuaResult {
    /// The word used in error messages and help: "integer", "tensor", "array of numbers".
    static var luaTypeName: String { get }
    /// The value at `index`, or nil when it is not one of this type.
    static func read(_ L: LuaStack, _ index: Int32) -> Self?
    func push(_ L: LuaStack)
    /// Why `read` gave nil: "integer expected, got string 'x'". Containers name the element.
    static func mismatch(_ L: LuaStack, _ index: Int32) -> String
}

extension LuaConvertible {
    @inlinable public func pushResults(_ L: LuaStack) -> Int32 { push(L); return 1 }
    public static func mismatch(_ L: LuaStack, _ index: Int32) -> String {
        "\(luaTypeName) expected, got \(LuaDescription.of(L, index, expecting: luaTypeName))"
    }
}

/// Several results, or none: `return LuaResults(loss, gradient)`, `return LuaResults.none`.
public struct LuaResults: LuaResult {
    public var values: [any LuaConvertible]
    public init(_ values: any LuaConvertible...) { self.values = values }
    public init(_ values: [any LuaConvertible]) { self.values = values }
    public static let none = LuaResults([])

    public func pushResults(_ L: LuaStack) -> Int32 {
        if values.isEmpty { return 0 }
        // More results than Lua's stack can take cannot be returned; the host's own limit is a million.
        guard lua_checkstack(L, Int32(clamping: values.count + 4)) != 0 else { return 0 }
        for value in values { value.push(L) }
        return Int32(values.count)
    }
}

extension Double: LuaConvertible {
    public static var luaTypeName: String { "number" }
    @inlinable public static func read(_ L: LuaStack, _ index: Int32) -> Double? {
        lua_type(L, index) == LUA_TNUMBER ? lua_tonumberx(L, index, nil) : nil
    }
    /// NaN without its sign, which Lua would print.
    @inlinable public func push(_ L: LuaStack) { lua_pushnumber(L, isNaN ? .nan : self) }
}

extension Float: LuaConvertible {
    public static var luaTypeName: String { "number" }
    @inlinable public static func read(_ L: LuaStack, _ index: Int32) -> Float? {
        lua_type(L, index) == LUA_TNUMBER ? Float(lua_tonumberx(L, index, nil)) : nil
    }
    @inlinable public func push(_ L: LuaStack) { lua_pushnumber(L, Double(self)) }
}

extension Int: LuaConvertible {
    public static var luaTypeName: String { "integer" }
    /// Floats with an integral value count as integers, strings do not.
    @inlinable public static func read(_ L: LuaStack, _ index: Int32) -> Int? {
        if lua_isinteger(L, index) != 0 { return Int(lua_tointegerx(L, index, nil)) }
        guard lua_type(L, index) == LUA_TNUMBER else { return nil }
        return Int(exactly: lua_tonumberx(L, index, nil))
    }
    @inlinable public func push(_ L: LuaStack) { lua_pushinteger(L, lua_Integer(self)) }
}

extension Bool: LuaConvertible {
    public static var luaTypeName: String { "boolean" }
    @inlinable public static func read(_ L: LuaStack, _ index: Int32) -> Bool? {
        lua_type(L, index) == LUA_TBOOLEAN ? lua_toboolean(L, index) != 0 : nil
    }
    @inlinable public func push(_ L: LuaStack) { lua_pushboolean(L, self ? 1 : 0) }
}

extension String: LuaConvertible {
    public static var luaTypeName: String { "string" }
    /// Bytes that are not UTF-8 are repaired; use `[UInt8]` for binary data.
    public static func read(_ L: LuaStack, _ index: Int32) -> String? {
        guard lua_type(L, index) == LUA_TSTRING else { return nil }
        var count = 0
        guard let bytes = lua_tolstring(L, index, &count) else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
    public func push(_ L: LuaStack) {
        var copy = self
        copy.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) { lua_pushlstring(L, $0.baseAddress, $0.count) }
        }
    }
}

/// A Lua string as bytes, unchanged.
public struct LuaBytes: LuaConvertible {
    public var bytes: [UInt8]
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public static var luaTypeName: String { "string" }
    public static func read(_ L: LuaStack, _ index: Int32) -> LuaBytes? {
        guard lua_type(L, index) == LUA_TSTRING else { return nil }
        var count = 0
        guard let bytes = lua_tolstring(L, index, &count) else { return nil }
        return LuaBytes(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    }
    public func push(_ L: LuaStack) {
        bytes.withUnsafeBytes { _ = lua_pushlstring(L, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
    }
}

extension Optional: LuaResult where Wrapped: LuaConvertible {}
extension Optional: LuaConvertible where Wrapped: LuaConvertible {
    public static var luaTypeName: String { Wrapped.luaTypeName }
    /// nil and a missing argument are `.some(nil)`.
    @inlinable public static func read(_ L: LuaStack, _ index: Int32) -> Wrapped?? {
        if lua_type(L, index) <= LUA_TNIL { return .some(nil) }
        if let value = Wrapped.read(L, index) { return .some(value) }
        return nil
    }
    @inlinable public func push(_ L: LuaStack) {
        if let value = self { value.push(L) } else { lua_pushnil(L) }
    }
    public static func mismatch(_ L: LuaStack, _ index: Int32) -> String { Wrapped.mismatch(L, index) }
}
