/* Preloaded into oche: counts allocations and says how many at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
static long calls;
static void *(*next)(size_t);
static int (*next_aligned)(void **, size_t, size_t);
void *malloc(size_t n) {
    if (!next) next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    return next(n);
}
int posix_memalign(void **p, size_t a, size_t n) {
    if (!next_aligned) next_aligned = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    return next_aligned(p, a, n);
}
__attribute__((destructor)) static void report(void) { fprintf(stderr, "allocations %ld\n", calls); }
