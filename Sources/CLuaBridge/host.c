// Life of a host, and the trampoline. Invariant: `native` is 1 exactly while Swift code is the innermost frame, and
// then neither the allocator refuses nor anything called from Swift raises.
#include "host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char oche_block_magic = 0;

/// Position of the innermost running Lua line, so that pcall(f, x) gets one as well. Then concatenate and raise.
int oche_raise_message(lua_State *L) {
    lua_Debug ar;
    luaL_checkstack(L, 4, NULL);
    const char *where = "";
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            where = lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
            lua_insert(L, -2);
            lua_concat(L, 2);
            break;
        }
    }
    (void)where;
    return lua_error(L);
}

static int invoke_failed(lua_State *L, oche_host *host, int status) {
    switch (status) {
        case OCHE_RAISE_MESSAGE: return oche_raise_message(L);
        case OCHE_RAISE_VALUE: return lua_error(L);
        case OCHE_RAISE_INTERRUPT: return oche_raise_interrupt(L, host);
        default: break;
    }
    // Swift may have allocated past the limit: collect, then refuse now that it has returned.
    lua_gc(L, LUA_GCCOLLECT);
    if (host->bytes + host->native_bytes <= host->limit) return status;
    char text[96];
    snprintf(text, sizeof text, "memory limit of %.0f MB exceeded", (double)host->limit / 1e6);
    lua_settop(L, 0);
    lua_pushstring(L, text);
    return oche_raise_message(L);
}

inline int oche_invoke(lua_State *L, void *function) {
    oche_host *host = oche_host_of(L);
    if (__builtin_expect(function == NULL || host->closed, 0)) {  // a script's __gc at close
        lua_pushliteral(L, "this function belongs to a state that is closing");
        return lua_error(L);
    }
    int saved = host->native;
    host->native = 1;
    int status = host->callbacks.dispatch(L, function);
    host->native = saved;
    if (__builtin_expect(status < 0 || host->bytes + host->native_bytes > host->limit, 0))
        return invoke_failed(L, host, status);
    return status;
}

static int trampoline(lua_State *L) {
    return oche_invoke(L, ((oche_block *)lua_touserdata(L, lua_upvalueindex(1)))->object);
}

void oche_push_trampoline(lua_State *L) { lua_pushcclosure(L, trampoline, 1); }

/// t.name: a method is returned, a property's block is run, everything else is the fallback's affair.
static int object_index(lua_State *L) {
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        switch (lua_rawget(L, lua_upvalueindex(1))) {
            case LUA_TFUNCTION: return 1;
            case LUA_TUSERDATA: return oche_invoke(L, ((oche_block *)lua_touserdata(L, -1))->object);
            default: lua_settop(L, 2);
        }
    }
    return oche_invoke(L, ((oche_block *)lua_touserdata(L, lua_upvalueindex(2)))->object);
}

void oche_push_object_index(lua_State *L) { lua_pushcclosure(L, object_index, 2); }

int oche_push_block(lua_State *L, void *object, const void *type, size_t bytes) {
    oche_host *host = oche_host_of(L);
    oche_block *block = lua_newuserdatauv(L, sizeof(oche_block), 0);
    *block = (oche_block){object, type, bytes, ++host->serial, &oche_block_magic};
    int known = lua_rawgetp(L, LUA_REGISTRYINDEX, type) == LUA_TTABLE;
    if (known) lua_setmetatable(L, -2);
    else lua_pop(L, 1);
    if (bytes != 0) {
        host->native_bytes += bytes;
        oche_note_native(L, bytes);
    }
    return known;
}

static int block_equal(lua_State *L) {
    oche_block *a = oche_to_block(L, 1), *b = oche_to_block(L, 2);
    lua_pushboolean(L, a != NULL && b != NULL && a->object == b->object && a->object != NULL);
    return 1;
}

void oche_set_block_metamethods(lua_State *L) {
    lua_pushliteral(L, "__eq");
    lua_pushcfunction(L, block_equal);
    lua_rawset(L, -3);
}

// MARK: calls from Swift

static int handle_error(lua_State *L) {
    oche_host *host = oche_host_of(L);
    int saved = host->native;
    host->native = 1;
    host->callbacks.trace(host->owner, L, NULL);
    host->native = saved;
    lua_settop(L, 1);
    return 1;
}

int oche_pcall(lua_State *L, int arguments, int results) {
    oche_host *host = oche_host_of(L);
    int base = lua_gettop(L) - arguments;
    int saved = host->native, saved_thread;
    oche_host *saved_host;
    lua_pushcfunction(L, handle_error);
    lua_insert(L, base);
    oche_enter_thread(host, &saved_thread, &saved_host);
    host->depth++;
    oche_arm_if_interrupted(host, L);
    host->native = 0;
    int status = lua_pcall(L, arguments, results, base);
    host->native = saved;
    host->depth--;
    if (host->depth == 0 && host->stream != NULL) fflush(host->stream);
    oche_leave_thread(host, saved_thread, saved_host);
    lua_remove(L, base);
    return status;
}

static int to_string(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    return 1;
}

void oche_describe(lua_State *L, int index) {
    index = lua_absindex(L, index);
    oche_host *host = oche_host_of(L);
    lua_pushcfunction(L, to_string);
    lua_pushvalue(L, index);
    int saved = host->native;
    host->native = 0;
    int status = lua_pcall(L, 1, 1, 0);
    host->native = saved;
    if (status != LUA_OK || lua_type(L, -1) != LUA_TSTRING) {
        lua_settop(L, -2);
        lua_pushfstring(L, "(a %s value whose __tostring failed)", lua_typename(L, lua_type(L, index)));
    }
}

// MARK: life

static int open_libraries(lua_State *L) {
    luaL_openlibs(L);
    oche_install_loading(L);
    oche_install_coroutines(L);
    oche_install_iteration(L);
    oche_install_numbers(L);
    oche_install_output(L);
    oche_install_finalizers(L);
    oche_install_patterns(L);
    oche_install_building(L);
    oche_install_processes(L);
    oche_install_fences(L);
    return 0;
}

static int panic(lua_State *L) {
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "error object is not a string";
    fprintf(stderr, "oche: unprotected Lua error: %s\n", text);
    return 0;
}

oche_host *oche_open(void *owner, const oche_callbacks *callbacks, lua_Integer seed, size_t memory_limit, int sandbox) {
    oche_host *host = calloc(1, sizeof *host);
    host->userdata_size = oche_userdata_size();
    host->callbacks = *callbacks;
    host->owner = owner;
    host->seed = seed;
    host->native = 1;
    host->limit = memory_limit;
    host->sandbox = sandbox;
    lua_State *L = host->userdata_size == 0 ? NULL : lua_newstate(oche_allocate, host);
    if (L == NULL) {
        free(host);
        return NULL;
    }
    *(oche_host **)lua_getextraspace(L) = host;
    host->main = L;
    host->running = L;
    lua_atpanic(L, panic);
    oche_watchdog_init(host);
    lua_gc(L, LUA_GCGEN, 0, 0);
    lua_pushcfunction(L, open_libraries);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        panic(L);
        oche_close(host);
        return NULL;
    }
    return host;
}

void oche_close(oche_host *host) {
    oche_watchdog_destroy(host);
    host->native = 1;
    host->closed = 1;
    host->limit = SIZE_MAX;
    // Finalizers of the script run now, and can be interrupted.
    int saved_thread;
    oche_host *saved_host;
    oche_enter_thread(host, &saved_thread, &saved_host);
    lua_close(host->main);
    oche_leave_thread(host, saved_thread, saved_host);
    if (host->stream != NULL) fclose(host->stream);
    oche_close_streams(host);
    oche_allocator_close(host);
    free(host);
}

void *oche_owner(oche_host *host) { return host->owner; }
lua_State *oche_running(oche_host *host) { return host->running; }
lua_State *oche_main_stack(oche_host *host) { return host->main; }
void oche_set_owner(oche_host *host, void *owner) { host->owner = owner; }
