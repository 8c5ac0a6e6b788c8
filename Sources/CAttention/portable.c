// Vectors of 4 floats of whatever the compiler's target has: SSE2 on x86-64, NEON on AArch64.
#define LANES 4
#define FN(name) treeline_portable_##name

#if defined(__aarch64__)
// AArch64 converts four halves with one instruction, always.
#include <arm_neon.h>
#include <string.h>
static inline float32x4_t treeline_neon_half(const void *from) {
  float16x4_t half;
  memcpy(&half, from, sizeof half);
  return vcvt_f32_f16(half);
}
#define WIDEN_HALF(from) ((VF)treeline_neon_half(from))
#endif

#include "kernel.h"
