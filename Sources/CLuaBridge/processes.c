// os.execute that an interrupt ends. On a terminal Ctrl-C is for the command, as with C's system(); but a command that it has
// ended takes the script along, which would start the next one otherwise. Elsewhere the command is ended with the script.
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

static int start_shell(const char *command, pid_t *process) {
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGQUIT);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const char *arguments[] = {"sh", "-c", command, NULL};
    int problem = posix_spawn(process, "/bin/sh", NULL, &attributes, (char *const *)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

/// Ends a process that an interrupt from elsewhere than the terminal has not reached: asks, and after a moment no more.
static int end_process(pid_t process) {
    static const int signals[] = {0, SIGINT, SIGTERM, SIGKILL};
    int status = 0;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (signals[i] != 0) kill(process, signals[i]);
        for (int wait = 0; wait < 20; wait++) {
            pid_t ended = waitpid(process, &status, signals[i] == SIGKILL ? 0 : WNOHANG);
            if (ended == process) return status;
            if (ended < 0 && errno != EINTR) return 0;
            struct timespec pause = {0, 1000000};
            nanosleep(&pause, NULL);
        }
    }
    return status;
}

/// Waits for the process. Gives 0, or -1 when an interrupt has ended it.
static int wait_for(oche_host *host, pid_t process, int *status) {
    struct sigaction ignore, interrupt, quit;
    int has_terminal = isatty(0);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    if (has_terminal) {
        sigaction(SIGINT, &ignore, &interrupt);
        sigaction(SIGQUIT, &ignore, &quit);
    }
    int result = 0;
    while (waitpid(process, status, 0) < 0 && errno == EINTR) {
        if (oche_must_stop(host)) {
            end_process(process);
            result = -1;
            break;
        }
    }
    if (has_terminal) {
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
    }
    return result;
}

/// As os.execute of loslib.c.
static int host_execute(lua_State *L) {
    const char *command = luaL_optstring(L, 1, NULL);
    if (command == NULL) {
        lua_pushboolean(L, access("/bin/sh", X_OK) == 0);
        return 1;
    }
    oche_host *host = oche_host_of(L);
    int saved = host->native;
    host->native = 1;
    host->callbacks.flush(host->owner);  // what was printed before stands before what the command prints
    host->native = saved;
    pid_t process;
    int problem = start_shell(command, &process), status = 0;
    if (problem != 0) {
        errno = problem;
        return luaL_fileresult(L, 0, NULL);
    }
    if (wait_for(host, process, &status) < 0) return oche_raise_interrupt(L, host);
    int is_signal = WIFSIGNALED(status), code = is_signal ? WTERMSIG(status) : WEXITSTATUS(status);
    if (is_signal && code == SIGINT && host->raised == 0) {
        oche_interrupt(host, OCHE_INTERRUPTED);  // as if the key had been this process's, so that waits that follow end as well
        return oche_raise_interrupt(L, host);
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
