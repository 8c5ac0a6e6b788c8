// From a variant's number to its functions.
#include "CAttention.h"
#include "layout.h"

#define DECLARE(variant) \
  void treeline_##variant##_decode(const treeline_decode_task *task, void *scratch); \
  void treeline_##variant##_softmax(const treeline_softmax_block *block); \
  void treeline_##variant##_exps(const float *numbers, float *results, size_t count); \
  void treeline_##variant##_widens(int type, const void *numbers, float *results, size_t count); \
  float treeline_##variant##_sum(const float *numbers, size_t count);

DECLARE(portable)
#if defined(__x86_64__)
DECLARE(avx2)
DECLARE(avx512)
#define CALL(name, ...) \
  (variant == treeline_variant_avx512 ? treeline_avx512_##name(__VA_ARGS__) \
   : variant == treeline_variant_avx2 ? treeline_avx2_##name(__VA_ARGS__) \
                                      : treeline_portable_##name(__VA_ARGS__))
#else
#define CALL(name, ...) ((void)variant, treeline_portable_##name(__VA_ARGS__))
#endif

bool treeline_has_variant(int variant) {
  if (variant == treeline_variant_portable) return true;
#if defined(__x86_64__)
  // These look at what the operating system saves, too.
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (variant == treeline_variant_avx2) return avx2;
  if (variant == treeline_variant_avx512)
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
  return false;
}

size_t treeline_decode_scratch(size_t heads, size_t key_dim, size_t value_dim) {
  return heads * (PADDED(key_dim) + 2 * PADDED(value_dim) + BLOCK) * sizeof(float);
}

void treeline_decode(int variant, const treeline_decode_task *task, void *scratch) { CALL(decode, task, scratch); }

void treeline_softmax(int variant, const treeline_softmax_block *block) { CALL(softmax, block); }

void treeline_exp(int variant, const float *numbers, float *results, size_t count) {
  CALL(exps, numbers, results, count);
}

void treeline_widen(int variant, int type, const void *numbers, float *results, size_t count) {
  CALL(widens, type, numbers, results, count);
}

float treeline_sum(int variant, const float *numbers, size_t count) { return CALL(sum, numbers, count); }
