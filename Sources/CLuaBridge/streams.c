// io.stderr and io.stdin of a front end that is no terminal (a notebook): C streams over the host's `write_error` and `read`, so that
// every function of Lua's io library works on them. A read that nobody can answer is an error of the script.
#define _GNU_SOURCE
#include "host.h"
#include <errno.h>

static long host_input(oche_host *host, char *bytes, size_t size) {
    int saved = host->native;
    host->native = 1;
    long count = host->callbacks.read(host->owner, bytes, size);
    host->native = saved;
    if (count >= 0) return count;
    if (count == -2) host->input_refused = 1;
    errno = count == -2 ? ENXIO : EINTR;
    return -1;
}

static void host_error(oche_host *host, const char *bytes, size_t count) {
    int saved = host->native;
    host->native = 1;
    host->callbacks.write_error(host->owner, bytes, count);
    host->native = saved;
}

#ifdef __linux__
static ssize_t stream_read(void *cookie, char *bytes, size_t size) { return (ssize_t)host_input(cookie, bytes, size); }
static ssize_t stream_write(void *cookie, const char *bytes, size_t count) {
    host_error(cookie, bytes, count);
    return (ssize_t)count;
}
static FILE *open_input(oche_host *host) { return fopencookie(host, "r", (cookie_io_functions_t){stream_read, NULL, NULL, NULL}); }
static FILE *open_error(oche_host *host) { return fopencookie(host, "w", (cookie_io_functions_t){NULL, stream_write, NULL, NULL}); }
#else
static int stream_read(void *cookie, char *bytes, int size) { return (int)host_input(cookie, bytes, (size_t)size); }
static int stream_write(void *cookie, const char *bytes, int count) {
    host_error(cookie, bytes, (size_t)count);
    return count;
}
static FILE *open_input(oche_host *host) { return funopen(host, stream_read, NULL, NULL, NULL); }
static FILE *open_error(oche_host *host) { return funopen(host, NULL, stream_write, NULL, NULL); }
#endif

/// io.read and file:read: the function of liolib.c, then what its stream had to say.
static int checked_read(lua_State *L) {
    oche_host *host = oche_host_of(L);
    host->input_refused = 0;
    // The end that an earlier read came to is not the end of what a person can type.
    if (host->input_stream != NULL) clearerr(host->input_stream);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    if (host->input_refused) {
        host->input_refused = 0;
        return luaL_error(L, "there is nobody to ask for input here (the front end does not allow it)");
    }
    return lua_gettop(L);
}

/// The table on top: what is under `name`, which reads, is checked.
static void check_reads(lua_State *L, const char *name) {
    if (lua_getfield(L, -1, name) != LUA_TFUNCTION) {
        lua_pop(L, 1);
        return;
    }
    lua_pushcclosure(L, checked_read, 1);
    lua_setfield(L, -2, name);
}

static void push_stream(lua_State *L, FILE *file) {
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof(luaL_Stream), 0);
    stream->closef = oche_refuse_close;
    stream->f = file;
    luaL_setmetatable(L, LUA_FILEHANDLE);
}

static int take_streams(lua_State *L) {
    oche_host *host = oche_host_of(L);
    if (lua_getglobal(L, LUA_IOLIBNAME) != LUA_TTABLE || host->error_stream != NULL) return 0;
    if (lua_getfield(L, -1, "stdin") == LUA_TNIL) return 0;
    lua_pop(L, 1);
    host->error_stream = open_error(host);
    host->input_stream = open_input(host);
    if (host->error_stream == NULL || host->input_stream == NULL) return 0;
    setvbuf(host->error_stream, NULL, _IONBF, 0);
    push_stream(L, host->error_stream);
    lua_setfield(L, -2, "stderr");
    check_reads(L, "read");
    push_stream(L, host->input_stream);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "stdin");
    lua_getfield(L, -2, "input");
    lua_insert(L, -2);
    lua_call(L, 1, 0);
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    check_reads(L, "read");
    return 0;
}

void oche_take_streams(oche_host *host) {
    lua_State *L = host->main;
    int top = lua_gettop(L);
    lua_pushcfunction(L, take_streams);
    lua_pcall(L, 0, 0, 0);
    lua_settop(L, top);
}

void oche_close_streams(oche_host *host) {
    if (host->error_stream != NULL) fclose(host->error_stream);
    if (host->input_stream != NULL) fclose(host->input_stream);
}
