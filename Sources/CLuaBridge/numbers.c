// Functions of numbers take objects that stand for one: math.sqrt(x), string.format("%.2f", x) and tonumber(x) ask the
// metamethod __number of a userdata first. It returns the number, or nil when the object stands for none.
#include "host.h"

/// Upvalue 1: the function as it was, which uses no upvalues, so it can run in this frame and its errors stay its own.
static int with_numbers(lua_State *L) {
    int count = lua_gettop(L);
    for (int i = 1; i <= count; i++) {
        if (lua_type(L, i) != LUA_TUSERDATA || !luaL_callmeta(L, i, "__number")) continue;
        if (lua_type(L, -1) == LUA_TNUMBER) lua_replace(L, i);
        else lua_pop(L, 1);
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/// Replaces the field of the table on top.
static void wrap(lua_State *L, const char *name) {
    lua_getfield(L, -1, name);
    int has_upvalues = lua_isfunction(L, -1) && lua_getupvalue(L, -1, 1) != NULL;
    if (has_upvalues) lua_pop(L, 1);
    if (!lua_iscfunction(L, -1) || has_upvalues) {
        lua_pop(L, 1);
        return;
    }
    lua_pushcclosure(L, with_numbers, 1);
    lua_setfield(L, -2, name);
}

void oche_install_numbers(lua_State *L) {
    static const char *const math[] = {"abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "log", "max", "min",
                                       "modf", "rad", "sin", "sqrt", "tan", "tointeger", NULL};
    lua_getglobal(L, LUA_MATHLIBNAME);
    for (const char *const *name = math; *name != NULL; name++) wrap(L, *name);
    lua_getglobal(L, LUA_STRLIBNAME);
    wrap(L, "format");
    lua_pushglobaltable(L);
    wrap(L, "tonumber");
    lua_pop(L, 3);
}
