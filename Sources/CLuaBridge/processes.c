// os.execute that an interrupt ends. On a terminal Ctrl-C reaches the command as well, and it may handle the key itself, as an
// interpreter does: then the script goes on when the command has ended, and only a command that ended by the key takes the script
// along. Away from a terminal the command is in a process group of its own, which is ended with the script.
#define _GNU_SOURCE
#include "host.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

typedef struct command {
    pid_t process;
    int has_terminal;
    int status;
} command;

static int start(command *c, const char *text) {
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGQUIT);
    sigaddset(&defaults, SIGPIPE);
    c->has_terminal = isatty(0);
    c->status = 0;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (c->has_terminal ? 0 : POSIX_SPAWN_SETPGROUP));
    const char *arguments[] = {"sh", "-c", text, NULL};
    int problem = posix_spawn(&c->process, "/bin/sh", NULL, &attributes, (char *const *)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

static void send(command *c, int signal) {
    // On a terminal the group is this process's as well, which takes SIGINT for what it is.
    if (!c->has_terminal) kill(-c->process, signal);
    else kill(signal == SIGINT ? 0 : c->process, signal);
}

/// Asks it to end, and after a moment no more.
static void end(command *c) {
    static const int signals[] = {0, SIGINT, SIGTERM, SIGKILL};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (signals[i] != 0) send(c, signals[i]);
        for (int wait = 0; wait < 20; wait++) {
            pid_t ended = waitpid(c->process, &c->status, signals[i] == SIGKILL ? 0 : WNOHANG);
            if (ended == c->process || (ended < 0 && errno != EINTR)) return;
            struct timespec pause = {0, 1000000};
            nanosleep(&pause, NULL);
        }
    }
}

/// Waits for it. Gives 0, or -1 when an interrupt has ended it.
static int wait_for(command *c, oche_host *host) {
    int reminders = 0;
    while (waitpid(c->process, &c->status, 0) < 0 && errno == EINTR) {
        if (!oche_must_stop(host)) continue;
        if (!c->has_terminal || host->interrupt != OCHE_INTERRUPTED || host->raised != 0) {
            end(c);
            return -1;
        }
        // It has the key too. A shell that was about to start its command passes it on to nobody: so once more, after 100 ms.
        if (++reminders == 5) send(c, SIGINT);
    }
    return 0;
}

/// As os.execute of loslib.c.
static int host_execute(lua_State *L) {
    const char *text = luaL_optstring(L, 1, NULL);
    if (text == NULL) {
        lua_pushboolean(L, access("/bin/sh", X_OK) == 0);
        return 1;
    }
    oche_host *host = oche_host_of(L);
    int saved = host->native;
    host->native = 1;
    host->callbacks.flush(host->owner);  // what was printed before stands before what the command prints
    host->native = saved;
    command c;
    int problem = start(&c, text);
    if (problem != 0) {
        errno = problem;
        return luaL_fileresult(L, 0, NULL);
    }
    if (wait_for(&c, host) < 0) return oche_raise_interrupt(L, host);
    int is_signal = WIFSIGNALED(c.status), code = is_signal ? WTERMSIG(c.status) : WEXITSTATUS(c.status);
    if (host->raised == 0) {
        if (code == (is_signal ? SIGINT : 128 + SIGINT)) {
            oche_interrupt(host, OCHE_INTERRUPTED);
            return oche_raise_interrupt(L, host);
        }
        if (c.has_terminal && host->interrupt == OCHE_INTERRUPTED) host->interrupt = OCHE_RUNNING;  // it has handled the key
    }
    if (!is_signal && code == 0) lua_pushboolean(L, 1);
    else luaL_pushfail(L);
    lua_pushstring(L, is_signal ? "signal" : "exit");
    lua_pushinteger(L, code);
    return 3;
}

void oche_install_processes(lua_State *L) {
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_pushcfunction(L, host_execute);
    lua_setfield(L, -2, "execute");
    lua_pop(L, 1);
}
