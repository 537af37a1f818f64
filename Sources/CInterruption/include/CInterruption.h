// The flag that everything long looks at, in C so that the kernels and what calls them read one place in two loads.
// It may be pointed at somebody else's flag, such as a signal handler's.
#pragma once
#include <stdint.h>

extern volatile int32_t *volatile oche_interruption_place;

/// Not 0 when work is to be abandoned.
static inline int32_t oche_is_interrupted(void) { return *oche_interruption_place; }
static inline volatile int32_t *oche_interruption_flag(void) { return oche_interruption_place; }
static inline void oche_set_interruption_flag(volatile int32_t *flag) { oche_interruption_place = flag; }
/// The flag there is when nobody else's is set.
volatile int32_t *oche_own_interruption_flag(void);
