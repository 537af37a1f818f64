// What the processor offers and the operating system saves (x86-64 psABI levels). Both must hold: a register file that the
// system does not save is not usable whatever CPUID says.
#pragma once

/// AVX2, FMA and the rest of x86-64-v3.
int cpu_supports_v3(void);
/// AVX-512 F, BW, CD, DQ, VL: x86-64-v4.
int cpu_supports_v4(void);
