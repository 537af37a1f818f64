// coroutine.resume, wrap, close and yield that keep `running` current, so that an interrupt reaches the coroutine that
// runs, a callback from Swift uses the right lua_State, and a failed wrap keeps the traceback of its coroutine.
#include "host.h"

static lua_State *get_coroutine(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

static int run(lua_State *L, lua_State *co, int arguments, int *results) {
    oche_host *host = oche_host_of(L);
    host->running = co;
    oche_arm_if_interrupted(host, co);
    int status = lua_resume(co, L, arguments, results);
    host->running = L;
    oche_arm_if_interrupted(host, L);
    return status;
}

/// As auxresume of lcorolib.c: number of results moved to L, or -1 with the error on top of L.
static int resume(lua_State *L, lua_State *co, int arguments, int keep_trace) {
    int results;
    if (!lua_checkstack(co, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    if (lua_status(co) == LUA_OK && lua_gettop(co) == 0) {
        lua_pushliteral(L, "cannot resume dead coroutine");
        return -1;
    }
    if (co == oche_host_of(L)->main || co == L) {
        lua_pushliteral(L, "cannot resume non-suspended coroutine");
        return -1;
    }
    lua_xmove(L, co, arguments);
    int status = run(L, co, arguments, &results);
    if (status == LUA_OK || status == LUA_YIELD) {
        if (!lua_checkstack(L, results + 1)) {
            lua_pop(co, results);
            lua_pushliteral(L, "too many results to resume");
            return -1;
        }
        lua_xmove(co, L, results);
        return results;
    }
    if (keep_trace && lua_checkstack(L, 2)) {
        oche_host *host = oche_host_of(L);
        int saved = host->native;
        host->native = 1;
        host->callbacks.trace(host->owner, L, co);
        host->native = saved;
    }
    lua_xmove(co, L, 1);
    return -1;
}

static int co_resume(lua_State *L) {
    lua_State *co = get_coroutine(L);
    int results = resume(L, co, lua_gettop(L) - 1, 0);
    lua_pushboolean(L, results >= 0);
    lua_insert(L, results >= 0 ? -(results + 1) : -2);
    return results >= 0 ? results + 1 : 2;
}

/// Runs the pending __close of a coroutine. lua_resetthread of 5.4.4 does not count C calls, hence the limit.
static int reset(lua_State *L, lua_State *co) {
    oche_host *host = oche_host_of(L);
    if (host->closing >= 100) return luaL_error(L, "C stack overflow (coroutines that close coroutines)");
    host->closing++;
    host->running = co;
    int status = lua_resetthread(co);
    host->running = L;
    host->closing--;
    oche_arm_if_interrupted(host, L);
    return status;
}

static int wrap_step(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, co, lua_gettop(L), 1);
    if (results >= 0) return results;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        reset(L, co);
        lua_xmove(co, L, 1);  // the error, perhaps replaced by that of a __close
    }
    return lua_error(L);
}

static int co_create(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int co_wrap(lua_State *L) {
    co_create(L);
    lua_pushcclosure(L, wrap_step, 1);
    return 1;
}

static int co_yield(lua_State *L) {
    if (!lua_isyieldable(L)) {
        lua_pushstring(L, L == oche_host_of(L)->main
            ? "cannot yield here: not inside a coroutine, or a native function that called back waits for a result"
            : "cannot yield here: a native function that called back waits for a result");
        return oche_raise_message(L);
    }
    return lua_yield(L, lua_gettop(L));
}

static int co_close(lua_State *L) {
    lua_State *co = get_coroutine(L);
    lua_Debug ar;
    int dead = lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar) == 0;
    if (co == L || (lua_status(co) == LUA_OK && !dead))
        return luaL_error(L, "cannot close a running or normal coroutine");
    if (reset(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

// MARK: xpcall. An interrupt is raised from within a hook, where hooks are off: a message handler that loops could
// never be stopped, so then it is not called.

static int handle_unless_interrupted(lua_State *L) {
    if (oche_interrupt_reason(oche_host_of(L)) != OCHE_RUNNING) return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int xpcall_continue(lua_State *L, int status, lua_KContext extra) {
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)extra;
}

static int host_xpcall(lua_State *L) {
    int n = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle_unless_interrupted, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);  // f, handler, true, f, arguments
    return xpcall_continue(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, xpcall_continue), 2);
}

void oche_install_coroutines(lua_State *L) {
    lua_pushcfunction(L, host_xpcall);
    lua_setglobal(L, "xpcall");
    static const luaL_Reg functions[] = {
        {"create", co_create}, {"resume", co_resume}, {"wrap", co_wrap},
        {"yield", co_yield}, {"close", co_close}, {NULL, NULL}};
    lua_getglobal(L, LUA_COLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
