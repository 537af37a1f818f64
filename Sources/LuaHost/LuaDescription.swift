// How a value is named in an error message: its type, and the value itself when that is short. Runs no metamethod.

import CLua
import CLuaBridge

public enum LuaDescription {
    /// "string 'abc'", "number 5", "tensor", "no value". Where a number was expected a number stands for itself: "-1".
    public static func of(_ L: LuaStack, _ index: Int32, expecting expected: String = "") -> String {
        switch lua_type(L, index) {
        case LUA_TNONE: return "no value"
        case LUA_TNIL: return "nil"
        case LUA_TBOOLEAN: return lua_toboolean(L, index) != 0 ? "boolean true" : "boolean false"
        case LUA_TNUMBER:
            let text = lua_isinteger(L, index) != 0
                ? String(lua_tointegerx(L, index, nil)) : number(lua_tonumberx(L, index, nil))
            return expected.contains("number") || expected.contains("integer") ? text : "number \(text)"
        case LUA_TSTRING:
            let length = Int(lua_rawlen(L, index))
            guard length <= 60, let text = String.read(L, index) else { return "string of \(length) bytes" }
            return "string '\(text)'"
        case LUA_TUSERDATA: return typeName(L, index)
        case let type: return String(cString: lua_typename(L, type))
        }
    }

    /// The Lua type, or the declared name of a userdata.
    public static func typeName(_ L: LuaStack, _ index: Int32) -> String {
        guard lua_type(L, index) == LUA_TUSERDATA else {
            return lua_type(L, index) == LUA_TNONE ? "no value" : String(cString: lua_typename(L, lua_type(L, index)))
        }
        if let block = oche_to_block(L, index) {
            return LuaTypeIdentity.at(block.pointee.type).name
        }
        let index = lua_absindex(L, index)
        guard lua_checkstack(L, 3) != 0, lua_getmetatable(L, index) != 0 else { return "userdata" }
        lua_pushstring(L, "__name")
        lua_rawget(L, -2)
        defer { oche_pop(L, 2) }
        return String.read(L, -1) ?? "userdata"
    }

    /// As Lua writes it, so that a message agrees with what print shows: 14 significant digits.
    public static func number(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if let integer = Int(exactly: value), abs(value) < 1e15 { return "\(integer).0" }
        var buffer = [CChar](repeating: 0, count: 40)
        _ = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.14g", $0) }
        return String(cString: buffer)
    }
}
