// The record behind a Lua state; every lua_State of the host has a pointer to it in its extra space.
#pragma once
#include "CLuaBridge.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/// Free blocks of one size.
typedef struct oche_free_list {
    void *first;
    size_t count;
} oche_free_list;
enum { OCHE_SIZES = 16 };            // of 16, 32, .. bytes

struct oche_host {
    oche_callbacks callbacks;
    void *owner;
    lua_State *main;
    lua_State *_Atomic running;      // resume, wrap and close keep this current
    int native;                      // Swift is on top of the C stack: the allocator must not refuse
    int depth;                       // nesting of oche_pcall
    int closing;                     // nesting of coroutine.close
    int sandbox;
    int closed;                      // closing: native functions are refused
    lua_Integer seed;
    uint64_t serial;
    FILE *stream;                    // io.stdout
    FILE *error_stream;              // io.stderr and io.stdin, when the host has taken them
    FILE *input_stream;
    int warnings;                    // whether warn shows anything
    int warning_continues;           // a piece of a warning is out, more is to come
    int input_refused;               // what was just read could not be asked for
    // memory
    size_t bytes;                    // Lua's own
    size_t native_bytes;             // of the objects that its values hold
    size_t limit;
    size_t userdata_size;            // of a userdata with an oche_block
    size_t young_native;             // native bytes since the last minor collection
    size_t major_base;               // native bytes alive after the last major collection
    oche_free_list lists[OCHE_SIZES];
    // interrupts
    volatile int32_t interrupt;      // OCHE_RUNNING or the reason
    int64_t raised;                  // when it was first raised (ns), 0 before
    int exit_status;
    _Atomic int thread;              // kernel thread id that runs Lua now, 0 when none
    pthread_t reminder;              // repeats the signal of an interrupt
    int has_reminder;
    int reminder_pipe[2];
    pthread_t watchdog;
    int has_watchdog;
    pthread_mutex_t watchdog_mutex;
    pthread_cond_t watchdog_wake;
    int64_t deadline;                // 0: none
};

size_t oche_userdata_size(void);
void *oche_allocate(void *host, void *block, size_t old, size_t size);
void oche_allocator_close(oche_host *host);
int oche_invoke(lua_State *L, void *function);
int oche_raise_message(lua_State *L);
int oche_raise_interrupt(lua_State *L, oche_host *host);
/// Whether a hook would raise now.
int oche_must_stop(oche_host *host);
/// For loops in C, where hooks do not reach: raises as a hook would.
void oche_stop_if_interrupted(lua_State *L);
void oche_enter_thread(oche_host *host, int *saved_thread, oche_host **saved_host);
void oche_leave_thread(oche_host *host, int saved_thread, oche_host *saved_host);
/// To be called when `L` starts or continues to run: gives it the hook when an interrupt is pending.
void oche_arm_if_interrupted(oche_host *host, lua_State *L);
void oche_watchdog_init(oche_host *host);
void oche_watchdog_destroy(oche_host *host);

// Parts of the scripting environment; each takes the libraries as opened by luaL_openlibs and replaces functions.
void oche_install_coroutines(lua_State *L);
void oche_install_iteration(lua_State *L);
/// Of a standard stream: closes nothing.
int oche_refuse_close(lua_State *L);
void oche_install_numbers(lua_State *L);
void oche_install_loading(lua_State *L);
void oche_install_output(lua_State *L);
void oche_close_streams(oche_host *host);
void oche_install_finalizers(lua_State *L);
void oche_install_patterns(lua_State *L);
void oche_install_building(lua_State *L);
void oche_install_processes(lua_State *L);
void oche_install_fences(lua_State *L);
