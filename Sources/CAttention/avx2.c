// 8 floats, AVX2 with FMA and F16C. Called only where the processor has them.
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define FN(name) treeline_avx2_##name
#define WIDEN_HALF(from) ((VF)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from))))
#include "kernel.h"
#pragma clang attribute pop
#endif
