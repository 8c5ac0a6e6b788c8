// Decode, a block of tokens after the other. Included by kernel.h, once for each variant.

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
