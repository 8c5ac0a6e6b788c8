// 16 floats, AVX-512. Called only where the processor has it.
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define LANES 16
#define FN(name) treeline_avx512_##name
#define WIDEN_HALF(from) ((VF)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(from))))
#include "kernel.h"
#pragma clang attribute pop
#endif
