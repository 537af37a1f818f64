// Lua values kept alive from Swift through the registry. References may be dropped on any thread: dropping only queues
// the slot, which the state frees when it next makes a reference. After the state has closed they are inert.

import CLua
import CLuaBridge

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Registry slots of one state, and those waiting to be freed.
final class LuaReferencePool: @unchecked Sendable {
    /// nil once the state has closed.
    private(set) var host: OpaquePointer?
    private var dropped: [Int32] = []
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init(host: OpaquePointer) {
        self.host = host
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func close() {
        pthread_mutex_lock(mutex)
        host = nil
        dropped = []
        pthread_mutex_unlock(mutex)
    }

    func drop(_ slot: Int32) {
        pthread_mutex_lock(mutex)
        if host != nil { dropped.append(slot) }
        pthread_mutex_unlock(mutex)
    }

    /// Frees what was dropped. Only on the thread that uses the state.
    func drain(_ L: LuaStack) {
        pthread_mutex_lock(mutex)
        let slots = dropped
        dropped.removeAll(keepingCapacity: true)
        pthread_mutex_unlock(mutex)
        for slot in slots { luaL_unref(L, oche_registry_index(), slot) }
    }
}

/// A Lua value held by Swift.
public final class LuaReference: @unchecked Sendable {
    let pool: LuaReferencePool
    private let slot: Int32

    /// References the value at `index`.
    init(_ L: LuaStack, _ index: Int32) {
        pool = LuaState.of(L).references
        pool.drain(L)
        // Without stack space the reference is to nil; the next call into Lua reports the overflow.
        if lua_checkstack(L, 4) != 0 {
            lua_pushvalue(L, index)
            slot = luaL_ref(L, oche_registry_index())
        } else {
            slot = LUA_REFNIL_VALUE
        }
    }

    deinit { pool.drop(slot) }

    /// Pushes the value; false (and nothing pushed) when it belongs to another state or one that has closed.
    func push(_ L: LuaStack) -> Bool {
        guard pool.host != nil, pool.host == oche_host_of(L), lua_checkstack(L, 4) != 0 else { return false }
        lua_rawgeti(L, oche_registry_index(), lua_Integer(slot))
        return true
    }

    /// The stack on which the state runs now.
    var running: LuaStack {
        get throws {
            guard let host = pool.host else { throw LuaError("this value belongs to a Lua state that has been closed") }
            return oche_running(host)
        }
    }
}

private let LUA_REFNIL_VALUE: Int32 = -1
