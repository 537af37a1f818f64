#include "CInterruption.h"

static volatile int32_t own;
volatile int32_t *volatile oche_interruption_place = &own;

volatile int32_t *oche_own_interruption_flag(void) { return &own; }
