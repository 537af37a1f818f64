#include "CPUFeatures.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

/// XCR0: which register files the operating system saves. Only valid where CPUID says OSXSAVE.
static uint64_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

int cpu_supports_v3(void) {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    const uint32_t wanted1 = bit_SSE3 | bit_SSSE3 | bit_FMA | bit_CMPXCHG16B | bit_SSE41 | bit_SSE42 | bit_MOVBE | bit_POPCNT
                           | bit_OSXSAVE | bit_AVX | bit_F16C;
    if ((c & wanted1) != wanted1) return 0;
    if ((saved_registers() & 0x6) != 0x6) return 0;  // SSE and AVX
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    const uint32_t wanted7 = bit_BMI | bit_AVX2 | bit_BMI2;
    if ((b & wanted7) != wanted7) return 0;
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d)) return 0;
    return (c & bit_LZCNT) != 0;
}

int cpu_supports_v4(void) {
    uint32_t a, b, c, d;
    if (!cpu_supports_v3()) return 0;
    if ((saved_registers() & 0xe6) != 0xe6) return 0;  // and mask registers, upper halves, upper 16 registers
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    const uint32_t wanted = bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL;
    return (b & wanted) == wanted;
}
#else
int cpu_supports_v3(void) { return 0; }
int cpu_supports_v4(void) { return 0; }
#endif
