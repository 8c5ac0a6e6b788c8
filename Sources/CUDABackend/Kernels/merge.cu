// Merges the partial states of splits, a row (a query head of a sequence) a block, by the online-softmax operator.
//
// States lie split by split, row by row: numerators, maximum, denominator, singles all. What becomes of the merged
// state is a kernel each. Shared memory holds a weight a split and a word a warp.
#include "softmax.cuh"

namespace treeline {

// The larger of all threads' values, or their sum, the same in every thread; `scratch` holds a word a warp.
template <bool sum> TREELINE_DEVICE float acrossBlock(float value, float *scratch) {
#pragma unroll
  for (int mask = 16; mask > 0; mask /= 2) {
    const float other = shuffleXor(value, mask);
    value = sum ? value + other : larger(value, other);
  }
  syncBlock();
  if (threadOfBlock() % 32 == 0) scratch[threadOfBlock() / 32] = value;
  syncBlock();
  float result = scratch[0];
  for (int warp = 1; warp < threadsOfBlock() / 32; ++warp) {
    result = sum ? result + scratch[warp] : larger(result, scratch[warp]);
  }
  return result;
}

// The merged state of a row: the sums by which its numerators come from those of the splits.
struct MergedRow {
  const float *states;
  long long stride;
  int splits;
  int dim;
  float *weights;
  float maximum;
  float denominator;

  // Joins the splits' states and one more, which is empty where its maximum is minus infinity and its denominator 0.
  TREELINE_DEVICE void merge(const float *allStates, int splitCount, int rows, int valueDim, float otherMaximum,
                             float otherDenominator) {
    dim = valueDim;
    splits = splitCount;
    states = allStates + static_cast<long long>(blockX()) * (dim + 2);
    stride = static_cast<long long>(rows) * (dim + 2);
    float *scratch = reinterpret_cast<float *>(sharedMemory());
    weights = scratch + 32;
    float joint = otherMaximum;
    for (int split = threadOfBlock(); split < splits; split += threadsOfBlock()) {
      joint = larger(joint, states[split * stride + dim]);
    }
    joint = acrossBlock<false>(joint, scratch);
    float sum = 0.0f;
    for (int split = threadOfBlock(); split < splits; split += threadsOfBlock()) {
      const float weight = mergeWeight(states[split * stride + dim], joint);
      weights[split] = weight;
      sum += weight * states[split * stride + dim + 1];
    }
    denominator = acrossBlock<true>(sum, scratch) + mergeWeight(otherMaximum, joint) * otherDenominator;
    maximum = denominator == denominator ? joint : notANumber();
  }

  TREELINE_DEVICE float numerator(int element) const {
    float sum = 0.0f;
#pragma unroll 4
    for (int split = 0; split < splits; ++split) sum += weights[split] * states[split * stride + element];
    return sum;
  }

  // Zero for no keys, NaN for a poisoned state.
  TREELINE_DEVICE float output(int element) const {
    return denominator == 0.0f ? 0.0f : numerator(element) / denominator;
  }

  TREELINE_DEVICE float logSumExp() const {
    return denominator == 0.0f ? -infinity() : maximum + logarithm(denominator);
  }
};

// What becomes of a merged row: the kernels' bodies.
template <class Format> struct Merge {
  using Number = typename Format::Storage;

  static TREELINE_DEVICE MergedRow row(const float *states, int splits, int rows, int dim) {
    MergedRow row;
    row.merge(states, splits, rows, dim, -infinity(), 0.0f);
    return row;
  }

  // Calls a function with this thread's elements of a row.
  template <class Body> static TREELINE_DEVICE void elements(int dim, Body body) {
    for (int element = threadOfBlock(); element < dim; element += threadsOfBlock()) body(element);
  }

  // Numerators, maximum, denominator a row.
  static TREELINE_DEVICE void state(const float *states, int splits, int rows, int dim, Number *target) {
    const MergedRow merged = row(states, splits, rows, dim);
    target += static_cast<long long>(blockX()) * (dim + 2);
    elements(dim, [&](int element) { Format::store(target + element, merged.numerator(element)); });
    if (threadOfBlock() != 0) return;
    Format::store(target + dim, merged.maximum);
    Format::store(target + dim + 1, merged.denominator);
  }

  // Outputs, a stride from row to row, and LSEs, unless null, likewise.
  static TREELINE_DEVICE void outputs(const float *states, int splits, int rows, int dim, Number *target, int stride,
                                      Number *lses, int lseStride) {
    const MergedRow merged = row(states, splits, rows, dim);
    target += static_cast<long long>(blockX()) * stride;
    elements(dim, [&](int element) { Format::store(target + element, merged.output(element)); });
    if (lses != nullptr && threadOfBlock() == 0) {
      Format::store(lses + static_cast<long long>(blockX()) * lseStride, merged.logSumExp());
    }
  }

  // A running state: numerators, and maxima then denominators of all rows. A fresh one is only written.
  static TREELINE_DEVICE void into(const float *states, int splits, int rows, int dim, Number *numerators,
                                   Number *scalars, bool fresh) {
    const float maximum = fresh ? -infinity() : Format::load(scalars + blockX());
    MergedRow merged;
    merged.merge(states, splits, rows, dim, maximum, fresh ? 0.0f : Format::load(scalars + rows + blockX()));
    const float weight = mergeWeight(maximum, merged.maximum);
    numerators += static_cast<long long>(blockX()) * dim;
    elements(dim, [&](int element) {
      const float own = fresh ? 0.0f : weight * Format::load(numerators + element);
      Format::store(numerators + element, merged.numerator(element) + own);
    });
    if (threadOfBlock() != 0) return;
    Format::store(scalars + blockX(), merged.maximum);
    Format::store(scalars + rows + blockX(), merged.denominator);
  }
};

} // namespace treeline

#define TREELINE_MERGE(suffix, Format)                                                                                 \
  TREELINE_KERNEL(merge_state_##suffix, 128, 1,                                                                        \
                  (const float *states, int splits, int rows, int dim, Format::Storage *target)) {                     \
    treeline::Merge<Format>::state(states, splits, rows, dim, target);                                                 \
  }                                                                                                                    \
  TREELINE_KERNEL(                                                                                                     \
      merge_lse_##suffix, 128, 1,                                                                                      \
      (const float *states, int splits, int rows, int dim, Format::Storage *outputs, Format::Storage *lses)) {         \
    treeline::Merge<Format>::outputs(states, splits, rows, dim, outputs, dim, lses, 1);                                \
  }                                                                                                                    \
  TREELINE_KERNEL(merge_packed_##suffix, 128, 1,                                                                       \
                  (const float *states, int splits, int rows, int dim, Format::Storage *target)) {                     \
    treeline::Merge<Format>::outputs(states, splits, rows, dim, target, dim + 1, target + dim, dim + 1);               \
  }                                                                                                                    \
  TREELINE_KERNEL(merge_output_##suffix, 128, 1,                                                                       \
                  (const float *states, int splits, int rows, int dim, Format::Storage *outputs)) {                    \
    treeline::Merge<Format>::outputs(states, splits, rows, dim, outputs, dim, nullptr, 0);                             \
  }                                                                                                                    \
  TREELINE_KERNEL(merge_into_##suffix, 128, 1,                                                                         \
                  (const float *states, int splits, int rows, int dim, Format::Storage *numerators,                    \
                   Format::Storage *scalars, int fresh)) {                                                             \
    treeline::Merge<Format>::into(states, splits, rows, dim, numerators, scalars, fresh != 0);                         \
  }

TREELINE_MERGE(fp32, treeline::Single)
TREELINE_MERGE(fp16, treeline::Half)
TREELINE_MERGE(bf16, treeline::BFloat16)
