// Stopping Lua from outside: a flag, and a hook on the coroutine that runs (hooks are per coroutine). The hook raises
// once, leaves the script 100 ms to clean up, and then raises at every instruction, so that no pcall can swallow it.
#include "host.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

static _Thread_local oche_host *current_host;
static _Thread_local int current_thread;
static const int64_t grace = 100000000;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void hook(lua_State *L, lua_Debug *ar);
static void arm(lua_State *L, int count) {
    lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, count);
}

static const char *message_of(oche_host *host) {
    switch (host->interrupt) {
        case OCHE_TIME_LIMIT: return "time limit exceeded";
        case OCHE_EXIT: return "exit";
        default: return "interrupted";
    }
}

/// Whether the script has had its time to clean up.
static int past_grace(oche_host *host) {
    int64_t now = now_ns();
    if (host->raised == 0) host->raised = now;
    return host->interrupt == OCHE_EXIT || now - host->raised >= grace;
}

/// While the script cleans up, look at the clock now and then. Setting a hook restarts its count, so only once.
static void arm_for_grace(lua_State *L) {
    if (lua_gethook(L) != hook || lua_gethookcount(L) != 1000) lua_sethook(L, hook, LUA_MASKCOUNT, 1000);
}

int oche_raise_interrupt(lua_State *L, oche_host *host) {
    if (host->interrupt == OCHE_RUNNING) host->interrupt = OCHE_INTERRUPTED;
    if (past_grace(host)) arm(L, 1);
    else arm_for_grace(L);
    lua_pushstring(L, message_of(host));
    return lua_error(L);
}

static void hook(lua_State *L, lua_Debug *ar) {
    oche_host *host = oche_host_of(L);
    (void)ar;
    if (host->interrupt == OCHE_RUNNING)  // left over on a coroutine from an interrupt that has been dealt with
        lua_sethook(L, NULL, 0, 0);
    else if (host->raised == 0 || past_grace(host))
        oche_raise_interrupt(L, host);
    else
        arm_for_grace(L);
}

int oche_must_stop(oche_host *host) {
    return __builtin_expect(host->interrupt != OCHE_RUNNING, 0) && (host->raised == 0 || past_grace(host));
}

void oche_stop_if_interrupted(lua_State *L) {
    oche_host *host = oche_host_of(L);
    if (oche_must_stop(host)) oche_raise_interrupt(L, host);
}

void oche_arm_if_interrupted(oche_host *host, lua_State *L) {
    if (__builtin_expect(host->interrupt != OCHE_RUNNING, 0)) arm(L, 1);
}

// MARK: from other threads. lua_sethook walks the call chain, which only the thread that runs Lua may do, so another
// thread sends that one a signal (SIGURG: ignored by default, used by nobody else) whose handler sets the hook.

static void on_signal(int signal) {
    (void)signal;
    int saved = errno;
    oche_host *host = current_host;
    if (host != NULL && host->interrupt != OCHE_RUNNING) arm(host->running, 1);
    errno = saved;
}

static void install_signal(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = 0;  // no restart: a script that waits for input is interrupted as well
    sigaction(SIGURG, &action, NULL);
}

static int thread_id(void) {
    if (current_thread == 0) {
#ifdef __linux__
        current_thread = (int)syscall(SYS_gettid);
#else
        current_thread = (int)pthread_mach_thread_np(pthread_self());
#endif
    }
    return current_thread;
}

static void send_signal(int thread) {
#ifdef __linux__
    syscall(SYS_tgkill, getpid(), thread, SIGURG);
#else
    pthread_kill(pthread_from_mach_thread_np(thread), SIGURG);
#endif
}

void oche_interrupt(oche_host *host, int reason) {
    if (host->interrupt == OCHE_RUNNING) host->interrupt = reason;
    int thread = host->thread;
    if (thread == 0) return;  // not running: oche_pcall looks at the flag when it starts
    if (current_host == host) arm(host->running, 1);
    else send_signal(thread);
    if (host->has_reminder) {
        int saved = errno;
        ssize_t written = write(host->reminder_pipe[1], "", 1);  // full: it is at work already
        (void)written;
        errno = saved;
    }
}

// A signal that comes just before a system call begins to wait does not end the wait. So it is sent again, until what ran
// has ended.

static void *remind(void *argument) {
    oche_host *host = argument;
    char bytes[64];
    while (1) {
        ssize_t count = read(host->reminder_pipe[0], bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return NULL;
        while (host->interrupt != OCHE_RUNNING && host->thread != 0) {
            struct timespec pause = {0, 20000000};
            nanosleep(&pause, NULL);
            int thread = host->thread;
            if (host->interrupt != OCHE_RUNNING && thread != 0) send_signal(thread);
        }
    }
}

static void start_reminder(oche_host *host) {
    host->has_reminder = 0;
    if (pipe(host->reminder_pipe) != 0) return;
    for (int i = 0; i < 2; i++) fcntl(host->reminder_pipe[i], F_SETFD, FD_CLOEXEC);
    fcntl(host->reminder_pipe[1], F_SETFL, O_NONBLOCK);
    sigset_t all, old;  // signals are for the others
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    host->has_reminder = pthread_create(&host->reminder, NULL, remind, host) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!host->has_reminder) {
        close(host->reminder_pipe[0]);
        close(host->reminder_pipe[1]);
    }
}

static void stop_reminder(oche_host *host) {
    if (!host->has_reminder) return;
    host->has_reminder = 0;
    close(host->reminder_pipe[1]);
    pthread_join(host->reminder, NULL);
    close(host->reminder_pipe[0]);
}

void oche_enter_thread(oche_host *host, int *saved_thread, oche_host **saved_host) {
    *saved_thread = host->thread;
    *saved_host = current_host;
    current_host = host;
    host->thread = thread_id();
}

void oche_leave_thread(oche_host *host, int saved_thread, oche_host *saved_host) {
    host->thread = saved_thread;
    current_host = saved_host;
}

int oche_interrupt_reason(oche_host *host) { return host->interrupt; }
const volatile int32_t *oche_interrupt_flag(oche_host *host) { return &host->interrupt; }
int oche_interrupt_was_raised(oche_host *host) { return host->raised != 0; }
int oche_exit_status(oche_host *host) { return host->exit_status; }

void oche_clear_interrupt(oche_host *host) {
    host->interrupt = OCHE_RUNNING;
    host->raised = 0;
    lua_sethook(host->main, NULL, 0, 0);
}

// MARK: the time limit

static void *watch(void *argument) {
    oche_host *host = argument;
    pthread_mutex_lock(&host->watchdog_mutex);
    while (host->deadline != 0) {
        int64_t deadline = host->deadline;
        if (now_ns() >= deadline) {
            host->deadline = 0;
            oche_interrupt(host, OCHE_TIME_LIMIT);
            break;
        }
        struct timespec until = {deadline / 1000000000, deadline % 1000000000};
        pthread_cond_timedwait(&host->watchdog_wake, &host->watchdog_mutex, &until);
    }
    pthread_mutex_unlock(&host->watchdog_mutex);
    return NULL;
}

void oche_watchdog_init(oche_host *host) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_signal);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#ifdef __linux__
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    pthread_mutex_init(&host->watchdog_mutex, NULL);
    pthread_cond_init(&host->watchdog_wake, &attributes);
    pthread_condattr_destroy(&attributes);
    start_reminder(host);
}

void oche_set_deadline(oche_host *host, double seconds) {
    pthread_mutex_lock(&host->watchdog_mutex);
    host->deadline = 0;
    pthread_cond_signal(&host->watchdog_wake);
    pthread_mutex_unlock(&host->watchdog_mutex);
    if (host->has_watchdog) pthread_join(host->watchdog, NULL);
    host->has_watchdog = 0;
    if (!(seconds > 0)) return;
    if (seconds > 1e9) seconds = 1e9;
    host->deadline = now_ns() + (int64_t)(seconds * 1e9);
    host->has_watchdog = pthread_create(&host->watchdog, NULL, watch, host) == 0;
}

void oche_watchdog_destroy(oche_host *host) {
    oche_set_deadline(host, 0);
    host->interrupt = OCHE_RUNNING;
    stop_reminder(host);
    pthread_mutex_destroy(&host->watchdog_mutex);
    pthread_cond_destroy(&host->watchdog_wake);
}
