// Lua's collector does not see native memory, so it is told: a minor collection for every few megabytes of fresh
// native memory, a major one when what is alive has doubled since the last. Small allocations only accumulate.
#include "host.h"

// Measured by LuaHostTests.NativeMemoryTests: 4000 temporaries of 1 MB peak below 3 budgets.
static const size_t young_budget = 8u << 20;
static const size_t major_floor = 32u << 20;

size_t oche_lua_bytes(oche_host *host) { return host->bytes; }
size_t oche_native_bytes(oche_host *host) { return host->native_bytes; }
size_t oche_memory_limit(oche_host *host) { return host->limit; }
void oche_set_memory_limit(oche_host *host, size_t bytes) { host->limit = bytes; }

int oche_collect(lua_State *L) {
    oche_host *host = oche_host_of(L);
    lua_gc(L, LUA_GCCOLLECT);
    host->young_native = 0;
    host->major_base = host->native_bytes;
    return 0;
}

int oche_collect_young(lua_State *L) { return lua_gc(L, LUA_GCSTEP, 0); }

void oche_note_native(lua_State *L, size_t bytes) {
    oche_host *host = oche_host_of(L);
    host->young_native += bytes;
    if (host->young_native < young_budget) return;
    host->young_native = 0;
    size_t alive = host->native_bytes;
    size_t room = host->limit > host->bytes ? host->limit - host->bytes : 0;
    // Temporaries that live through two minor collections are old, and only a major one frees them.
    int grown = alive > 2 * host->major_base + major_floor;
    int scarce = alive > room / 4 * 3 && alive > host->major_base + room / 16;
    if (grown || scarce) oche_collect(L);
    else lua_gc(L, LUA_GCSTEP, 0);
}
