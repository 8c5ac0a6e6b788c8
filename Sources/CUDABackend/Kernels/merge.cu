// Merges the partial states of splits, a row (a query head of a sequence) a block, by the online-softmax operator.
//
// States lie split by split, row by row: numerators, maximum, denominator, singles all. What becomes of the merged state
// is a kernel each. Shared memory holds a weight a split and a word a warp.
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

// A target row of outputs, with so many elements to the next.
template <class Format>
TREELINE_DEVICE void storeOutput(const MergedRow &row, typename Format::Storage *target, int stride) {
  for (int element = threadOfBlock(); element < row.dim; element += threadsOfBlock()) {
    Format::store(target + static_cast<long long>(blockX()) * stride + element, row.output(element));
  }
}

} // namespace treeline

#define TREELINE_MERGE(suffix, Format)                                                                                 \
  /* The packed state a row: numerators, maximum, denominator. */                                                      \
  TREELINE_KERNEL(merge_state_##suffix, 128, 1, (const float *states, int splits, int rows, int dim, Format::Storage *target)) {   \
    treeline::MergedRow row;                                                                                           \
    row.merge(states, splits, rows, dim, -treeline::infinity(), 0.0f);                                                 \
    target += static_cast<long long>(treeline::blockX()) * (dim + 2);                                                  \
    for (int element = treeline::threadOfBlock(); element < dim; element += treeline::threadsOfBlock()) {              \
      Format::store(target + element, row.numerator(element));                                                         \
    }                                                                                                                  \
    if (treeline::threadOfBlock() == 0) {                                                                              \
      Format::store(target + dim, row.maximum);                                                                        \
      Format::store(target + dim + 1, row.denominator);                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  /* Outputs and LSEs apart. */                                                                                        \
  TREELINE_KERNEL(merge_lse_##suffix, 128, 1,                                                                                    \
                  (const float *states, int splits, int rows, int dim, Format::Storage *outputs,                       \
                   Format::Storage *lses)) {                                                                           \
    treeline::MergedRow row;                                                                                           \
    row.merge(states, splits, rows, dim, -treeline::infinity(), 0.0f);                                                 \
    treeline::storeOutput<Format>(row, outputs, dim);                                                                  \
    if (treeline::threadOfBlock() == 0) Format::store(lses + treeline::blockX(), row.logSumExp());                     \
  }                                                                                                                    \
  /* The output a row, then its LSE. */                                                                                \
  TREELINE_KERNEL(merge_packed_##suffix, 128, 1,                                                                                 \
                  (const float *states, int splits, int rows, int dim, Format::Storage *target)) {                     \
    treeline::MergedRow row;                                                                                           \
    row.merge(states, splits, rows, dim, -treeline::infinity(), 0.0f);                                                 \
    treeline::storeOutput<Format>(row, target, dim + 1);                                                               \
    if (treeline::threadOfBlock() == 0) {                                                                              \
      Format::store(target + static_cast<long long>(treeline::blockX()) * (dim + 1) + dim, row.logSumExp());           \
    }                                                                                                                  \
  }                                                                                                                    \
  /* Outputs alone. */                                                                                                 \
  TREELINE_KERNEL(merge_output_##suffix, 128, 1,                                                                                 \
                  (const float *states, int splits, int rows, int dim, Format::Storage *outputs)) {                    \
    treeline::MergedRow row;                                                                                           \
    row.merge(states, splits, rows, dim, -treeline::infinity(), 0.0f);                                                 \
    treeline::storeOutput<Format>(row, outputs, dim);                                                                  \
  }                                                                                                                    \
  /* Folds the splits into a running state: numerators, and maxima then denominators of all rows. A fresh one is only  \
     written. */                                                                                                       \
  TREELINE_KERNEL(merge_into_##suffix, 128, 1,                                                                                   \
                  (const float *states, int splits, int rows, int dim, Format::Storage *numerators,                    \
                   Format::Storage *scalars, int fresh)) {                                                             \
    const int place = treeline::blockX();                                                                              \
    const float maximum = fresh ? -treeline::infinity() : Format::load(scalars + place);                               \
    treeline::MergedRow row;                                                                                           \
    row.merge(states, splits, rows, dim, maximum, fresh ? 0.0f : Format::load(scalars + rows + place));                \
    const float weight = treeline::mergeWeight(maximum, row.maximum);                                                  \
    numerators += static_cast<long long>(place) * dim;                                                                 \
    for (int element = treeline::threadOfBlock(); element < dim; element += treeline::threadsOfBlock()) {              \
      const float own = fresh ? 0.0f : weight * Format::load(numerators + element);                                    \
      Format::store(numerators + element, row.numerator(element) + own);                                               \
    }                                                                                                                  \
    if (treeline::threadOfBlock() == 0) {                                                                              \
      Format::store(scalars + place, row.maximum);                                                                     \
      Format::store(scalars + rows + place, row.denominator);                                                          \
    }                                                                                                                  \
  }

TREELINE_MERGE(fp32, treeline::Single)
TREELINE_MERGE(fp16, treeline::Half)
TREELINE_MERGE(bf16, treeline::BFloat16)
