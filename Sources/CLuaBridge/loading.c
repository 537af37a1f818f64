// load, loadfile, dofile and require that take program text only: corrupt bytecode crashes the process. Native
// extension modules are not loaded for the same reason.
#include "host.h"
#include <string.h>

static void require_text_mode(lua_State *L, int index) {
    if (!lua_isnoneornil(L, index) && strchr(luaL_checkstring(L, index), 't') == NULL)
        luaL_error(L, "attempt to load a binary chunk (only text is allowed)");
}

/// Forces the mode argument at `mode` to "t" and calls the original, which is upvalue 1.
static int call_with_text_mode(lua_State *L, int mode) {
    require_text_mode(L, mode);
    if (lua_gettop(L) < mode) lua_settop(L, mode);
    lua_pushliteral(L, "t");
    lua_replace(L, mode);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

typedef struct text_reader {
    const char *text;
    size_t left;
} text_reader;

/// Pieces of the text; the compiler calls no hook, so an interrupt is looked for here.
static const char *read_text(lua_State *L, void *argument, size_t *size) {
    text_reader *reader = argument;
    oche_stop_if_interrupted(L);
    size_t most = 1 << 14;
    *size = reader->left < most ? reader->left : most;
    const char *text = reader->text;
    reader->text += *size;
    reader->left -= *size;
    return *size == 0 ? NULL : text;
}

/// load(text, name, mode, environment), as luaB_load of lbaselib.c; a function that reads is the original's affair.
static int text_load(lua_State *L) {
    text_reader reader;
    if (lua_type(L, 1) == LUA_TFUNCTION || (reader.text = lua_tolstring(L, 1, &reader.left)) == NULL) return call_with_text_mode(L, 3);
    require_text_mode(L, 3);
    const char *name = luaL_optstring(L, 2, reader.text);
    int has_environment = !lua_isnone(L, 4);
    lua_settop(L, 4);
    if (lua_load(L, read_text, &reader, name, "t") != LUA_OK) {
        luaL_pushfail(L);
        lua_insert(L, -2);
        oche_stop_if_interrupted(L);  // raised in the reader, it came as an error of the text
        return 2;
    }
    if (has_environment) {
        lua_pushvalue(L, 4);
        if (lua_setupvalue(L, -2, 1) == NULL) lua_pop(L, 1);
    }
    return 1;
}
static int text_loadfile(lua_State *L) { return call_with_text_mode(L, 2); }

static int dofile_continue(lua_State *L, int status, lua_KContext context) {
    (void)status; (void)context;
    return lua_gettop(L) - 1;
}

static int text_dofile(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
    lua_callk(L, 0, LUA_MULTRET, 0, dofile_continue);
    return dofile_continue(L, 0, 0);
}

/// Replaces package.searchers[2]; upvalue 1 is the package table.
static int search_text(lua_State *L) {
    luaL_checkstring(L, 1);
    lua_getfield(L, lua_upvalueindex(1), "searchpath");
    lua_pushvalue(L, 1);
    lua_getfield(L, lua_upvalueindex(1), "path");
    lua_call(L, 2, 2);
    if (lua_type(L, -2) != LUA_TSTRING) return 1;  // the list of places tried
    lua_pop(L, 1);
    const char *path = lua_tostring(L, -1);
    if (luaL_loadfilex(L, path, "t") != LUA_OK)
        return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", lua_tostring(L, 1), path, lua_tostring(L, -1));
    lua_insert(L, -2);
    return 2;
}

static void wrap_original(lua_State *L, const char *name, lua_CFunction function) {
    lua_getglobal(L, name);
    lua_pushcclosure(L, function, 1);
    lua_setglobal(L, name);
}

void oche_install_loading(lua_State *L) {
    wrap_original(L, "load", text_load);
    wrap_original(L, "loadfile", text_loadfile);
    lua_pushcfunction(L, text_dofile);
    lua_setglobal(L, "dofile");
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_pushnil(L);
    lua_setfield(L, -2, "loadlib");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_getfield(L, -1, "searchers");
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, search_text, 1);
    lua_rawseti(L, -2, 2);
    for (int i = 3; i <= 4; i++) {
        lua_pushnil(L);
        lua_rawseti(L, -2, i);
    }
    lua_pop(L, 2);
}
