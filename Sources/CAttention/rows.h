// Logits and weighted values of a block of tokens. Included by kernel.h, once for each variant.

// Memory is read in the order of its addresses, one short loop at a time: that is what hardware prefetchers follow.
// With one head each row is finished before the next. With more, a tile of rows is asked for in order, then used: rows
// side by side, read first by the arithmetic itself, came more slowly, as did what was asked for further ahead.

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
