// Lua runs a __gc with hooks off, so one that loops could never be interrupted. setmetatable therefore puts the
// script's finalizer behind one that runs it in a coroutine of its own, where hooks are on.
#include "host.h"

/// Upvalue 1: the script's function.
static int finalize(lua_State *L) {
    oche_host *host = oche_host_of(L);
    lua_State *saved_running = host->running;
    int saved = host->native, results;
    lua_settop(L, 1);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 2);
    host->running = co;
    oche_arm_if_interrupted(host, co);
    host->native = 0;  // the collector, which may have been started by Swift, catches what this raises
    int status = lua_resume(co, L, 1, &results);
    host->native = saved;
    host->running = saved_running;
    oche_arm_if_interrupted(host, saved_running);
    if (status == LUA_OK || status == LUA_YIELD) return 0;
    lua_xmove(co, L, 1);
    return lua_error(L);
}

static int host_setmetatable(lua_State *L) {
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) == LUA_TFUNCTION && lua_tocfunction(L, -1) != finalize) {
            lua_pushliteral(L, "__gc");
            lua_insert(L, -2);
            lua_pushcclosure(L, finalize, 1);
            lua_rawset(L, 2);
        }
        lua_settop(L, 2);
    }
    lua_setmetatable(L, 1);
    return 1;
}

void oche_install_finalizers(lua_State *L) {
    lua_pushcfunction(L, host_setmetatable);
    lua_setglobal(L, "setmetatable");
}
