// string.rep and table.concat that look for an interrupt while they write what may be gigabytes.
#include "host.h"
#include <string.h>

enum { piece = 1 << 20, short_list = 1 << 14 };

/// Upvalue 1, the function as it was, in the frame of the one that stands in for it: it says what is wrong with arguments and
/// makes short results. It uses no upvalues.
static int original(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

static int host_rep(lua_State *L) {
    size_t size, gap = 0;
    const char *text = lua_tolstring(L, 1, &size), *between = lua_isnoneornil(L, 3) ? "" : lua_tolstring(L, 3, &gap);
    int is_count;
    lua_Integer count = lua_tointegerx(L, 2, &is_count);
    size_t unit = size + gap;
    if (text == NULL || between == NULL || !is_count || count <= 1) return original(L);
    if (unit == 0) {  // nothing, however often
        lua_pushliteral(L, "");
        return 1;
    }
    if ((size_t)count > SIZE_MAX / 4 / unit || (size_t)count * unit <= piece) return original(L);
    size_t total = (size_t)count * unit - gap;
    luaL_Buffer buffer;
    char *bytes = luaL_buffinitsize(L, &buffer, total);
    memcpy(bytes, text, size);
    memcpy(bytes + size, between, gap < total - size ? gap : total - size);
    for (size_t done = unit; done < total;) {
        // What is done is a whole number of units, and so is what is copied, but for the last.
        size_t next = done < piece ? done : (unit < piece ? piece / unit * unit : unit);
        if (next > total - done) next = total - done;
        memcpy(bytes + done, bytes, next);
        done += next;
        oche_stop_if_interrupted(L);
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
}

static int host_concat(lua_State *L) {
    int is_first = 1, is_last = 1;
    lua_Integer first = lua_isnoneornil(L, 3) ? 1 : lua_tointegerx(L, 3, &is_first), last = 0;
    if (lua_type(L, 1) == LUA_TTABLE) last = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : lua_tointegerx(L, 4, &is_last);
    if (!is_first || !is_last || last < first || (lua_Unsigned)last - (lua_Unsigned)first < short_list) return original(L);
    lua_settop(L, 4);
    size_t gap;
    const char *between = luaL_optlstring(L, 2, "", &gap);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (lua_Integer i = first;; i++) {
        lua_geti(L, 1, i);
        if (!lua_isstring(L, -1)) {
            lua_settop(L, 4);
            return original(L);  // which says what is wrong
        }
        luaL_addvalue(&buffer);
        if (i == last) break;
        luaL_addlstring(&buffer, between, gap);
        if ((i & (short_list - 1)) == 0) oche_stop_if_interrupted(L);
    }
    luaL_pushresult(&buffer);
    return 1;
}

static void replace(lua_State *L, const char *library, const char *name, lua_CFunction function) {
    lua_getglobal(L, library);
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void oche_install_building(lua_State *L) {
    replace(L, LUA_STRLIBNAME, "rep", host_rep);
    replace(L, LUA_TABLIBNAME, "concat", host_concat);
}
