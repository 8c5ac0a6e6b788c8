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

// ---- Horizontal sums ----

// Lane j of KEEP is lane j of x where bit s of j is clear and of y where it is set; SWAP likewise from lane j ^ s.
#define KEEP(j, s) (((j) & (s)) ? LANES + (j) : (j))
#define SWAP(j, s) (((j) & (s)) ? LANES + ((j) ^ (s)) : ((j) ^ (s)))
#define LIST4(M, s, o) M(o, s), M(o + 1, s), M(o + 2, s), M(o + 3, s)
#if LANES == 4
#define LIST(M, s) LIST4(M, s, 0)
#elif LANES == 8
#define LIST(M, s) LIST4(M, s, 0), LIST4(M, s, 4)
#else
#define LIST(M, s) LIST4(M, s, 0), LIST4(M, s, 4), LIST4(M, s, 8), LIST4(M, s, 12)
#endif
#define FOLD(x, y, s) \
  (__builtin_shufflevector(x, y, LIST(KEEP, s)) + __builtin_shufflevector(x, y, LIST(SWAP, s)))

/// Lane j of the result is the sum of the lanes of v[j].
INLINE VF FN(sums)(VF v[LANES]) {
  for (int i = 0; i < LANES / 2; i++) v[i] = FOLD(v[2 * i], v[2 * i + 1], 1);
  for (int i = 0; i < LANES / 4; i++) v[i] = FOLD(v[2 * i], v[2 * i + 1], 2);
#if LANES >= 8
  for (int i = 0; i < LANES / 8; i++) v[i] = FOLD(v[2 * i], v[2 * i + 1], 4);
#endif
#if LANES >= 16
  v[0] = FOLD(v[0], v[1], 8);
#endif
  return v[0];
}

INLINE float FN(sum_of)(VF v) {
  float lanes[LANES];
  memcpy(lanes, &v, sizeof v);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

// ---- Keys and values, two vectors at a time ----
//
// 2 LANES elements become a pair of vectors. Of 16-bit formats the pair is the even and the odd elements, which a shift
// and a mask give; where the processor converts fp16 itself, and of fp32, it is the first half and the second. Queries
// are laid out, and numerators put back, accordingly.

typedef struct {
  VF a, b;
} FN(pair);

#ifdef WIDEN_HALF
#define INTERLEAVED(type) ((type) == treeline_bf16)
#else
#define INTERLEAVED(type) ((type) != treeline_fp32)

/// Halves in the low 16 bits of each lane. Exact: subnormal halves are normal floats after the multiplication.
INLINE VF FN(half)(VU bits) {
  VF magnitude = (VF)((bits & 0x7FFF) << 13) * 0x1p112f;
  VI special = (bits & 0x7C00) == 0x7C00;
  VU infinite = (VU)magnitude | ((VU)special & 0x7F800000);
  return (VF)(infinite | (bits & 0x8000) << 16);
}
#endif

INLINE FN(pair) FN(widen)(const char *from, int type) {
  FN(pair) pair;
  VU bits;
  switch (type) {
  case treeline_fp32:
    memcpy(&pair, from, sizeof pair);
    break;
  case treeline_bf16:
    memcpy(&bits, from, sizeof bits);
    pair.a = (VF)(bits << 16);
    pair.b = (VF)(bits & 0xFFFF0000);
    break;
  default:
#ifdef WIDEN_HALF
    pair.a = WIDEN_HALF(from);
    pair.b = WIDEN_HALF(from + 2 * LANES);
#else
    memcpy(&bits, from, sizeof bits);
    pair.a = FN(half)(bits & 0xFFFF);
    pair.b = FN(half)(bits >> 16);
#endif
  }
  return pair;
}

/// The first `count` elements of a pair, and zeros for the others: nothing past a tensor is ever read.
INLINE FN(pair) FN(widen_part)(const char *from, int type, size_t count) {
  char buffer[8 * LANES];
  memset(buffer, 0, sizeof buffer);
  memcpy(buffer, from, count * WIDTH_OF(type));
  return FN(widen)(buffer, type);
}

/// Where element `index` lies in a row that is laid out in pairs.
INLINE size_t FN(place)(size_t index, int type) {
  if (!INTERLEAVED(type)) return index;
  size_t within = index % (2 * LANES);
  return index - within + within % 2 * LANES + within / 2;
}

// ---- Decode ----

//
// Memory is read in the order of its addresses, one short loop at a time: that is what hardware prefetchers follow. With
// one head each row is finished before the next. With more, a tile of rows is asked for in order, then used: the rows
// side by side, read first by the arithmetic itself, came at half the rate, as did anything asked for further ahead.

/// Asks for the first lines of the next page when a run of bytes enters a page.
INLINE void FN(prime)(const char *from, size_t bytes) {
  if (((uintptr_t)from & 4095) >= bytes) return;
#pragma clang loop unroll(full)
  for (size_t line = 0; line < PRIMED; line++) PREFETCH(from + 4096 + 64 * line);
}

/// Asks for a run of bytes in order.
INLINE void FN(fetch)(const char *from, size_t bytes) {
  FN(prime)(from, bytes);
#pragma clang loop unroll(disable)
  for (size_t line = 0; line < bytes; line += 64) PREFETCH(from + line);
}

/// The logits of LANES tokens at a time for one query head.
INLINE void FN(dots_one)(
    const char *keys, size_t stride, size_t tokens, const float *query, size_t dim, int type, float *logits) {
  const size_t bytes = 2 * LANES * WIDTH_OF(type);
  const size_t whole = dim / (2 * LANES), rest = dim % (2 * LANES);
  for (size_t token = 0; token < tokens; token += LANES) {
    VF sums[LANES];
#pragma clang loop unroll(full)
    for (int t = 0; t < LANES; t++) {
      // Past the last token its row is read again: logits are padded to whole vectors.
      const char *row = keys + (token + t < tokens ? token + t : tokens - 1) * stride;
      VF a = {}, b = {};
      FN(prime)(row, stride);
#pragma clang loop unroll(disable)
      for (size_t chunk = 0; chunk < whole; chunk++) {
        FN(pair) key = FN(widen)(row + chunk * bytes, type);
        a = key.a * FN(load)(query + chunk * 2 * LANES) + a;
        b = key.b * FN(load)(query + chunk * 2 * LANES + LANES) + b;
      }
      if (rest) {
        FN(pair) key = FN(widen_part)(row + whole * bytes, type, rest);
        a = key.a * FN(load)(query + whole * 2 * LANES) + a;
        b = key.b * FN(load)(query + whole * 2 * LANES + LANES) + b;
      }
      sums[t] = a + b;
    }
    FN(store)(logits + token, FN(sums)(sums));
  }
}

/// The logits of `ROWS` tokens for `HEADS` query heads, ROWS x HEADS = LANES: a row of keys is read once for all heads.
INLINE void FN(dots)(
    const char *keys, size_t stride, size_t tokens, const float *queries, size_t query_stride, size_t dim, int type,
    bool first, float *logits, size_t logit_stride, const int HEADS) {
  const int ROWS = LANES / HEADS;
  const size_t bytes = 2 * LANES * WIDTH_OF(type);
  const size_t whole = dim / (2 * LANES), rest = dim % (2 * LANES);
  for (size_t token = 0; token < tokens; token += ROWS) {
    const char *row[LANES];
    // Past the last token its row is read again, and the logits left out below.
#pragma clang loop unroll(full)
    for (int t = 0; t < ROWS; t++) row[t] = keys + (token + t < tokens ? token + t : tokens - 1) * stride;
    if (first) FN(fetch)(row[0], (size_t)(row[ROWS - 1] - row[0]) + stride);
    VF sums[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) sums[i] = (VF){};
    for (size_t chunk = 0; chunk < whole; chunk++) {
#pragma clang loop unroll(full)
      for (int t = 0; t < ROWS; t++) {
        const char *from = row[t] + chunk * bytes;
        FN(pair) key = FN(widen)(from, type);
#pragma clang loop unroll(full)
        for (int h = 0; h < HEADS; h++) {
          const float *query = queries + h * query_stride + chunk * 2 * LANES;
          VF *sum = &sums[h * ROWS + t];
          *sum = key.a * FN(load)(query) + *sum;
          *sum = key.b * FN(load)(query + LANES) + *sum;
        }
      }
    }
    if (rest) {
      for (int t = 0; t < ROWS; t++) {
        FN(pair) key = FN(widen_part)(row[t] + whole * bytes, type, rest);
        for (int h = 0; h < HEADS; h++) {
          const float *query = queries + h * query_stride + whole * 2 * LANES;
          VF *sum = &sums[h * ROWS + t];
          *sum = key.a * FN(load)(query) + *sum;
          *sum = key.b * FN(load)(query + LANES) + *sum;
        }
      }
    }
    // Rows of logits are padded to whole vectors, so that a head's ROWS numbers may be written even past the last token.
    float found[LANES];
    FN(store)(found, FN(sums)(sums));
#pragma clang loop unroll(full)
    for (int h = 0; h < HEADS; h++) memcpy(logits + h * logit_stride + token, found + h * ROWS, ROWS * sizeof(float));
  }
}

/// Adds one head's weighted values of `ROWS` tokens.
INLINE void FN(add_rows_one)(
    const char *row, size_t stride, const float *weights, size_t dim, int type, float *sums, const int ROWS) {
  const size_t bytes = 2 * LANES * WIDTH_OF(type);
  const size_t whole = dim / (2 * LANES), rest = dim % (2 * LANES);
  FN(prime)(row, ROWS * stride);
  VF weight[2];
#pragma clang loop unroll(full)
  for (int t = 0; t < ROWS; t++) weight[t] = (VF){} + weights[t];
#pragma clang loop unroll(disable)
  for (size_t chunk = 0; chunk < whole; chunk++) {
    float *to = sums + chunk * 2 * LANES;
    VF a = FN(load)(to), b = FN(load)(to + LANES);
#pragma clang loop unroll(full)
    for (int t = 0; t < ROWS; t++) {
      FN(pair) value = FN(widen)(row + t * stride + chunk * bytes, type);
      a = value.a * weight[t] + a;
      b = value.b * weight[t] + b;
    }
    FN(store)(to, a);
    FN(store)(to + LANES, b);
  }
  if (!rest) return;
  float *to = sums + whole * 2 * LANES;
  VF a = FN(load)(to), b = FN(load)(to + LANES);
  for (int t = 0; t < ROWS; t++) {
    FN(pair) value = FN(widen_part)(row + t * stride + whole * bytes, type, rest);
    a = value.a * weight[t] + a;
    b = value.b * weight[t] + b;
  }
  FN(store)(to, a);
  FN(store)(to + LANES, b);
}

/// The weighted values of a block of tokens for one head: short rows two at a time, which halves the traffic of sums; long
/// ones one at a time, which keeps to the order of addresses.
INLINE void FN(add_values_one)(
    const char *values, size_t stride, size_t tokens, const float *weights, size_t dim, int type, float *sums) {
  const size_t rows = type == treeline_fp32 ? 1 : 2;
  size_t token = 0;
  for (; rows == 2 && token + 2 <= tokens; token += 2)
    FN(add_rows_one)(values + token * stride, stride, weights + token, dim, type, sums, 2);
  for (; token < tokens; token++)
    FN(add_rows_one)(values + token * stride, stride, weights + token, dim, type, sums, 1);
}

/// Adds `ROWS` tokens' weighted values to the sums of `HEADS` heads.
INLINE void FN(add_rows)(
    const char *values, size_t stride, const float *weights, size_t weight_stride, size_t dim, int type, bool first,
    float *sums, size_t sum_stride, const int HEADS, const int ROWS) {
  const size_t bytes = 2 * LANES * WIDTH_OF(type);
  const size_t whole = dim / (2 * LANES), rest = dim % (2 * LANES);
  VF weight[16];
#pragma clang loop unroll(full)
  for (int h = 0; h < HEADS; h++)
#pragma clang loop unroll(full)
    for (int t = 0; t < ROWS; t++) weight[h * ROWS + t] = (VF){} + weights[h * weight_stride + t];
  if (first) FN(fetch)(values, ROWS * stride);
  for (size_t chunk = 0; chunk < whole; chunk++) {
    VF a[4], b[4];
#pragma clang loop unroll(full)
    for (int h = 0; h < HEADS; h++) {
      a[h] = FN(load)(sums + h * sum_stride + chunk * 2 * LANES);
      b[h] = FN(load)(sums + h * sum_stride + chunk * 2 * LANES + LANES);
    }
#pragma clang loop unroll(full)
    for (int t = 0; t < ROWS; t++) {
      const char *from = values + t * stride + chunk * bytes;
      FN(pair) value = FN(widen)(from, type);
#pragma clang loop unroll(full)
      for (int h = 0; h < HEADS; h++) {
        a[h] = value.a * weight[h * ROWS + t] + a[h];
        b[h] = value.b * weight[h * ROWS + t] + b[h];
      }
    }
#pragma clang loop unroll(full)
    for (int h = 0; h < HEADS; h++) {
      FN(store)(sums + h * sum_stride + chunk * 2 * LANES, a[h]);
      FN(store)(sums + h * sum_stride + chunk * 2 * LANES + LANES, b[h]);
    }
  }
  if (!rest) return;
  for (int h = 0; h < HEADS; h++) {
    float *end = sums + h * sum_stride + whole * 2 * LANES;
    VF a = FN(load)(end), b = FN(load)(end + LANES);
    for (int t = 0; t < ROWS; t++) {
      FN(pair) value = FN(widen_part)(values + t * stride + whole * bytes, type, rest);
      a = value.a * weight[h * ROWS + t] + a;
      b = value.b * weight[h * ROWS + t] + b;
    }
    FN(store)(end, a);
    FN(store)(end + LANES, b);
  }
}

#define ADD_ROWS(HEADS, ROWS) \
  for (; token + ROWS <= tokens; token += ROWS) \
    FN(add_rows)(values + token * stride, stride, weights + token, weight_stride, dim, type, first, sums, sum_stride, \
        HEADS, ROWS)

/// The weighted values of a block of tokens for `HEADS` heads.
INLINE void FN(add_values)(
    const char *values, size_t stride, size_t tokens, const float *weights, size_t weight_stride, size_t dim, int type,
    bool first, float *sums, size_t sum_stride, const int HEADS) {
  size_t token = 0;
  if (HEADS == 2) {
    ADD_ROWS(2, 4);
    ADD_ROWS(2, 1);
  } else {
    ADD_ROWS(4, 4);
    ADD_ROWS(4, 1);
  }
}

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

/// A block of tokens for HEADS heads from `head` on.
#define DOTS(HEADS) \
  FN(dots)(keys, key_stride, tokens, queries + head * key_width, key_width, task->key_dim, type, head == 0, \
      logits + head * BLOCK, BLOCK, HEADS)
#define VALUES(HEADS) \
  FN(add_values)(values, value_stride, tokens, logits + head * BLOCK, BLOCK, task->value_dim, type, head == 0, \
      sums + head * value_width, value_width, HEADS)

#if LANES == 16
#define MOST_HEADS 4
#else
#define MOST_HEADS 2
#endif

INLINE void FN(decode_type)(const treeline_decode_task *task, char *scratch, const int type) {
  const size_t key_width = PADDED(task->key_dim), value_width = PADDED(task->value_dim);
  const size_t key_stride = task->key_dim * WIDTH_OF(type), value_stride = task->value_stride * WIDTH_OF(type);
  float *queries = (float *)scratch;
  float *sums = queries + task->heads * key_width;
  float *totals = sums + task->heads * value_width;
  float *logits = totals + task->heads * value_width;
  memset(scratch, 0, task->heads * (key_width + 2 * value_width) * sizeof(float));
  for (size_t head = 0; head < task->heads; head++) {
    for (size_t i = 0; i < task->key_dim; i++)
      queries[head * key_width + FN(place)(i, type)] = task->queries[head * task->key_dim + i];
    task->maxima[head] = -INFINITY;
    task->denominators[head] = 0;
  }
  for (size_t start = 0; start < task->tokens; start += BLOCK) {
    const size_t tokens = task->tokens - start < BLOCK ? task->tokens - start : BLOCK;
    const char *keys = (const char *)task->keys + start * key_stride;
    const char *values = (const char *)task->values + start * value_stride;
    size_t head = 0;
    for (; MOST_HEADS >= 4 && head + 4 <= task->heads; head += 4) DOTS(4);
    for (; head + 2 <= task->heads; head += 2) DOTS(2);
    if (head < task->heads)
      FN(dots_one)(keys, key_stride, tokens, queries + head * key_width, task->key_dim, type, logits + head * BLOCK);
    // The values of a block are summed on their own and then joined to the total: the error grows with the length of a
    // block and the number of blocks, not with their product.
    memset(sums, 0, task->heads * value_width * sizeof(float));
    float factors[16];
    for (size_t base = 0; base < task->heads; base += 16) {
      const size_t end = base + 16 < task->heads ? base + 16 : task->heads;
      for (head = base; head < end; head++)
        factors[head - base] =
            FN(weigh)(logits + head * BLOCK, tokens, &task->maxima[head], &task->denominators[head]);
      for (head = base; MOST_HEADS >= 4 && head + 4 <= end; head += 4) VALUES(4);
      for (; head + 2 <= end; head += 2) VALUES(2);
      if (head < end)
        FN(add_values_one)(values, value_stride, tokens, logits + head * BLOCK, task->value_dim, type,
            sums + head * value_width);
      for (head = base; head < end; head++) {
        const VF factor = (VF){} + factors[head - base];
        for (size_t i = head * value_width; i < (head + 1) * value_width; i += LANES)
          FN(store)(totals + i, FN(load)(totals + i) * factor + FN(load)(sums + i));
      }
    }
  }
  for (size_t head = 0; head < task->heads; head++)
    for (size_t i = 0; i < task->value_dim; i++)
      task->numerators[head * task->value_dim + i] = totals[head * value_width + FN(place)(i, type)];
}

void FN(decode)(const treeline_decode_task *task, void *scratch) {
  switch (task->type) {
  case treeline_fp32: FN(decode_type)(task, scratch, treeline_fp32); break;
  case treeline_bf16: FN(decode_type)(task, scratch, treeline_bf16); break;
  default: FN(decode_type)(task, scratch, treeline_fp16); break;
  }
}

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
