// print, io.write and io.stdout all end in one place, the host's `write`: io.stdout is a C stream over it.
#define _GNU_SOURCE
#include "host.h"
#include <stdio.h>
#include <string.h>

static void emit(oche_host *host, const char *bytes, size_t count) {
    int saved = host->native;
    host->native = 1;
    host->callbacks.write(host->owner, bytes, count);
    host->native = saved;
}

// Pushes a value as print shows it: of a table that says nothing of itself what is in it, where the host has a text for that.
static void push_shown(lua_State *L, int i) {
    static const char *const own[] = {"__tostring", "__name"};
    int says = !lua_istable(L, i);
    for (int k = 0; k < 2 && !says; k++) {
        if (luaL_getmetafield(L, i, own[k]) == LUA_TNIL) continue;
        lua_pop(L, 1);
        says = 1;
    }
    if (!says) {
        if (lua_getfield(L, LUA_REGISTRYINDEX, OCHE_TABLE_TEXT) == LUA_TFUNCTION) {
            lua_pushvalue(L, i);
            lua_call(L, 1, 1);
            return;
        }
        lua_pop(L, 1);
    }
    luaL_tolstring(L, i, NULL);
}

static int host_print(lua_State *L) {
    int n = lua_gettop(L);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (int i = 1; i <= n; i++) {
        if (i > 1) luaL_addchar(&buffer, '\t');
        push_shown(L, i);
        luaL_addvalue(&buffer);
    }
    luaL_addchar(&buffer, '\n');
    luaL_pushresult(&buffer);
    size_t count;
    const char *bytes = lua_tolstring(L, -1, &count);
    emit(oche_host_of(L), bytes, count);
    return 0;
}

#ifdef __linux__
static ssize_t stream_write(void *cookie, const char *bytes, size_t count) {
    emit(cookie, bytes, count);
    return (ssize_t)count;
}
static FILE *open_stream(oche_host *host) {
    return fopencookie(host, "w", (cookie_io_functions_t){NULL, stream_write, NULL, NULL});
}
#else
static int stream_write(void *cookie, const char *bytes, int count) {
    emit(cookie, bytes, (size_t)count);
    return count;
}
static FILE *open_stream(oche_host *host) { return funopen(host, NULL, stream_write, NULL, NULL); }
#endif

int oche_refuse_close(lua_State *L) {  // as io.noclose of liolib.c
    luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    stream->closef = oche_refuse_close;
    luaL_pushfail(L);
    lua_pushliteral(L, "cannot close standard file");
    return 2;
}

// The stream itself keeps nothing back, but the host may: its buffer is what a flush is for.
static int host_flush(lua_State *L) {
    luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    oche_host *host = oche_host_of(L);
    if (stream->closef != NULL && stream->f == host->stream) {
        int saved = host->native;
        host->native = 1;
        host->callbacks.flush(host->owner);
        host->native = saved;
    }
    lua_pushvalue(L, lua_upvalueindex(1));  // the flush of liolib.c
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int host_flush_default(lua_State *L) {
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));  // host_flush
    lua_pushvalue(L, lua_upvalueindex(2));  // io.output
    lua_call(L, 0, 1);
    lua_call(L, 1, 1);
    return 1;
}

static void install_flush(lua_State *L) {
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    lua_getfield(L, -1, "flush");
    lua_pushcclosure(L, host_flush, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "flush");
    lua_getglobal(L, LUA_IOLIBNAME);
    lua_insert(L, -2);
    lua_getfield(L, -2, "output");
    lua_pushcclosure(L, host_flush_default, 2);
    lua_setfield(L, -2, "flush");
    lua_pop(L, 3);
}

// warn, as lua.c has it, but for being on at the start.
static void host_warn(void *owner, const char *message, int continues) {
    oche_host *host = owner;
    if (!host->warning_continues && !continues && message[0] == '@') {
        if (strcmp(message, "@on") == 0) host->warnings = 1;
        if (strcmp(message, "@off") == 0) host->warnings = 0;
        return;
    }
    if (host->warnings) {
        int saved = host->native;
        host->native = 1;
        if (!host->warning_continues) {
            host->callbacks.flush(host->owner);  // what was printed before stands before it
            host->callbacks.write_error(host->owner, "warning: ", 9);
        }
        host->callbacks.write_error(host->owner, message, strlen(message));
        if (!continues) host->callbacks.write_error(host->owner, "\n", 1);
        host->native = saved;
    }
    host->warning_continues = continues;
}

void oche_install_output(lua_State *L) {
    install_flush(L);
    oche_host_of(L)->warnings = 1;
    lua_setwarnf(L, host_warn, oche_host_of(L));
    lua_pushcfunction(L, host_print);
    lua_setglobal(L, "print");
    FILE *file = open_stream(oche_host_of(L));
    if (file == NULL) return;
    oche_host_of(L)->stream = file;
    setvbuf(file, NULL, _IONBF, 0);  // so that it stays in order with print
    lua_getglobal(L, LUA_IOLIBNAME);
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof(luaL_Stream), 0);
    stream->closef = oche_refuse_close;
    stream->f = file;
    luaL_setmetatable(L, LUA_FILEHANDLE);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "stdout");
    lua_getfield(L, -2, "output");
    lua_insert(L, -2);
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}
