// Sets the portable variant beside plain loops in double precision: run on another architecture, such as AArch64 in an
// emulator, it says whether the loops are right there. Prints what it compared and exits with 1 at a miss.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CAttention.h"

static const double u = 0x1p-24;
static uint64_t state = 1;
static long compared, missed;
static double closest;

/// A number from -1 up to 1.
static float draw(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (float)(int32_t)(state >> 32) * 0x1p-31f;
}

/// Counts a distance against its bound; NaN is a miss.
static void see(const char *what, double distance, double bound, long place) {
  compared++;
  if (distance <= bound) {
    if (bound > 0 && distance / bound > closest) closest = distance / bound;
    return;
  }
  if (missed++ < 10) printf("MISS %s at %ld: %g, expected at most %g\n", what, place, distance, bound);
}

/// A number that bf16 or fp16 bits stand for, by arithmetic alone.
static double number_of(uint16_t bits, int type) {
  if (type == treeline_bf16) {
    uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, 4);
    return value;
  }
  double sign = bits & 0x8000 ? -1 : 1;
  int exponent = bits >> 10 & 31, significand = bits & 1023;
  if (exponent == 31) return significand ? NAN : sign * INFINITY;
  return sign * (exponent ? ldexp(1024 + significand, exponent - 25) : ldexp(significand, -24));
}

static void widening(void) {
  uint16_t *bits = malloc(65536 * sizeof *bits);
  float *found = malloc(65536 * sizeof *found);
  for (int i = 0; i < 65536; i++) bits[i] = (uint16_t)i;
  for (int type = treeline_bf16; type <= treeline_fp16; type++) {
    treeline_widen(treeline_variant_portable, type, bits, found, 65536);
    for (int i = 0; i < 65536; i++) {
      double expected = number_of(bits[i], type);
      // The same number, the sign of zero included; NaN for NaN.
      int same = isnan(expected) ? isnan(found[i]) : found[i] == expected && !signbit(found[i]) == !signbit(expected);
      see(type == treeline_bf16 ? "bf16" : "fp16", same ? 0 : 1, 0, i);
    }
  }
  free(bits);
  free(found);
}

static void exponential(void) {
  enum { COUNT = 200003 };
  float *numbers = malloc(COUNT * sizeof *numbers), *found = malloc(COUNT * sizeof *found);
  for (int i = 0; i < COUNT; i++) numbers[i] = draw() * 96 - 8;
  treeline_exp(treeline_variant_portable, numbers, found, COUNT);
  for (int i = 0; i < COUNT; i++) {
    double exact = exp(numbers[i]);
    float nearest = (float)exact;
    double unit = (double)nextafterf(nearest, INFINITY) - nearest;
    see("exponential", fabs(found[i] - exact) / unit, 1.1, i);
  }
  const float ends[5] = {-INFINITY, -1000, 0, INFINITY, NAN};
  treeline_exp(treeline_variant_portable, ends, found, 5);
  see("exponential's ends", found[0] == 0 && found[1] == 0 && found[2] == 1 && isinf(found[3]) && isnan(found[4]) ? 0 : 1,
      0, 0);
  free(numbers);
  free(found);
}

/// Fills a cache with numbers of a format, and says what they are.
static void *cache(size_t count, int type, double *numbers) {
  void *bytes = malloc(count * 4 + 64);
  for (size_t i = 0; i < count; i++) {
    float value = draw();
    uint32_t word;
    memcpy(&word, &value, 4);
    if (type == treeline_fp32) {
      ((float *)bytes)[i] = value;
      numbers[i] = value;
    } else {
      // Any bits of moderate numbers will do.
      uint16_t bits = type == treeline_bf16 ? (uint16_t)(word >> 16) : (uint16_t)((word >> 16 & 0x8000) | (word >> 8 & 0x3BFF));
      ((uint16_t *)bytes)[i] = bits;
      numbers[i] = number_of(bits, type);
    }
  }
  return bytes;
}

/// One decode step beside plain attention; the bound is that of FastErrorBound.
static void decode(int type, size_t heads, size_t tokens, size_t key_dim, size_t value_dim, int shares) {
  double *keys = calloc(tokens * key_dim, sizeof *keys), *own = calloc(tokens * value_dim, sizeof *own);
  void *key_bytes = cache(tokens * key_dim, type, keys);
  void *value_bytes = shares ? key_bytes : cache(tokens * value_dim, type, own);
  double *values = shares ? keys : own;
  const size_t stride = shares ? key_dim : value_dim;
  float *queries = malloc(heads * key_dim * sizeof *queries);
  for (size_t i = 0; i < heads * key_dim; i++) queries[i] = draw() * 6 / sqrtf((float)key_dim);
  float *maxima = malloc(heads * sizeof *maxima), *sums = malloc(heads * sizeof *sums);
  float *numerators = malloc(heads * value_dim * sizeof *numerators);
  treeline_decode_task task = {type, heads, tokens, key_dim, value_dim, stride, queries, key_bytes, value_bytes, maxima,
                               sums, numerators};
  void *scratch = aligned_alloc(64, (treeline_decode_scratch(heads, key_dim, value_dim) + 63) / 64 * 64);
  treeline_decode(treeline_variant_portable, &task, scratch);
  double *weights = malloc(tokens * sizeof *weights);
  for (size_t head = 0; head < heads; head++) {
    double most = -INFINITY, product = 0, denominator = 0, largest = 0;
    for (size_t t = 0; t < tokens; t++) {
      double logit = 0, magnitude = 0;
      for (size_t i = 0; i < key_dim; i++) {
        double term = (double)queries[head * key_dim + i] * keys[t * key_dim + i];
        logit += term;
        magnitude += fabs(term);
      }
      weights[t] = logit;
      most = fmax(most, logit);
      product = fmax(product, magnitude);
      for (size_t i = 0; i < value_dim; i++) largest = fmax(largest, fabs(values[t * stride + i]));
    }
    for (size_t t = 0; t < tokens; t++) denominator += weights[t] = exp(weights[t] - most);
    double blocks = ceil(tokens / 128.0), depth = 2 * ceil(key_dim / 8.0) + 4;
    double theta = u * ((depth + 4) * product + 2.2 * (1 + blocks) + fmin(128, tokens) + 2 * blocks + 1);
    see("log-sum-exp", fabs(maxima[head] + log(sums[head]) - (most + log(denominator))), theta + u * fabs(most), head);
    for (size_t i = 0; i < value_dim; i++) {
      double exact = 0;
      for (size_t t = 0; t < tokens; t++) exact += weights[t] * values[t * stride + i];
      double found = (double)numerators[head * value_dim + i] / sums[head];
      see("output", fabs(found - exact / denominator), expm1(2 * theta) * largest + u * largest, (long)(head * value_dim + i));
    }
  }
  free(keys), free(own), free(key_bytes), free(queries), free(maxima), free(sums), free(numerators), free(scratch), free(weights);
  if (!shares) free(value_bytes);
}

/// A block of prefill's softmax, causal, over rows whose ends no vector meets.
static void softmax(size_t rows, size_t columns, ptrdiff_t visible) {
  const size_t stride = (columns + 31) / 32 * 32, width = 5;
  float *logits = malloc(rows * stride * sizeof *logits), *maxima = malloc(rows * sizeof *maxima);
  float *sums = malloc(rows * sizeof *sums), *numerators = malloc(rows * width * sizeof *numerators);
  double *before = malloc(rows * stride * sizeof *before);
  for (size_t i = 0; i < rows * stride; i++) before[i] = logits[i] = draw() * 8;
  for (size_t row = 0; row < rows; row++) maxima[row] = 1, sums[row] = 2;
  for (size_t i = 0; i < rows * width; i++) numerators[i] = 3;
  treeline_softmax_block block = {rows, columns, stride, visible, 1, logits, maxima, sums, numerators, width};
  treeline_softmax(treeline_variant_portable, &block);
  for (size_t row = 0; row < rows; row++) {
    ptrdiff_t sees = visible + (ptrdiff_t)row;
    size_t seen = sees < 0 ? 0 : (size_t)sees < columns ? (size_t)sees : columns;
    double most = 1;
    for (size_t i = 0; i < seen; i++) most = fmax(most, before[row * stride + i]);
    double denominator = 2 * exp(1 - most);
    for (size_t i = 0; i < columns; i++) {
      double weight = i < seen ? exp(before[row * stride + i] - most) : 0;
      denominator += weight;
      see("weight", fabs(logits[row * stride + i] - weight), (16 + 2.2) * u * weight, (long)i);
    }
    see("maximum", fabs(maxima[row] - most), 0, (long)row);
    see("denominator", fabs(sums[row] - denominator), ((double)seen + 20) * u * denominator, (long)row);
    for (size_t i = 0; i < width; i++)
      see("numerator", fabs(numerators[row * width + i] - 3 * exp(1 - most)), 20 * u * 3 * exp(1 - most), (long)row);
  }
  free(logits), free(maxima), free(sums), free(numerators), free(before);
}

/// What is masked adds nothing, what is no number shows.
static void special(void) {
  float keys[300], values[300], query = 1, maximum, sum, numerator;
  treeline_decode_task task = {treeline_fp32, 1, 300, 1, 1, 1, &query, keys, values, &maximum, &sum, &numerator};
  void *scratch = aligned_alloc(64, (treeline_decode_scratch(1, 1, 1) + 63) / 64 * 64);
  for (int place = 0; place < 300; place += 23) {
    for (int i = 0; i < 300; i++) keys[i] = -INFINITY, values[i] = (float)i;
    keys[place] = 3;
    treeline_decode(treeline_variant_portable, &task, scratch);
    see("masked", maximum == 3 && sum == 1 && numerator == (float)place ? 0 : 1, 0, place);
    keys[place] = NAN;
    treeline_decode(treeline_variant_portable, &task, scratch);
    see("not a number", isnan(maximum) && isnan(sum) ? 0 : 1, 0, place);
  }
  free(scratch);
}

int main(void) {
  widening();
  exponential();
  const size_t dims[] = {1, 7, 16, 31, 64, 128};
  const size_t tokens[] = {1, 3, 128, 131, 300};
  const size_t heads[] = {1, 2, 3, 5, 8};
  for (int type = treeline_fp32; type <= treeline_fp16; type++)
    for (int d = 0; d < 6; d++)
      for (int t = 0; t < 5; t++)
        for (int h = 0; h < 5; h++) {
          decode(type, heads[h], tokens[t], dims[d], dims[(d + 2) % 6], 0);
          decode(type, heads[h], tokens[t], dims[d] + 9, dims[d], 1);
        }
  for (ptrdiff_t visible = -3; visible < 70; visible += 9) softmax(13, 61, visible);
  special();
  printf("%ld comparisons, %ld misses, the closest at %.2g of its bound\n", compared, missed, closest);
  return missed != 0;
}
