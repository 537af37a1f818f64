// What a script could use to crash the process, break its reproducibility, or leave the sandbox is replaced or removed.
#include "host.h"
#include <stdlib.h>
#include <string.h>

/// os.exit ends the run through the interrupt, past every pcall, so that native work is unwound before the process ends.
static int exit_run(lua_State *L) {
    oche_host *host = oche_host_of(L);
    if (lua_isnoneornil(L, 1) || lua_type(L, 1) == LUA_TBOOLEAN)
        host->exit_status = lua_isboolean(L, 1) && !lua_toboolean(L, 1) ? EXIT_FAILURE : EXIT_SUCCESS;
    else
        host->exit_status = (int)luaL_checkinteger(L, 1);
    host->interrupt = OCHE_EXIT;
    oche_arm_if_interrupted(host, L);
    return oche_raise_interrupt(L, host);
}

/// The locale stays "C": another would change how numbers are read and printed.
static int fixed_locale(lua_State *L) {
    const char *wanted = luaL_optstring(L, 1, NULL);
    if (wanted == NULL || *wanted == 0 || strcmp(wanted, "C") == 0) lua_pushliteral(L, "C");
    else luaL_pushfail(L);
    return 1;
}

/// math.randomseed() without arguments restarts the session's stream instead of asking the clock.
static int randomseed(lua_State *L) {
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_pushinteger(L, oche_host_of(L)->seed);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static void keep_only(lua_State *L, const char *library, const char *const *names) {
    lua_getglobal(L, library);
    lua_newtable(L);
    for (; *names != NULL; names++) {
        lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
    lua_pushvalue(L, -1);
    lua_setglobal(L, library);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, library);
    lua_pop(L, 3);
}

static void remove_global(lua_State *L, const char *name) {
    lua_pushnil(L);
    lua_setglobal(L, name);
}

static void install_sandbox(lua_State *L) {
    static const char *const io[] = {"write", "flush", "stdout", NULL};
    static const char *const os[] = {"clock", "date", "difftime", "exit", "setlocale", "time", NULL};
    static const char *const package[] = {"loaded", "preload", "config", NULL};
    remove_global(L, "loadfile");
    remove_global(L, "dofile");
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, "searchers");
    for (int i = 2; i <= 4; i++) {
        lua_pushnil(L);
        lua_rawseti(L, -2, i);
    }
    lua_pop(L, 2);
    keep_only(L, LUA_IOLIBNAME, io);
    keep_only(L, LUA_OSLIBNAME, os);
    keep_only(L, LUA_LOADLIBNAME, package);
}

void oche_install_fences(lua_State *L) {
    static const char *const debug[] = {"traceback", "getinfo", NULL};
    keep_only(L, LUA_DBLIBNAME, debug);
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_pushcfunction(L, exit_run);
    lua_setfield(L, -2, "exit");
    lua_pushcfunction(L, fixed_locale);
    lua_setfield(L, -2, "setlocale");
    lua_pop(L, 1);
    lua_getglobal(L, LUA_MATHLIBNAME);
    lua_getfield(L, -1, "randomseed");
    lua_pushcclosure(L, randomseed, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "randomseed");
    lua_call(L, 0, 0);
    lua_pop(L, 1);
    if (oche_host_of(L)->sandbox) install_sandbox(L);
}
