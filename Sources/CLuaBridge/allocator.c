// Lua's memory. Small blocks that Lua lets go of wait in lists by size for the next. A userdata that holds a Swift object
// releases it when its own memory goes: a finalizer would let each live through one more collection and a protected call.
// Invariant: whether Lua's block is a userdata stands in front of it, for every block of that one size.
#include "host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { step = 16, largest = step * OCHE_SIZES, kept_bytes = 1 << 20, prefix = 16 };

static void *probe(void *ud, void *block, size_t old, size_t size) {
    if (block == NULL && old == LUA_TUSERDATA) *(size_t *)ud = size;
    if (size != 0) return realloc(block, size);
    free(block);
    return NULL;
}

/// Lua's size of a userdata that holds an oche_block, which its headers do not tell; 0 when there is no memory.
size_t oche_userdata_size(void) {
    size_t size = 0;
    lua_State *L = lua_newstate(probe, &size);
    if (L == NULL) return 0;
    lua_newuserdatauv(L, sizeof(oche_block), 0);
    lua_close(L);
    return size;
}

static inline void *take(oche_host *host, size_t size) {
    if (size > largest) return malloc(size);
    oche_free_list *list = &host->lists[(size - 1) / step];
    void *block = list->first;
    if (block == NULL) return malloc((size + step - 1) / step * step);
    list->first = *(void **)block;
    list->count--;
    return block;
}

static inline void give(oche_host *host, void *block, size_t size) {
    oche_free_list *list = size > largest ? NULL : &host->lists[(size - 1) / step];
    if (list == NULL || list->count * size >= kept_bytes) {
        free(block);
        return;
    }
    *(void **)block = list->first;
    list->first = block;
    list->count++;
}

static oche_block *content(oche_host *host, void *block) { return (oche_block *)((char *)block + host->userdata_size - sizeof(oche_block)); }

/// The object in a userdata whose memory goes. It may not call into Lua, which is in the middle of a collection.
static void release(oche_host *host, oche_block *block) {
    void *object = block->object;
    if (object == NULL) return;
    block->object = NULL;
    host->native_bytes -= block->bytes;
    int saved = host->native;
    host->native = 1;
    host->callbacks.release(object);
    host->native = saved;
}

static void *acquire(oche_host *host, size_t size, int is_userdata) {
    if (size != host->userdata_size) return take(host, size);
    char *block = take(host, size + prefix);
    if (block == NULL) return NULL;
    *(size_t *)block = is_userdata;
    block += prefix;
    if (is_userdata) content(host, block)->magic = NULL;
    return block;
}

static void drop(oche_host *host, void *block, size_t size) {
    if (size == host->userdata_size) {
        char *whole = (char *)block - prefix;
        if (*(size_t *)whole && content(host, block)->magic == &oche_block_magic) release(host, content(host, block));
        give(host, whole, size + prefix);
    } else {
        give(host, block, size);
    }
}

/// Another size for a block; what holds userdata never changes its size.
static void *resize(oche_host *host, void *block, size_t old, size_t size) {
    if (old > largest && size > largest) return realloc(block, size);
    void *fresh = acquire(host, size, 0);
    if (fresh == NULL) return NULL;
    memcpy(fresh, block, old < size ? old : size);
    drop(host, block, old);
    return fresh;
}

void *oche_allocate(void *ud, void *block, size_t old, size_t size) {
    oche_host *host = ud;
    int is_userdata = block == NULL && old == LUA_TUSERDATA;
    if (block == NULL) old = 0;  // it was a type tag
    if (size == 0) {
        if (old != 0) drop(host, block, old);
        host->bytes -= old;
        return NULL;
    }
    if (size > old && !host->native) {
        // Native memory counts, but never so much that Lua has no room left to let go of it.
        size_t native = host->native_bytes, most = host->limit / 4 * 3;
        if (host->bytes + (size - old) + (native < most ? native : most) > host->limit) return NULL;
    }
    void *fresh = old == 0 ? acquire(host, size, is_userdata) : resize(host, block, old, size);
    if (fresh != NULL) {
        host->bytes += size - old;
    } else if (size <= old && size > largest) {
        return block;  // what shrinks may not fail; it only stays larger than it says
    } else if (host->native || size <= old) {
        fputs("oche: the system has no memory left\n", stderr);
        abort();
    }
    return fresh;
}

void oche_allocator_close(oche_host *host) {
    for (int i = 0; i < OCHE_SIZES; i++) {
        for (void *block = host->lists[i].first; block != NULL;) {
            void *next = *(void **)block;
            free(block);
            block = next;
        }
    }
}
