// A Lua state with the scripting environment: libraries that load text only, deterministic iteration and random
// numbers, one output, limits. Used by one thread at a time; `interrupt` alone may come from anywhere.

import CLua
import CLuaBridge
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What a wait for input came to.
public enum LuaInput {
    /// None: the end of the input.
    case bytes([UInt8])
    case interrupted
    /// There is nobody to ask: an error of the script.
    case refused
}

/// Native functions are kept by the state: a closure given to a declaration must not hold the state strongly
/// (capture it `unowned`, or use `LuaCall.state`).
public final class LuaState {
    public struct Configuration {
        /// Seed of math.random.
        public var seed = 0
        /// Without files, processes and environment: io has only write, flush and stdout, os only time.
        public var isSandboxed = false
        /// Bytes of Lua and native memory together; nil: four fifths of what the machine (or its cgroup) has.
        public var memoryLimit: Int?
        /// Seconds for each run; nil: none.
        public var timeLimit: Double?
        public init(seed: Int = 0, isSandboxed: Bool = false, memoryLimit: Int? = nil, timeLimit: Double? = nil) {
            self.seed = seed
            self.isSandboxed = isSandboxed
            self.memoryLimit = memoryLimit
            self.timeLimit = timeLimit
        }
    }

    public let configuration: Configuration
    public let documentation = Documentation()
    /// Where print, io.write and help go. By default standard output.
    public var output: (UnsafeRawBufferPointer) -> Void = StandardOutput.write
    /// What io.flush and io.stdout:flush() ask for.
    public var flush: () -> Void = StandardOutput.flush
    /// Names besides globals that a misspelt global may have meant.
    public var otherVariables: () -> [String] = { [] }
    /// Where io.stderr goes once `takeStreams` was called.
    public var errorOutput: (UnsafeRawBufferPointer) -> Void = { fwrite($0.baseAddress, 1, $0.count, stderr) }
    /// What io.stdin reads once `takeStreams` was called: waits for at most so many bytes.
    public var input: (Int) -> LuaInput = { _ in .refused }
    /// The modules declared in this state, by name.
    public internal(set) var modules: [String: LuaModule] = [:]

    let host: OpaquePointer
    let references: LuaReferencePool
    var declaredTypes: [UnsafeRawPointer: LuaTypeMembers] = [:]
    /// Recorded by the message handler of a failing call, taken by `takeError`.
    var recorded: (frames: [LuaError.Frame], sources: [String: String]) = ([], [:])
    /// The traceback of an error that is on its way through native code or out of a coroutine.
    var carried: (value: LuaReference, frames: [LuaError.Frame], sources: [String: String], thread: LuaStack)?
    var runDepth = 0
    private var isClosed = false

    /// - Throws: when there is no memory for a state.
    public init(_ configuration: Configuration = Configuration()) throws {
        self.configuration = configuration
        var callbacks = oche_callbacks(
            dispatch: { NativeFunction.dispatch($0!, $1!) },
            release: { Unmanaged<AnyObject>.fromOpaque($0!).release() },
            write: { owner, bytes, count in
                // Not retained: a __gc may print while the state is being deinitialised.
                Unmanaged<LuaState>.fromOpaque(owner!)._withUnsafeGuaranteedRef {
                    $0.output(UnsafeRawBufferPointer(start: bytes, count: count))
                }
            },
            flush: { owner in Unmanaged<LuaState>.fromOpaque(owner!)._withUnsafeGuaranteedRef { $0.flush() } },
            write_error: { owner, bytes, count in
                Unmanaged<LuaState>.fromOpaque(owner!)._withUnsafeGuaranteedRef {
                    $0.errorOutput(UnsafeRawBufferPointer(start: bytes, count: count))
                }
            },
            read: { owner, bytes, size in LuaState.at(owner!).read(into: UnsafeMutableRawBufferPointer(start: bytes, count: size)) },
            trace: { owner, L, coroutine in LuaState.at(owner!).record(L!, coroutine) })
        let limit = configuration.memoryLimit ?? SystemMemory.defaultLimit
        guard let host = oche_open(nil, &callbacks, lua_Integer(configuration.seed), max(limit, 1 << 20),
                                   configuration.isSandboxed ? 1 : 0) else {
            throw LuaError("cannot create a Lua state: out of memory")
        }
        self.host = host
        references = LuaReferencePool(host: host)
        oche_set_owner(host, Unmanaged.passUnretained(self).toOpaque())
        // Native functions are values of this type, so its metatable must be there before the first declaration.
        LuaMetatable.pushBare(main, NativeFunction.luaType)
        oche_pop(main, 1)
        installOche()
        installHelp()
    }

    deinit { close() }

    /// Closes the state: pending `<close>` and `__gc` run, native objects are released. Values held from Swift become
    /// inert. Closing from within a call into this state is refused.
    public func close() {
        guard !isClosed, runDepth == 0 else { return }
        isClosed = true
        references.close()
        carried = nil
        oche_close(host)
    }

    static func at(_ owner: UnsafeMutableRawPointer) -> LuaState {
        Unmanaged<LuaState>.fromOpaque(owner).takeUnretainedValue()
    }

    /// The state that `L` belongs to.
    public static func of(_ L: LuaStack) -> LuaState { at(oche_owner(oche_host_of(L))) }

    /// The main stack.
    var main: LuaStack { oche_main_stack(host) }
    /// The stack of the coroutine that runs now; the main one when none does.
    public var running: LuaStack { oche_running(host) }

    /// Writes to the output of this state.
    public func write(_ text: String) {
        var text = text
        text.withUTF8 { output(UnsafeRawBufferPointer($0)) }
    }

    /// A line on standard error, behind what was written before: for what is worth knowing and no error.
    public func remark(_ text: String) {
        flush()
        var line = text + "\n"
        line.withUTF8 { errorOutput(UnsafeRawBufferPointer($0)) }
    }

    /// From now on io.stderr writes to `errorOutput` and io.stdin reads `input`, for a front end that is no terminal.
    public func takeStreams() { oche_take_streams(host) }

    private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch input(buffer.count) {
        case .bytes(let bytes):
            buffer.copyBytes(from: bytes.prefix(buffer.count))
            return min(bytes.count, buffer.count)
        case .interrupted: return -1
        case .refused: return -2
        }
    }

    // MARK: globals, read and written without metamethods

    public subscript(global name: String) -> LuaValue {
        get {
            pushGlobals()
            defer { oche_pop(running, 2) }
            name.push(running)
            lua_rawget(running, -2)
            return LuaValue.at(running, -1)
        }
        set { setGlobal(name, newValue) }
    }

    public func setGlobal(_ name: String, _ value: any LuaConvertible) {
        let L = running
        guard lua_checkstack(L, 8) != 0 else { return }
        pushGlobals()
        LuaMetatable.set(L, name, value)
        oche_pop(L, 1)
    }

    /// Gives print a text for tables that have none of their own; without, it shows their address, as Lua does.
    public func describeTables(_ text: @escaping (LuaTable) throws -> String) {
        let L = running
        guard lua_checkstack(L, 8) != 0 else { return }
        OCHE_TABLE_TEXT.push(L)
        LuaNativeFunction("print") { call in call.push(try text(call.argument(1, "table"))) }.push(L)
        lua_rawset(L, oche_registry_index())
    }

    /// Names of the global variables that are strings, sorted.
    public var globalNames: [String] {
        globals.pairs.compactMap { if case .string(let name) = $0.key { return name } else { return nil } }
    }

    public var globals: LuaTable {
        pushGlobals()
        defer { oche_pop(running, 1) }
        return LuaTable(LuaReference(running, -1))
    }

    private func pushGlobals() { lua_rawgeti(running, oche_registry_index(), lua_Integer(LUA_RIDX_GLOBALS)) }

    /// A new empty table.
    public func makeTable() -> LuaTable {
        lua_createtable(running, 0, 0)
        defer { oche_pop(running, 1) }
        return LuaTable(LuaReference(running, -1))
    }
}
