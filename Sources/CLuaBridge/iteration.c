// Iteration order that does not depend on Lua's per-process hash seed. The order of keys, everywhere:
//   positive integers ascending; other numbers ascending; strings by bytes; false, true; native objects by creation;
//   at last other tables, functions, coroutines (by address: no promise across runs).
// table.sort is a stable merge sort: Lua's own picks pivots by the clock, which shows when elements compare equal.
#include "host.h"
#include <string.h>

typedef struct key {
    int rank;
    lua_Integer slot;      // where it is in the table of unsorted keys
    long double number;
    const char *text;      // anchored by the key itself
    size_t size;
    uintptr_t identity;
} key;

static key key_at(lua_State *L, int index, lua_Integer slot) {
    key k = {5, slot, 0, NULL, 0, 0};
    switch (lua_type(L, index)) {
        case LUA_TNUMBER:
            if (lua_isinteger(L, index)) {
                lua_Integer i = lua_tointeger(L, index);
                k.number = (long double)i;
                k.rank = i > 0 ? 0 : 1;
            } else {
                k.number = lua_tonumber(L, index);
                k.rank = 1;
            }
            break;
        case LUA_TSTRING:
            k.rank = 2;
            k.text = lua_tolstring(L, index, &k.size);
            break;
        case LUA_TBOOLEAN:
            k.rank = 3;
            k.identity = lua_toboolean(L, index);
            break;
        default: {
            oche_block *block = oche_to_block(L, index);
            if (block != NULL) k.rank = 4;
            k.identity = block != NULL ? block->serial : (uintptr_t)lua_topointer(L, index);
        }
    }
    return k;
}

static int compare(const key *a, const key *b) {
    if (a->rank != b->rank) return a->rank - b->rank;
    switch (a->rank) {
        case 0: case 1: return (a->number > b->number) - (a->number < b->number);
        case 2: {
            int c = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
            return c != 0 ? c : (a->size > b->size) - (a->size < b->size);
        }
        default: return (a->identity > b->identity) - (a->identity < b->identity);
    }
}

/// Loops in C call no hook, so they look for an interrupt at every 16384th step.
static inline void look_at_times(lua_State *L, lua_Integer step) {
    if ((step & 0x3fff) == 0) oche_stop_if_interrupted(L);
}

/// Sorts by merging, with room for as many keys in `other`; the result is in the one that is returned.
static key *sort_keys(lua_State *L, key *keys, key *other, lua_Integer count) {
    lua_Integer steps = 0;
    for (lua_Integer width = 1; width < count; width *= 2) {
        for (lua_Integer start = 0; start < count; start += 2 * width) {
            lua_Integer middle = start + width < count ? start + width : count, end = start + 2 * width < count ? start + 2 * width : count;
            lua_Integer i = start, j = middle, out = start;
            while (out < end) {
                int takes_right = i == middle || (j < end && compare(&keys[j], &keys[i]) < 0);
                other[out++] = takes_right ? keys[j++] : keys[i++];
                look_at_times(L, ++steps);
            }
        }
        key *swap = keys;
        keys = other;
        other = swap;
    }
    return keys;
}

/// How many of t[1], t[2], ... are there before the first nil.
static lua_Integer contiguous(lua_State *L, int t) {
    lua_Integer n = 0;
    while (lua_rawgeti(L, t, n + 1) != LUA_TNIL) {
        lua_pop(L, 1);
        n++;
        look_at_times(L, n);
    }
    lua_pop(L, 1);
    return n;
}

enum { few = 16 };

/// As push_keys_after for at most `few` keys, without allocating anything but the result; -1 when there are more.
static int push_few_keys_after(lua_State *L, int t, lua_Integer first) {
    key keys[few];
    int count = 0, base = lua_gettop(L);
    luaL_checkstack(L, few + 8, NULL);
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        if (lua_isinteger(L, -1)) {
            lua_Integer i = lua_tointeger(L, -1);
            if (i > 0 && i <= first) continue;
        }
        if (count == few) {
            lua_settop(L, base);
            return -1;
        }
        key k = key_at(L, -1, base + count + 1);
        int at = count++;
        for (; at > 0 && compare(&k, &keys[at - 1]) < 0; at--) keys[at] = keys[at - 1];
        keys[at] = k;
        lua_pushvalue(L, -1);  // one copy stays, one is what lua_next goes on from
    }
    if (count == 0) {
        lua_pushnil(L);
        return 0;
    }
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushvalue(L, (int)keys[i].slot);
        lua_rawseti(L, -2, i + 1);
    }
    lua_replace(L, base + 1);
    lua_settop(L, base + 1);
    return count;
}

/// Pushes an array of the keys of `t` in order, without 1...first; nil when there are none.
static lua_Integer push_keys_after(lua_State *L, int t, lua_Integer first) {
    lua_Integer count = push_few_keys_after(L, t, first);
    if (count >= 0) return count;
    count = 0;
    luaL_checkstack(L, 8, NULL);
    lua_pushnil(L);  // becomes the table of unsorted keys
    int unsorted = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2)) {
            lua_Integer i = lua_tointeger(L, -2);
            if (i > 0 && i <= first) continue;
        }
        if (count++ == 0) {
            lua_newtable(L);
            lua_replace(L, unsorted);
        }
        lua_pushvalue(L, -2);
        lua_rawseti(L, unsorted, count);
        look_at_times(L, count);
    }
    key *keys = lua_newuserdatauv(L, (size_t)count * sizeof(key) * 2 + 1, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, unsorted, i);
        keys[i - 1] = key_at(L, -1, i);
        lua_pop(L, 1);
        look_at_times(L, i);
    }
    keys = sort_keys(L, keys, keys + count, count);
    lua_createtable(L, count < 1 << 24 ? (int)count : 0, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, unsorted, keys[i - 1].slot);
        lua_rawseti(L, -2, i);
        look_at_times(L, i);
    }
    lua_replace(L, unsorted);
    lua_settop(L, unsorted);
    return count;
}

void oche_push_sorted_keys(lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (push_keys_after(L, index, 0) == 0) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
}

// MARK: pairs

/// Upvalues: keys after the contiguous part (or nil), length of the contiguous part, position.
static int pairs_step(lua_State *L) {
    lua_Integer first = lua_tointeger(L, lua_upvalueindex(2)), i = lua_tointeger(L, lua_upvalueindex(3));
    lua_settop(L, 1);
    for (;;) {
        i++;
        if (i <= first) {
            lua_pushinteger(L, i);
        } else if (lua_type(L, lua_upvalueindex(1)) != LUA_TTABLE
                   || lua_rawgeti(L, lua_upvalueindex(1), i - first) == LUA_TNIL) {
            lua_pushnil(L);
            return 1;
        }
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) break;
        lua_settop(L, 1);  // removed while iterating
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int pairs_continue(lua_State *L, int status, lua_KContext context) {
    (void)L; (void)status; (void)context;
    return 3;
}

static int host_pairs(lua_State *L) {
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, pairs_continue);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_Integer first = contiguous(L, 1);
    push_keys_after(L, 1, first);
    lua_pushinteger(L, first);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_step, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/// ipairs ends at the first nil, which an object whose unknown keys are errors does not have: it brings its own walk.
/// Upvalue 1: the function as it was, which uses no upvalues.
static int host_ipairs(lua_State *L) {
    if (lua_type(L, 1) == LUA_TUSERDATA && luaL_getmetafield(L, 1, "__ipairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, pairs_continue);
        return 3;
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// MARK: next. The sorted keys of the table walked last are kept: registry[&recent] = {table, keys, position}.

static const char recent = 0;

static int push_pair(lua_State *L) {  // key on top
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
}

static int first_pair(lua_State *L) {
    if (lua_rawgeti(L, 1, 1) != LUA_TNIL) {
        lua_pushinteger(L, 1);
        return push_pair(L);
    }
    lua_settop(L, 2);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &recent);
    lua_pushnil(L);
    lua_rawseti(L, -2, 1);  // a new walk must see new keys
    lua_settop(L, 2);
    lua_pushnil(L);  // 3: the smallest key so far
    key best = {6, 0, 0, NULL, 0, 0};
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        key k = key_at(L, -2, 0);
        if (compare(&k, &best) < 0) {
            best = k;
            lua_pushvalue(L, -2);
            lua_replace(L, 3);
        }
    }
    lua_settop(L, 3);
    return lua_isnil(L, 3) ? 1 : push_pair(L);
}

static int host_next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) return first_pair(L);
    if (lua_type(L, 2) == LUA_TNUMBER) {
        int whole;
        lua_Integer i = lua_tointegerx(L, 2, &whole);
        if (whole && i > 0 && i < LUA_MAXINTEGER && lua_rawgeti(L, 1, i + 1) != LUA_TNIL) {
            lua_pushinteger(L, i + 1);
            return push_pair(L);
        }
        lua_settop(L, 2);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &recent);  // 3
    lua_Integer at = 0;
    int known = lua_rawgeti(L, 3, 1) == LUA_TTABLE && lua_rawequal(L, -1, 1);  // 4
    lua_rawgeti(L, 3, 2);                                                     // 5: keys
    lua_rawgeti(L, 3, 3);                                                     // 6: position
    if (known) {
        at = lua_tointeger(L, 6);
        lua_rawgeti(L, 5, at);
        known = lua_rawequal(L, -1, 2);
    }
    lua_settop(L, 5);
    if (!known) {
        lua_Integer count = push_keys_after(L, 1, contiguous(L, 1));
        if (count == 0) {
            lua_settop(L, 3);
            lua_pushnil(L);
            return 1;
        }
        lua_replace(L, 5);
        lua_pushvalue(L, 1);
        lua_rawseti(L, 3, 1);
        lua_pushvalue(L, 5);
        lua_rawseti(L, 3, 2);
        // The last position whose key is not beyond the given one.
        key given = key_at(L, 2, 0);
        lua_Integer low = 0, high = count;
        while (low < high) {
            lua_Integer middle = low + (high - low + 1) / 2;
            lua_rawgeti(L, 5, middle);
            key k = key_at(L, -1, 0);
            lua_pop(L, 1);
            if (compare(&k, &given) <= 0) low = middle;
            else high = middle - 1;
        }
        at = low;
    }
    for (;;) {
        lua_settop(L, 5);
        if (lua_rawgeti(L, 5, ++at) == LUA_TNIL) return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) break;
    }
    lua_pushinteger(L, at);
    lua_rawseti(L, 3, 3);
    return 2;
}

void oche_push_next(lua_State *L) { lua_pushcfunction(L, host_next); }

// MARK: sort

/// Stack: 1 table, 2 comparator or nil, 3 elements. Is element b less than element a?
static int goes_before(lua_State *L, lua_Integer b, lua_Integer a) {
    int result;
    if (lua_isnil(L, 2)) {
        lua_rawgeti(L, 3, b);
        lua_rawgeti(L, 3, a);
        result = lua_compare(L, -2, -1, LUA_OPLT);
        lua_pop(L, 2);
    } else {
        lua_pushvalue(L, 2);
        lua_rawgeti(L, 3, b);
        lua_rawgeti(L, 3, a);
        lua_call(L, 2, 1);
        result = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    return result;
}

static int stable_sort(lua_State *L) {
    luaL_checkany(L, 1);
    lua_Integer n = luaL_len(L, 1);
    if (n < 2) return 0;
    luaL_argcheck(L, n < 1 << 30, 1, "array too big");
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_createtable(L, (int)n, 0);
    int32_t *order = lua_newuserdatauv(L, (size_t)n * 2 * sizeof(int32_t) + 1, 0), *other = order + n;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, 1, i);
        lua_rawseti(L, 3, i);
        order[i - 1] = (int32_t)i;
        look_at_times(L, i);
    }
    lua_Integer steps = 0;
    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer start = 0; start < n; start += 2 * width) {
            lua_Integer middle = start + width < n ? start + width : n, end = start + 2 * width < n ? start + 2 * width : n;
            lua_Integer i = start, j = middle, out = start;
            while (i < middle && j < end) {
                other[out++] = goes_before(L, order[j], order[i]) ? order[j++] : order[i++];
                look_at_times(L, ++steps);
            }
            while (i < middle) other[out++] = order[i++];
            while (j < end) other[out++] = order[j++];
        }
        int32_t *swap = order;
        order = other;
        other = swap;
    }
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 3, order[i - 1]);
        lua_seti(L, 1, i);  // to the end: half of it would lose elements
    }
    return 0;
}

void oche_install_iteration(lua_State *L) {
    lua_createtable(L, 3, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &recent);
    lua_pushcfunction(L, host_pairs);
    lua_setglobal(L, "pairs");
    lua_getglobal(L, "ipairs");
    lua_pushcclosure(L, host_ipairs, 1);
    lua_setglobal(L, "ipairs");
    lua_pushcfunction(L, host_next);
    lua_setglobal(L, "next");
    lua_getglobal(L, LUA_TABLIBNAME);
    lua_pushcfunction(L, stable_sort);
    lua_setfield(L, -2, "sort");
    lua_pop(L, 1);
}
