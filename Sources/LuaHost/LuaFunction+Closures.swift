// What a session needs to know of a closure: its variables, which may be shared with another closure, and where it is
// from. Nothing here runs Lua or raises.

import CLua
import CLuaBridge

extension LuaFunction {
    private func with<R>(_ body: (LuaStack) -> R) -> R? {
        guard let L = try? reference.running, lua_checkstack(L, 8) != 0, reference.push(L) else { return nil }
        let top = lua_gettop(L) - 1
        defer { lua_settop(L, top) }
        return body(L)
    }

    /// Names of the variables from outside that the function uses, in order; empty for native functions.
    public var upvalueNames: [String] {
        with { L in
            guard lua_iscfunction(L, -1) == 0 else { return [] }
            var names: [String] = []
            while let name = lua_getupvalue(L, -1, Int32(names.count + 1)) {
                names.append(String(cString: name))
                oche_pop(L, 1)
            }
            return names
        } ?? []
    }

    /// The value of variable `i`, counted from 0.
    public func upvalue(_ i: Int) -> LuaValue {
        with { L in lua_getupvalue(L, -1, Int32(i + 1)) == nil ? .nil : LuaValue.at(L, -1) } ?? .nil
    }

    /// Makes variable `i` of this function the very variable `j` of another one.
    public func share(_ i: Int, with other: LuaFunction, _ j: Int) {
        _ = with { L in
            guard other.reference.push(L) else { return }
            lua_upvaluejoin(L, -2, Int32(i + 1), -1, Int32(j + 1))
        }
    }

    /// "(x, y, ...)"; nil for native functions.
    public var parameterList: String? {
        with { L in
            guard lua_iscfunction(L, -1) == 0 else { return nil }
            var info = lua_Debug(), names: [String] = []
            lua_pushvalue(L, -1)
            lua_getinfo(L, ">u", &info)
            for i in 0..<Int32(info.nparams) { if let name = lua_getlocal(L, nil, i + 1) { names.append(String(cString: name)) } }
            if info.isvararg != 0 { names.append("...") }
            return "(" + names.joined(separator: ", ") + ")"
        } ?? nil
    }

    /// What distinguishes this function from others as long as it lives.
    public var address: UnsafeRawPointer? { with { lua_topointer($0, -1) } ?? nil }
}

extension LuaTable {
    public var address: UnsafeRawPointer? { LuaValue.table(self).address }

    /// The metatable, without regard to __metatable.
    public var metatable: LuaTable? {
        guard let L = try? reference.running, lua_checkstack(L, 4) != 0, reference.push(L) else { return nil }
        let top = lua_gettop(L) - 1
        defer { lua_settop(L, top) }
        return lua_getmetatable(L, -1) != 0 ? LuaTable.read(L, -1) : nil
    }

    /// The `limit` first entries in the order of `pairs` that lie outside the array part, and how many there are.
    /// Takes time for every key and memory for `limit`.
    public func namedEntries(limit: Int) -> (first: [(key: LuaValue, value: LuaValue)], total: Int) {
        guard let L = try? reference.running, lua_checkstack(L, 8) != 0, reference.push(L) else { return ([], 0) }
        let table = lua_gettop(L)
        defer { lua_settop(L, table - 1) }
        let array = lua_rawlen(L, table)
        var kept: [EntryKey] = [], total = 0
        lua_pushnil(L)
        while lua_next(L, table) != 0 {
            defer { oche_pop(L, 1) }
            if lua_isinteger(L, -2) != 0, case let i = lua_tointegerx(L, -2, nil), i >= 1, UInt64(i) <= UInt64(array) { continue }
            total += 1
            if kept.count == limit, let last = kept.last, !EntryKey.isBefore(L, -2, last) { continue }
            let key = EntryKey(L, -2)
            var (low, high) = (0, kept.count)
            while low < high {
                let middle = (low + high) / 2
                if kept[middle].isBefore(key) { low = middle + 1 } else { high = middle }
            }
            kept.insert(key, at: low)
            if kept.count > limit { kept.removeLast() }
        }
        return (kept.map { entry in
            entry.value.push(L)
            lua_rawget(L, table)
            defer { oche_pop(L, 1) }
            return (entry.value, LuaValue.at(L, -1))
        }, total)
    }

    /// A key with what its place among others is decided by: booleans, numbers, strings, then the rest as met.
    private struct EntryKey {
        let value: LuaValue
        let rank: Int, number: Double, text: [UInt8]
        init(_ L: LuaStack, _ index: Int32) {
            value = LuaValue.at(L, index)
            (rank, number) = EntryKey.sort(L, index)
            text = rank == 2 ? LuaBytes.read(L, index)?.bytes ?? [] : []
        }
        private static func sort(_ L: LuaStack, _ index: Int32) -> (Int, Double) {
            switch lua_type(L, index) {
            case LUA_TBOOLEAN: (0, Double(lua_toboolean(L, index)))
            case LUA_TNUMBER: (1, lua_tonumberx(L, index, nil))
            case LUA_TSTRING: (2, 0)
            default: (3, 0)
            }
        }
        func isBefore(_ other: EntryKey) -> Bool {
            if rank != other.rank { return rank < other.rank }
            return rank == 2 ? text.lexicographicallyPrecedes(other.text) : rank < 3 && number < other.number
        }
        /// Without making a key of what is not going to be kept.
        static func isBefore(_ L: LuaStack, _ index: Int32, _ other: EntryKey) -> Bool {
            let (rank, number) = sort(L, index)
            if rank != other.rank { return rank < other.rank }
            guard rank == 2 else { return rank < 3 && number < other.number }
            var count = 0
            guard let bytes = lua_tolstring(L, index, &count) else { return false }
            return UnsafeRawBufferPointer(start: bytes, count: count).lexicographicallyPrecedes(other.text)
        }
    }
}

extension LuaValue {
    /// Of tables, functions and userdata.
    public var address: UnsafeRawPointer? {
        let reference: LuaReference
        switch self {
        case .table(let value): reference = value.reference
        case .function(let value): reference = value.reference
        case .userdata(let value): reference = value.reference
        case .other(let value): reference = value
        default: return nil
        }
        guard let L = try? reference.running, reference.push(L) else { return nil }
        defer { oche_pop(L, 1) }
        return lua_topointer(L, -1)
    }

    /// "table", "tensor", "thread"
    public var typeName: String {
        switch self {
        case .nil: return "nil"
        case .boolean: return "boolean"
        case .integer, .number: return "number"
        case .string: return "string"
        case .table: return "table"
        case .function: return "function"
        case .userdata(let value): return value.typeName
        case .other(let reference):
            guard let L = try? reference.running, reference.push(L) else { return "thread" }
            defer { oche_pop(L, 1) }
            return LuaDescription.typeName(L, -1)
        }
    }
}

extension LuaModule {
    /// The value of a member; nil for names it does not have. Runs nothing.
    public func member(_ name: String) -> LuaValue { contents[name] }
    /// Whether `table` is what scripts hold of this namespace.
    public func isProxy(_ table: LuaTable) -> Bool { table.address == proxy.address }
}
