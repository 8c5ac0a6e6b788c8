// The loops, written once over vectors of LANES floats. Included once for each variant by the file of its name, which
// defines LANES, FN(name), and, where the processor converts fp16 itself, WIDEN_HALF.
//
// Nothing here says which instructions to use: Clang's vectors become the registers of the target that the including
// file sets. Multiplications and additions within one expression are fused where the target can.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CAttention.h"
#include "layout.h"

#pragma clang fp contract(on)

#define INLINE static inline __attribute__((always_inline))
#define SELECT(mask, yes, no) ((VF)(((VI)(yes) & (mask)) | ((VI)(no) & ~(mask))))

typedef float FN(vf) __attribute__((vector_size(4 * LANES)));
typedef int32_t FN(vi) __attribute__((vector_size(4 * LANES)));
typedef uint32_t FN(vu) __attribute__((vector_size(4 * LANES)));
#define VF FN(vf)
#define VI FN(vi)
#define VU FN(vu)

#include "exponential.h"

INLINE VF FN(load)(const float *from) {
  VF v;
  memcpy(&v, from, sizeof v);
  return v;
}

INLINE void FN(store)(float *to, VF v) { memcpy(to, &v, sizeof v); }

#include "formats.h"
#include "rows.h"

/// Turns a head's logits of a block into weights e^(logit - maximum), and joins the block's maximum and denominator to
/// the head's. Returns the factor by which what was summed before shrinks; 1 when the block adds nothing.
INLINE float FN(weigh)(float *logits, size_t tokens, float *maximum, float *denominator) {
  const size_t padded = (tokens + LANES - 1) / LANES * LANES;
  for (size_t i = tokens; i < padded; i++) logits[i] = -INFINITY;
  VF most = (VF){} - INFINITY;
  VI strange = (VI){};
  for (size_t i = 0; i < padded; i += LANES) {
    VF x = FN(load)(logits + i);
    most = SELECT(x > most, x, most);
    strange |= x != x;
  }
  float lanes[LANES];
  int32_t flags[LANES];
  FN(store)(lanes, most);
  memcpy(flags, &strange, sizeof strange);
  float joint = *maximum;
  for (int i = 0; i < LANES; i++) joint = flags[i] ? NAN : lanes[i] > joint ? lanes[i] : joint;
  for (int i = 0; i < LANES; i++) joint = flags[i] ? NAN : joint;
  if (joint == -INFINITY) {
    for (size_t i = 0; i < padded; i++) logits[i] = 0;
    return 1;
  }
  VF total = (VF){};
  for (size_t i = 0; i < padded; i += LANES) {
    VF weight = FN(exp)(FN(load)(logits + i) - joint);
    total += weight;
    FN(store)(logits + i, weight);
  }
  float factor = 1;
  // e^(-inf - joint) is 0, which is right for what came before the first key.
  if (*maximum != joint) {
    VF shrink = FN(exp)((VF){} + (*maximum - joint));
    factor = shrink[0];
  }
  *denominator = *denominator * factor + FN(sum_of)(total);
  *maximum = joint;
  return factor;
}

#include "decode.h"

// ---- Prefill ----

void FN(softmax)(const treeline_softmax_block *block) {
  for (size_t row = 0; row < block->rows; row++) {
    float *logits = block->logits + row * block->stride;
    ptrdiff_t sees = block->visible + (ptrdiff_t)row * block->step;
    size_t visible = sees < 0 ? 0 : (size_t)sees < block->columns ? (size_t)sees : block->columns;
    // Rows are padded to whole vectors in memory.
    float factor = FN(weigh)(logits, visible, &block->maxima[row], &block->denominators[row]);
    for (size_t i = visible; i < block->columns; i++) logits[i] = 0;
    if (factor == 1) continue;
    float *numerators = block->numerators + row * block->width;
    size_t i = 0;
    for (; i + LANES <= block->width; i += LANES) FN(store)(numerators + i, FN(load)(numerators + i) * factor);
    for (; i < block->width; i++) numerators[i] *= factor;
  }
}

// ---- The rest ----

void FN(exps)(const float *numbers, float *results, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) FN(store)(results + i, FN(exp)(FN(load)(numbers + i)));
  if (i == count) return;
  float last[LANES] = {0};
  memcpy(last, numbers + i, (count - i) * sizeof(float));
  FN(store)(last, FN(exp)(FN(load)(last)));
  memcpy(results + i, last, (count - i) * sizeof(float));
}

void FN(widens)(int type, const void *numbers, float *results, size_t count) {
  const char *from = numbers;
  for (size_t i = 0; i < count; i += 2 * LANES, from += 2 * LANES * WIDTH_OF(type)) {
    const size_t left = count - i < 2 * LANES ? count - i : 2 * LANES;
    FN(pair) pair = FN(widen_part)(from, type, left);
    float pairs[2 * LANES];
    memcpy(pairs, &pair, sizeof pair);
    for (size_t e = 0; e < left; e++) results[i + e] = pairs[FN(place)(e, type)];
  }
}

float FN(sum)(const float *numbers, size_t count) {
  VF sums[8] = {{0}};
  size_t i = 0;
  for (; i + 8 * LANES <= count; i += 8 * LANES)
    for (int k = 0; k < 8; k++) sums[k] += FN(load)(numbers + i + k * LANES);
  float total = 0;
  for (; i < count; i++) total += numbers[i];
  for (int k = 0; k < 8; k++) total += FN(sum_of)(sums[k]);
  return total;
}
