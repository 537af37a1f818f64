// The few lines of the Lua host that must be C: whatever raises a Lua error (a longjmp) lives here, where no Swift
// frame can be on the stack above the raise. Swift returns a status; the trampoline raises after Swift has returned.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

typedef struct oche_host oche_host;

/// What Swift provides. None of these may raise; each is called with the allocator in never-refuse mode.
typedef struct oche_callbacks {
    /// Runs a native function. Result: number of values pushed, or one of OCHE_RAISE_*.
    int (*dispatch)(lua_State *L, void *function);
    /// Releases the Swift object of a collected block; may not call into Lua.
    void (*release)(void *object);
    /// Output of print and io.write.
    void (*write)(void *owner, const char *bytes, size_t count);
    /// io.flush and io.stdout:flush().
    void (*flush)(void *owner);
    /// Output of io.stderr, once `oche_take_streams` was called.
    void (*write_error)(void *owner, const char *bytes, size_t count);
    /// Input of io.stdin, once `oche_take_streams` was called: waits, and fills at most `size` bytes. 0 at the end; -1 when the wait
    /// was interrupted; -2 when there is nobody to ask.
    long (*read)(void *owner, char *bytes, size_t size);
    /// An error is on top of L (or of `coroutine`, when that is not NULL): record where it came from.
    void (*trace)(void *owner, lua_State *L, lua_State *coroutine);
} oche_callbacks;

enum {
    OCHE_RAISE_MESSAGE = -1,    // a string on top: raise it with the position of the calling Lua line
    OCHE_RAISE_VALUE = -2,      // raise the value on top as it is
    OCHE_RAISE_INTERRUPT = -3,  // a native loop saw the interrupt flag
};

enum { OCHE_RUNNING = 0, OCHE_INTERRUPTED = 1, OCHE_TIME_LIMIT = 2, OCHE_EXIT = 3 };

/// The content of every userdata the host makes: one retained Swift object and what it costs.
typedef struct oche_block {
    void *object;        // released when the memory of the userdata goes (allocator.c)
    const void *type;    // identity of the declared type
    size_t bytes;        // native memory charged to the collector
    uint64_t serial;     // order of creation: makes the iteration order of userdata keys deterministic
    const void *magic;   // &oche_block_magic
} oche_block;
extern const char oche_block_magic;

/// Where the registry has the function that gives print the text of a table.
#define OCHE_TABLE_TEXT "oche.table_text"

// MARK: life
oche_host *oche_open(void *owner, const oche_callbacks *callbacks, lua_Integer seed, size_t memory_limit, int sandbox);
void oche_close(oche_host *host);
static inline oche_host *oche_host_of(lua_State *L) { return *(oche_host **)lua_getextraspace(L); }
void *oche_owner(oche_host *host);
void oche_set_owner(oche_host *host, void *owner);
lua_State *oche_running(oche_host *host);       // the coroutine that runs now
lua_State *oche_main_stack(oche_host *host);

// MARK: calling and declaring
/// lua_pcall with a traceback handler, from Swift. Never raises.
int oche_pcall(lua_State *L, int arguments, int results);
/// luaL_tolstring, protected: pushes exactly one string whatever the value's metamethods do. Never raises.
void oche_describe(lua_State *L, int index);
/// Pushes a C closure that runs the native function in the block on top of the stack (which it replaces).
void oche_push_trampoline(lua_State *L);
/// Pushes the __index function of a type; takes members table and fallback block from the stack.
void oche_push_object_index(lua_State *L);
/// Pushes a new block with the metatable registry[type]; 0 when there is none yet (the block then has no metatable).
int oche_push_block(lua_State *L, void *object, const void *type, size_t bytes);
/// Sets __eq by identity in the table on top of the stack.
void oche_set_block_metamethods(lua_State *L);
/// Pushes the host's deterministic next (1 result).
void oche_push_next(lua_State *L);
/// Pushes a table of the keys of the table at `index` in iteration order.
void oche_push_sorted_keys(lua_State *L, int index);

static inline oche_block *oche_to_block(lua_State *L, int index) {
    oche_block *block = (oche_block *)lua_touserdata(L, index);
    if (block == NULL || lua_rawlen(L, index) != sizeof(oche_block) || block->magic != &oche_block_magic) return NULL;
    return block;
}
/// The Swift object at `index` when it is of `type`, else NULL.
static inline void *oche_to_object(lua_State *L, int index, const void *type) {
    oche_block *block = oche_to_block(L, index);
    return block != NULL && block->type == type ? block->object : NULL;
}
static inline int oche_upvalue_index(int i) { return lua_upvalueindex(i); }
static inline int oche_registry_index(void) { return LUA_REGISTRYINDEX; }
static inline void oche_pop(lua_State *L, int n) { lua_settop(L, -n - 1); }

/// From now on io.stderr and io.stdin are the host's, for a front end that is no terminal. In a sandbox, which has neither, nothing changes.
void oche_take_streams(oche_host *host);

// MARK: memory
size_t oche_lua_bytes(oche_host *host);
size_t oche_native_bytes(oche_host *host);
size_t oche_memory_limit(oche_host *host);
void oche_set_memory_limit(oche_host *host, size_t bytes);
/// Tells the collector of fresh native memory; collects when due.
void oche_note_native(lua_State *L, size_t bytes);
int oche_collect(lua_State *L);
/// One minor collection.
int oche_collect_young(lua_State *L);

// MARK: interrupts
/// Async-signal-safe. `reason` is one of OCHE_INTERRUPTED, OCHE_TIME_LIMIT.
void oche_interrupt(oche_host *host, int reason);
int oche_interrupt_reason(oche_host *host);
const volatile int32_t *oche_interrupt_flag(oche_host *host);
/// Whether the interrupt has been raised as a Lua error.
int oche_interrupt_was_raised(oche_host *host);
void oche_clear_interrupt(oche_host *host);
int oche_exit_status(oche_host *host);
/// Interrupts after `seconds`; a value <= 0 cancels.
void oche_set_deadline(oche_host *host, double seconds);
