// Between Lua error values and LuaError. The handler of a protected call records frames while the failing stack still
// stands; an error on its way through Swift carries its first traceback along, so that the outer one does not hide it.

import CLua
import CLuaBridge

extension LuaState {
    /// Calls the function below `arguments` on the stack. On return the results are in its place.
    /// - Throws: the Lua error; the stack is then as before the function was pushed.
    func protectedCall(_ L: LuaStack, _ arguments: Int32, _ results: Int32) throws {
        recorded = ([], [:])
        let status = oche_pcall(L, arguments, results)
        guard status != LUA_OK else { return }
        throw takeError(L, status)
    }

    /// From the C message handler (error at index 1 of `L`), or for an error on top of a failed coroutine.
    func record(_ L: LuaStack, _ coroutine: LuaStack?) {
        if let coroutine {
            let (frames, sources) = takeCarried(coroutine, -1) ?? Traceback.frames(coroutine, from: 0)
            carried = (LuaReference(coroutine, -1), frames, sources, coroutine)
            return
        }
        let own = Traceback.frames(L, from: 1)
        if let carried, carried.thread != L, let first = takeCarried(L, 1) {
            recorded = (first.frames + own.frames, first.sources.merging(own.sources) { a, _ in a })
        } else {
            recorded = takeCarried(L, 1) ?? own
        }
    }

    /// The carried traceback when it belongs to the error at `index`.
    private func takeCarried(_ L: LuaStack, _ index: Int32) -> (frames: [LuaError.Frame], sources: [String: String])? {
        guard let carried else { return nil }
        self.carried = nil
        let index = lua_absindex(L, index)
        guard lua_checkstack(L, 4) != 0, carried.value.push(L) else { return nil }
        defer { oche_pop(L, 1) }
        return lua_rawequal(L, -1, index) != 0 ? (carried.frames, carried.sources) : nil
    }

    /// An error that came from Lua is about to be raised again.
    func carry(_ error: LuaError, on L: LuaStack) {
        guard let value = error.value else { return }
        carried = (value, error.traceback, error.sources, L)
    }

    /// Pops the error on top of `L`.
    func takeError(_ L: LuaStack, _ status: Int32) -> LuaError {
        defer { oche_pop(L, 1) }
        let frames = recorded.frames, sources = recorded.sources
        recorded = ([], [:])
        if oche_interrupt_reason(host) != 0 { return interruption(traceback: frames) }
        if status == LUA_ERRMEM { return LuaError("memory limit of \(limitText) exceeded", kind: .memoryLimit) }
        _ = lua_checkstack(L, 6)
        let value = LuaReference(L, -1)
        let text: String
        switch lua_type(L, -1) {
        case LUA_TSTRING: text = String.read(L, -1) ?? ""
        case LUA_TNIL: text = "nil was raised as an error"
        default:
            oche_describe(L, -1)
            text = String.read(L, -1) ?? "error"
            oche_pop(L, 1)
        }
        var error = LuaError(kind: .runtime, message: text, traceback: frames, value: value)
        error.sources = sources
        error.splitPosition(sources: sources)
        error.message += documentation.hint(for: error.message) + hint(forGlobalIn: error.message)
        if error.message.hasPrefix("memory limit of ") { error.kind = .memoryLimit }
        if error.file == nil, let frame = error.userFrames.first {
            error.file = frame.file
            error.line = frame.line
        }
        return error
    }

    func interruption(traceback: [LuaError.Frame]) -> LuaError {
        switch oche_interrupt_reason(host) {
        case Int32(OCHE_TIME_LIMIT):
            let limit = configuration.timeLimit.map { LuaLiteral.text($0) + " s " } ?? ""
            return LuaError(kind: .timeLimit, message: "time limit of \(limit)exceeded", traceback: traceback, value: nil).placed
        case Int32(OCHE_EXIT):
            return LuaError("exit", kind: .exit(Int(oche_exit_status(host))))
        default:
            return LuaError(kind: .interrupted, message: "interrupted", traceback: traceback, value: nil).placed
        }
    }

    private var limitText: String { SystemMemory.text(Int(oche_memory_limit(host))) }
}

extension LuaError {
    /// With the position of the innermost frame of the script.
    fileprivate var placed: LuaError {
        var error = self
        error.file = userFrames.first?.file
        error.line = userFrames.first?.line
        return error
    }
}
