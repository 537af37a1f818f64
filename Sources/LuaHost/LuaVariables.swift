// What a value is called where a native function was called from: for errors that name it. Looks at variables and raw
// fields, runs nothing and raises nothing.

import CLua
import CLuaBridge

public enum LuaVariables {
    /// Entries looked at in one table.
    private static let mostEntries = 1000

    /// The name of a value for which `matches` is true (it is at the top of the stack then), as the calling Lua
    /// function could write it: a local variable, one from outside, a global, or a field of a table that one of these
    /// holds, such as "batch.x" or "ws[2]". Nil where nothing matches.
    public static func name(_ L: LuaStack, where matches: (LuaStack) -> Bool) -> String? {
        guard lua_checkstack(L, 16) != 0 else { return nil }
        let top = lua_gettop(L)
        defer { lua_settop(L, top) }
        var info = lua_Debug()
        var level: Int32 = 0
        // The native function itself comes first.
        repeat {
            guard lua_getstack(L, level, &info) != 0 else { return nil }
            lua_getinfo(L, "Sf", &info)
            level += 1
        } while String(cString: info.what) == "C"
        let function = lua_gettop(L)
        for isInTable in [false, true] {
            if let found = variable(L, &info, function, isInTable, matches) { return found }
        }
        return nil
    }

    /// Among the variables themselves, or in the tables that they hold.
    private static func variable(_ L: LuaStack, _ info: inout lua_Debug, _ function: Int32, _ isInTable: Bool,
                                 _ matches: (LuaStack) -> Bool) -> String? {
        /// The name of the value on top, which is taken off.
        func test(_ name: String) -> String? {
            defer { oche_pop(L, 1) }
            if name.hasPrefix("(") { return nil }
            // Globals are fields of the variable _ENV.
            if name == "_ENV" { return field(L, "", isNested: isInTable, matches) }
            return isInTable ? field(L, name, isNested: true, matches) : matches(L) ? name : nil
        }
        var i: Int32 = 1
        var found: String?
        // Of two locals of one name the later one is meant.
        while let name = lua_getlocal(L, &info, i) {
            found = test(String(cString: name)) ?? found
            i += 1
        }
        if let found { return found }
        i = 1
        while let name = lua_getupvalue(L, function, i) {
            if let found = test(String(cString: name)) { return found }
            i += 1
        }
        return nil
    }

    /// The name of a field of the table on top, or with `isNested` also of a table in it.
    private static func field(_ L: LuaStack, _ name: String, isNested: Bool, _ matches: (LuaStack) -> Bool) -> String? {
        guard lua_type(L, -1) == LUA_TTABLE, lua_checkstack(L, 8) != 0 else { return nil }
        let table = lua_gettop(L)
        defer { lua_settop(L, table) }
        var left = mostEntries
        lua_pushnil(L)
        while left > 0, lua_next(L, table) != 0 {
            left -= 1
            defer { lua_settop(L, table + 1) }
            let path: String
            if lua_type(L, -2) == LUA_TSTRING, let key = String.read(L, -2) {
                path = name.isEmpty ? key : "\(name).\(key)"
            } else if lua_isinteger(L, -2) != 0 {
                path = "\(name)[\(lua_tointegerx(L, -2, nil))]"
            } else {
                continue
            }
            if matches(L) { return path }
            if isNested, let found = field(L, path, isNested: false, matches) { return found }
        }
        return nil
    }
}
