// Arrays and string-keyed dictionaries as Lua tables, read without metamethods.

import CLua
import CLuaBridge

extension Array: LuaResult where Element: LuaConvertible {}
extension Array: LuaConvertible where Element: LuaConvertible {
    public static var luaTypeName: String {
        switch Element.self {
        case is Int.Type: return "array of integers"
        case is Double.Type, is Float.Type: return "array of numbers"
        case is String.Type: return "array of strings"
        default: return "array of \(Element.luaTypeName) values"
        }
    }

    public static func read(_ L: LuaStack, _ index: Int32) -> [Element]? {
        guard lua_type(L, index) == LUA_TTABLE, lua_checkstack(L, 4) != 0 else { return nil }
        let table = lua_absindex(L, index)
        let count = Int(lua_rawlen(L, table))
        var result: [Element] = []
        result.reserveCapacity(count)
        for i in 0..<count {
            lua_rawgeti(L, table, lua_Integer(i + 1))
            let element = lua_type(L, -1) == LUA_TNIL ? nil : Element.read(L, -1)
            oche_pop(L, 1)
            guard let element else { return nil }
            result.append(element)
        }
        return result
    }

    @inlinable public func push(_ L: LuaStack) {
        guard lua_checkstack(L, 6) != 0 else { return lua_pushnil(L) }
        lua_createtable(L, Int32(clamping: count), 0)
        for (i, element) in enumerated() {
            element.push(L)
            lua_rawseti(L, -2, lua_Integer(i + 1))
        }
    }

    public static func mismatch(_ L: LuaStack, _ index: Int32) -> String {
        guard lua_type(L, index) == LUA_TTABLE, lua_checkstack(L, 4) != 0 else {
            return "\(luaTypeName) expected, got \(LuaDescription.of(L, index, expecting: luaTypeName))"
        }
        let table = lua_absindex(L, index)
        for i in 0..<Int(lua_rawlen(L, table)) {
            lua_rawgeti(L, table, lua_Integer(i + 1))
            defer { oche_pop(L, 1) }
            if lua_type(L, -1) == LUA_TNIL || Element.read(L, -1) == nil {
                return "\(luaTypeName) expected, got a table whose element \(i + 1) is \(LuaDescription.of(L, -1))"
            }
        }
        return "\(luaTypeName) expected"
    }
}

extension Dictionary: LuaResult where Key == String, Value: LuaConvertible {}
extension Dictionary: LuaConvertible where Key == String, Value: LuaConvertible {
    public static var luaTypeName: String { "table" }

    /// All keys must be strings.
    public static func read(_ L: LuaStack, _ index: Int32) -> [String: Value]? {
        guard lua_type(L, index) == LUA_TTABLE, lua_checkstack(L, 6) != 0 else { return nil }
        let table = lua_absindex(L, index)
        var result: [String: Value] = [:]
        lua_pushnil(L)
        while lua_next(L, table) != 0 {
            guard let key = String.read(L, -2), let value = Value.read(L, -1) else {
                oche_pop(L, 2)
                return nil
            }
            result[key] = value
            oche_pop(L, 1)
        }
        return result
    }

    public func push(_ L: LuaStack) {
        guard lua_checkstack(L, 6) != 0 else { return lua_pushnil(L) }
        lua_createtable(L, 0, Int32(clamping: count))
        for key in keys.sorted() {
            key.push(L)
            self[key]!.push(L)
            lua_rawset(L, -3)
        }
    }
}
