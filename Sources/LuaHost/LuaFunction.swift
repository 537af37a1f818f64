// Calling Lua from Swift, at any depth: on the stack of the coroutine that runs now, protected, so that no error
// passes a Swift frame by longjmp. An error that is thrown on reaches Lua again as the very value that was raised.

import CLua
import CLuaBridge

public struct LuaFunction: LuaConvertible {
    let reference: LuaReference
    init(_ reference: LuaReference) { self.reference = reference }
    public static var luaTypeName: String { "function" }
    public static func read(_ L: LuaStack, _ index: Int32) -> LuaFunction? {
        lua_type(L, index) == LUA_TFUNCTION ? LuaFunction(LuaReference(L, index)) : nil
    }
    public func push(_ L: LuaStack) { if !reference.push(L) { lua_pushnil(L) } }

    /// All results of the call.
    /// - Throws: `LuaError` with the original error value; `.interrupted` and the like when the run is being stopped.
    @discardableResult
    public func call(_ arguments: [any LuaConvertible]) throws -> [LuaValue] {
        let L = try reference.running
        let top = lua_gettop(L)
        defer { lua_settop(L, top) }
        try start(L, arguments, results: -1)
        let last = lua_gettop(L)
        return last > top ? (top + 1...last).map { LuaValue.at(L, $0) } : []
    }

    @discardableResult
    public func call(_ arguments: any LuaConvertible...) throws -> [LuaValue] { try call(arguments) }

    /// The first result as a `T`.
    /// - Throws: also when it is not one: "the function must return a tensor, got nil".
    public func call<T: LuaConvertible>(_ arguments: any LuaConvertible..., as type: T.Type) throws -> T {
        try call(arguments, as: type)
    }

    public func call<T: LuaConvertible>(_ arguments: [any LuaConvertible], as type: T.Type) throws -> T {
        let L = try reference.running
        let top = lua_gettop(L)
        defer { lua_settop(L, top) }
        try start(L, arguments, results: 1)
        guard let value = T.read(L, -1) else {
            throw LuaError("the function \(place) must return a \(T.luaTypeName), got \(LuaDescription.of(L, -1))")
        }
        return value
    }

    private func start(_ L: LuaStack, _ arguments: [any LuaConvertible], results: Int32) throws {
        guard lua_checkstack(L, Int32(clamping: arguments.count + 12)) != 0, reference.push(L) else {
            throw LuaError("stack overflow (too many nested calls or arguments)")
        }
        for argument in arguments { argument.push(L) }
        try LuaState.of(L).protectedCall(L, Int32(arguments.count), results)
    }

    /// "at script.lua:12", for messages; "" for native functions.
    public var place: String {
        guard let L = try? reference.running, reference.push(L) else { return "" }
        var info = lua_Debug()
        lua_getinfo(L, ">S", &info)
        return info.linedefined < 0 ? "" : "at \(info.shortSource):\(info.linedefined)"
    }
}
