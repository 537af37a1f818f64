// A Swift closure that Lua can call. The C trampoline calls `dispatch`; a thrown error becomes a status and a value on
// the stack, which the trampoline raises after this frame has returned. Nothing here may raise.

import CLua
import CLuaBridge

public typealias NativeBody = (LuaStack) throws -> Int32

final class NativeFunction: LuaObject {
    static let luaType = LuaTypeIdentity("native function")
    let name: String
    /// Stack slots before the first argument as the user counts: 1 for methods and callable tables.
    let offset: Int32
    let body: NativeBody

    init(_ name: String, offset: Int32 = 0, _ body: @escaping NativeBody) {
        self.name = name
        self.offset = offset
        self.body = body
    }

    static func dispatch(_ L: LuaStack, _ function: UnsafeMutableRawPointer) -> Int32 {
        Unmanaged<NativeFunction>.fromOpaque(function)._withUnsafeGuaranteedRef { function in
            do {
                return try function.body(L)
            } catch {
                return function.fail(L, error)
            }
        }
    }

    @inline(never)
    private func fail(_ L: LuaStack, _ error: any Error) -> Int32 {
        if lua_checkstack(L, 8) == 0 { lua_settop(L, 0) }
        switch error {
        case is LuaInterruption:
            return Int32(OCHE_RAISE_INTERRUPT)
        case let error as LuaError:
            let state = LuaState.of(L)
            if oche_interrupt_reason(state.host) != 0 { return Int32(OCHE_RAISE_INTERRUPT) }
            if let value = error.value, value.push(L) {
                state.carry(error, on: L)
                return Int32(OCHE_RAISE_VALUE)
            }
            (error.file == nil ? error.message : error.description).push(L)
            return Int32(error.file == nil ? OCHE_RAISE_MESSAGE : OCHE_RAISE_VALUE)
        case let error as LuaArgumentError:
            error.message(function: name, offset: offset).push(L)
        default:
            String(describing: error).push(L)
        }
        return Int32(OCHE_RAISE_MESSAGE)
    }

    /// Pushes a C closure that calls `function`.
    static func push(_ function: NativeFunction, _ L: LuaStack) {
        function.push(L)
        oche_push_trampoline(L)
    }
}

/// A Swift closure as a Lua function value, made at run time and collected like any other: what `tensor.grad(f)`
/// returns. `body` gets the arguments; see `LuaCall`.
public struct LuaNativeFunction: LuaConvertible {
    let function: NativeFunction
    public static var luaTypeName: String { "function" }
    public static func read(_ L: LuaStack, _ index: Int32) -> LuaNativeFunction? { nil }

    public init(_ name: String, _ body: @escaping (inout LuaCall) throws -> Void) {
        function = NativeFunction(name) { L in
            var call = LuaCall(L, base: 0)
            try body(&call)
            return call.resultCount
        }
    }

    public func push(_ L: LuaStack) { NativeFunction.push(function, L) }
}
