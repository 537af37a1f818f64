// Any Lua value, and references to tables, functions and userdata. Reading a table never runs a metamethod; calling a
// function is protected, so a Lua error becomes a Swift error that keeps the original value, position and traceback.

import CLua
import CLuaBridge

public enum LuaValue: LuaConvertible {
    case `nil`
    case boolean(Bool), integer(Int), number(Double), string(String)
    case table(LuaTable), function(LuaFunction), userdata(LuaUserdata)
    /// Coroutines and light userdata.
    case other(LuaReference)

    public static var luaTypeName: String { "value" }

    public static func at(_ L: LuaStack, _ index: Int32) -> LuaValue {
        switch lua_type(L, index) {
        case LUA_TNONE, LUA_TNIL: return .nil
        case LUA_TBOOLEAN: return .boolean(lua_toboolean(L, index) != 0)
        case LUA_TNUMBER:
            return lua_isinteger(L, index) != 0
                ? .integer(Int(lua_tointegerx(L, index, nil))) : .number(lua_tonumberx(L, index, nil))
        case LUA_TSTRING: return .string(String.read(L, index) ?? "")
        case LUA_TTABLE: return .table(LuaTable(LuaReference(L, index)))
        case LUA_TFUNCTION: return .function(LuaFunction(LuaReference(L, index)))
        case LUA_TUSERDATA: return .userdata(LuaUserdata(LuaReference(L, index)))
        default: return .other(LuaReference(L, index))
        }
    }

    public static func read(_ L: LuaStack, _ index: Int32) -> LuaValue? { at(L, index) }

    public func push(_ L: LuaStack) {
        switch self {
        case .nil: lua_pushnil(L)
        case .boolean(let value): value.push(L)
        case .integer(let value): value.push(L)
        case .number(let value): value.push(L)
        case .string(let value): value.push(L)
        case .table(let value): value.push(L)
        case .function(let value): value.push(L)
        case .userdata(let value): value.push(L)
        case .other(let reference): if !reference.push(L) { lua_pushnil(L) }
        }
    }

    /// The value as a `T`, by the same rules as an argument.
    public func `as`<T: LuaConvertible>(_ type: T.Type = T.self) -> T? {
        switch self {
        case .nil, .boolean, .integer, .number, .string: break
        case .table(let value): return value.reference.read(as: type)
        case .function(let value): return value.reference.read(as: type)
        case .userdata(let value): return value.reference.read(as: type)
        case .other(let reference): return reference.read(as: type)
        }
        switch (self, type) {
        case (.boolean(let value), is Bool.Type): return value as? T
        case (.integer(let value), is Int.Type): return value as? T
        case (.integer(let value), is Double.Type): return Double(value) as? T
        case (.number(let value), is Double.Type): return value as? T
        case (.number(let value), is Int.Type): return Int(exactly: value) as? T
        case (.string(let value), is String.Type): return value as? T
        case (_, is LuaValue.Type): return self as? T
        default: return nil
        }
    }

    public var isNil: Bool { if case .nil = self { return true } else { return false } }
}

extension LuaReference {
    func read<T: LuaConvertible>(as type: T.Type) -> T? {
        guard let L = try? running, push(L) else { return nil }
        defer { oche_pop(L, 1) }
        return T.read(L, -1)
    }
}

/// A userdata: a declared Swift object, a file.
public struct LuaUserdata: LuaConvertible {
    let reference: LuaReference
    init(_ reference: LuaReference) { self.reference = reference }
    public static var luaTypeName: String { "userdata" }
    public static func read(_ L: LuaStack, _ index: Int32) -> LuaUserdata? {
        lua_type(L, index) == LUA_TUSERDATA ? LuaUserdata(LuaReference(L, index)) : nil
    }
    public func push(_ L: LuaStack) { if !reference.push(L) { lua_pushnil(L) } }
    /// The Swift object, when it is one of `T`.
    public func object<T: LuaObject>(_ type: T.Type = T.self) -> T? { reference.read(as: type) }
    /// The Swift object, of whatever class; nil when it is not one of ours.
    public var anyObject: AnyObject? {
        guard let L = try? reference.running, reference.push(L) else { return nil }
        defer { oche_pop(L, 1) }
        return oche_to_block(L, -1)?.pointee.object.map { Unmanaged<AnyObject>.fromOpaque($0).takeUnretainedValue() }
    }
    /// The declared name of its type.
    public var typeName: String {
        guard let L = try? reference.running, reference.push(L) else { return "userdata" }
        defer { oche_pop(L, 1) }
        return LuaDescription.typeName(L, -1)
    }
}

public struct LuaTable: LuaConvertible {
    let reference: LuaReference
    init(_ reference: LuaReference) { self.reference = reference }
    public static var luaTypeName: String { "table" }
    public static func read(_ L: LuaStack, _ index: Int32) -> LuaTable? {
        lua_type(L, index) == LUA_TTABLE ? LuaTable(LuaReference(L, index)) : nil
    }
    public func push(_ L: LuaStack) { if !reference.push(L) { lua_pushnil(L) } }

    /// Runs `body` with the table on top of the stack; nil when the state has closed.
    private func with<R>(_ body: (LuaStack) -> R) -> R? {
        guard let L = try? reference.running, lua_checkstack(L, 10) != 0, reference.push(L) else { return nil }
        let top = lua_gettop(L) - 1
        defer { lua_settop(L, top) }
        return body(L)
    }

    /// Makes this the metatable of the table on top of the stack.
    public func attach(_ L: LuaStack) {
        if lua_checkstack(L, 2) != 0, reference.push(L) { lua_setmetatable(L, -2) }
    }

    /// Gives the table a metatable.
    public func setMetatable(_ metatable: LuaTable) { _ = with { metatable.attach($0) } }

    /// Length of the array part.
    public var count: Int { with { Int(lua_rawlen($0, -1)) } ?? 0 }

    public subscript(_ key: String) -> LuaValue {
        get { with { L in key.push(L); lua_rawget(L, -2); return LuaValue.at(L, -1) } ?? .nil }
        nonmutating set { _ = with { L in key.push(L); newValue.push(L); lua_rawset(L, -3) } }
    }

    public subscript(_ index: Int) -> LuaValue {
        get { with { L in lua_rawgeti(L, -1, lua_Integer(index)); return LuaValue.at(L, -1) } ?? .nil }
        nonmutating set { _ = with { L in newValue.push(L); lua_rawseti(L, -2, lua_Integer(index)) } }
    }

    /// Sets a field to anything that Lua can hold, a declared object among them.
    public func set(_ key: String, to value: some LuaConvertible) {
        _ = with { L in
            key.push(L)
            value.push(L)
            lua_rawset(L, -3)
        }
    }

    /// Keys and values in the order of `pairs` (see iteration.c).
    public var pairs: [(key: LuaValue, value: LuaValue)] {
        with { L in
            let table = lua_gettop(L)
            oche_push_sorted_keys(L, table)
            return (0..<Int(lua_rawlen(L, -1))).map { i in
                lua_rawgeti(L, table + 1, lua_Integer(i + 1))
                let key = LuaValue.at(L, -1)
                lua_rawget(L, table)
                defer { oche_pop(L, 1) }
                return (key, LuaValue.at(L, -1))
            }
        } ?? []
    }
}
