// The inner loops of attention on a CPU: vectors, chosen at run time for the processor at hand.
//
// Everything accumulates in single precision. No function keeps state or allocates memory; each may run on many threads.
#ifndef TREELINE_CATTENTION_H
#define TREELINE_CATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The ways in which every loop is compiled. The numbers are those of Swift's KernelVariant.
enum {
  /// Vectors of 4 floats of whatever the target has: SSE2, NEON, or none.
  treeline_variant_portable = 0,
  /// 8 floats, AVX2 with FMA and F16C.
  treeline_variant_avx2 = 1,
  /// 16 floats, AVX-512 F, BW, DQ and VL.
  treeline_variant_avx512 = 2,
};

/// The formats of keys and values. The numbers are those of Swift's CacheElements.
enum {
  treeline_fp32 = 0,
  treeline_bf16 = 1,
  treeline_fp16 = 2,
};

/// Whether this processor, and the operating system on it, can run a variant.
bool treeline_has_variant(int variant);

/// A run of tokens of one KV head, and the query heads that share it.
typedef struct {
  /// The format of keys and values.
  int type;
  /// The query heads of the group.
  size_t heads;
  /// The tokens; may be none.
  size_t tokens;
  /// The length of a key and of a query.
  size_t key_dim;
  /// The length of a value.
  size_t value_dim;
  /// From one value to the next, in elements: value_dim, or key_dim where values are a view of the keys.
  size_t value_stride;
  /// heads x key_dim.
  const float *queries;
  /// tokens x key_dim.
  const void *keys;
  /// Values, value_stride apart.
  const void *values;
  /// Out: the largest logit of each head, minus infinity for no keys, NaN where a logit is no number.
  float *maxima;
  /// Out: the sum of e^(logit - maximum) of each head.
  float *denominators;
  /// Out: heads x value_dim, the sums of value x e^(logit - maximum).
  float *numerators;
} treeline_decode_task;

/// The bytes of scratch memory that a task of this shape needs, for any variant.
size_t treeline_decode_scratch(size_t heads, size_t key_dim, size_t value_dim);

/// Attention of a group's queries to a run of tokens, reading keys and values once.
///
/// `scratch` is aligned to 64 bytes and as long as treeline_decode_scratch says.
void treeline_decode(int variant, const treeline_decode_task *task, void *scratch);

/// A block of logits of prefill: `rows` x `columns`, `stride` apart, of which row r sees the first `visible` + r x `step`.
typedef struct {
  size_t rows;
  size_t columns;
  size_t stride;
  /// The columns that row 0 sees; what is past the block counts as all of it, what is below none as none.
  ptrdiff_t visible;
  /// By how much the next row sees more: 1 under a causal mask, 0 without.
  ptrdiff_t step;
  /// In: logits. Out: e^(logit - maximum), zero for what a row does not see.
  float *logits;
  /// In and out: the maximum of each row so far.
  float *maxima;
  /// In and out: the denominator of each row so far.
  float *denominators;
  /// In and out: rows x width, the numerators so far, rescaled to the new maximum.
  float *numerators;
  size_t width;
} treeline_softmax_block;

/// One step of the online softmax over a block of logits.
void treeline_softmax(int variant, const treeline_softmax_block *block);

/// e to the power of each number; see exponential.h for its error.
void treeline_exp(int variant, const float *numbers, float *results, size_t count);

/// Converts bf16 or fp16 (or copies fp32) to single precision.
void treeline_widen(int variant, int type, const void *numbers, float *results, size_t count);

/// The sum of a run of floats, with as many independent sums as it takes to wait for memory only: the plain read that
/// benchmarks compare with.
float treeline_sum(int variant, const float *numbers, size_t count);

#endif
