// What the tree does with partial results between kernels of attention: the actions rescale, normalise and reduce.
//
// Rows are query heads of sequences. A row's scalars lie apart from its elements or after them, as strides say: packed
// results have both strides at the elements and scalars of a row together.
#include "softmax.cuh"

namespace treeline {

// Calls a function with this thread's places of a grid-stride loop.
template <class Body> TREELINE_DEVICE void gridStride(long long count, Body body) {
  const long long step = static_cast<long long>(blocksX()) * threadsOfBlock();
  for (long long place = static_cast<long long>(blockX()) * threadsOfBlock() + threadOfBlock(); place < count;
       place += step) {
    body(place);
  }
}

template <class Format> struct States {
  using Number = typename Format::Storage;

  // n = o·e^(lse − m) and d = e^(lse − m), in place; a row a block.
  static TREELINE_DEVICE void rescale(Number *outputs, int outputStride, Number *lses, int lseStride,
                                      const Number *maxima, int dim) {
    const long long row = blockX();
    const float factor = mergeWeight(Format::load(lses + row * lseStride), Format::load(maxima + row));
    outputs += row * outputStride;
    for (int element = threadOfBlock(); element < dim; element += threadsOfBlock()) {
      Format::store(outputs + element, Format::load(outputs + element) * factor);
    }
    // All have read the LSE.
    syncBlock();
    if (threadOfBlock() == 0) Format::store(lses + row * lseStride, factor);
  }

  // The online-softmax operator on packed states: target ← target ⊕ source; a row a block.
  static TREELINE_DEVICE void reduceSoftmax(Number *target, const Number *source, int dim) {
    target += static_cast<long long>(blockX()) * (dim + 2);
    source += static_cast<long long>(blockX()) * (dim + 2);
    const float own = Format::load(target + dim), other = Format::load(source + dim);
    const float joint = larger(own, other);
    const float ownWeight = mergeWeight(own, joint), otherWeight = mergeWeight(other, joint);
    const float denominator = ownWeight * Format::load(target + dim + 1) + otherWeight * Format::load(source + dim + 1);
    for (int element = threadOfBlock(); element < dim; element += threadsOfBlock()) {
      Format::store(target + element,
                    ownWeight * Format::load(target + element) + otherWeight * Format::load(source + element));
    }
    // All have read the scalars.
    syncBlock();
    if (threadOfBlock() != 0) return;
    Format::store(target + dim, denominator == denominator ? joint : notANumber());
    Format::store(target + dim + 1, denominator);
  }

  // target ← function(target, source), element by element: 16 bytes at a time where both are so aligned.
  template <class Function>
  static TREELINE_DEVICE void reduce(Number *target, const Number *source, long long count, Function function) {
    constexpr int perUnit = 16 / sizeof(Number);
    const auto alignment = reinterpret_cast<unsigned long long>(target) | reinterpret_cast<unsigned long long>(source);
    const long long units = alignment % 16 == 0 ? count / perUnit : 0;
    gridStride(units, [&](long long unit) {
      const Words4 own = load16(target + unit * perUnit), other = loadOnce(source + unit * perUnit);
      Words4 result;
#pragma unroll
      for (int word = 0; word < 4; ++word) {
        result.word[word] = Format::combine(own.word[word], other.word[word], function);
      }
      store16(target + unit * perUnit, result);
    });
    gridStride(count - units * perUnit, [&](long long rest) {
      const long long place = units * perUnit + rest;
      Format::store(target + place, function(Format::load(target + place), Format::load(source + place)));
    });
  }

  static TREELINE_DEVICE void reduceMaximum(Number *target, const Number *source, long long count) {
    reduce(target, source, count, [](float a, float b) { return larger(a, b); });
  }

  static TREELINE_DEVICE void reduceSum(Number *target, const Number *source, long long count) {
    reduce(target, source, count, [](float a, float b) { return a + b; });
  }

  // The scalar after the elements of every row, as the LSEs of packed outputs.
  static TREELINE_DEVICE void extractScalars(const Number *packed, Number *scalars, int rows, int dim, int stride) {
    gridStride(rows, [&](long long row) { scalars[row] = packed[row * stride + dim]; });
  }

  // z = n/d, 0 where d is not positive, but NaN where it is NaN; a row a block.
  template <class Target>
  static TREELINE_DEVICE void normalise(const Number *numerators, int numeratorStride, const Number *denominators,
                                        int denominatorStride, typename Target::Storage *outputs, int dim) {
    const long long row = blockX();
    const float denominator = Format::load(denominators + row * denominatorStride);
    for (int element = threadOfBlock(); element < dim; element += threadsOfBlock()) {
      const float numerator = Format::load(numerators + row * numeratorStride + element);
      Target::store(outputs + row * dim + element, denominator <= 0.0f ? 0.0f : numerator / denominator);
    }
  }

  // The same numbers in another format.
  template <class Target>
  static TREELINE_DEVICE void convert(const Number *source, typename Target::Storage *target, long long count) {
    gridStride(count, [&](long long place) { Target::store(target + place, Format::load(source + place)); });
  }
};

} // namespace treeline

#define TREELINE_STATES(suffix, Format)                                                                                \
  TREELINE_KERNEL(rescale_##suffix, 128, 1,                                                                            \
                  (Format::Storage * outputs, int outputStride, Format::Storage *lses, int lseStride,                  \
                   const Format::Storage *maxima, int dim)) {                                                          \
    treeline::States<Format>::rescale(outputs, outputStride, lses, lseStride, maxima, dim);                            \
  }                                                                                                                    \
  TREELINE_KERNEL(reduce_softmax_##suffix, 128, 1,                                                                     \
                  (Format::Storage * target, const Format::Storage *source, int dim)) {                                \
    treeline::States<Format>::reduceSoftmax(target, source, dim);                                                      \
  }                                                                                                                    \
  TREELINE_KERNEL(reduce_max_##suffix, 256, 1,                                                                         \
                  (Format::Storage * target, const Format::Storage *source, long long count)) {                        \
    treeline::States<Format>::reduceMaximum(target, source, count);                                                    \
  }                                                                                                                    \
  TREELINE_KERNEL(reduce_sum_##suffix, 256, 1,                                                                         \
                  (Format::Storage * target, const Format::Storage *source, long long count)) {                        \
    treeline::States<Format>::reduceSum(target, source, count);                                                        \
  }                                                                                                                    \
  TREELINE_KERNEL(extract_scalars_##suffix, 128, 1,                                                                    \
                  (const Format::Storage *packed, Format::Storage *scalars, int rows, int dim, int stride)) {          \
    treeline::States<Format>::extractScalars(packed, scalars, rows, dim, stride);                                      \
  }

TREELINE_STATES(fp32, treeline::Single)
TREELINE_STATES(fp16, treeline::Half)
TREELINE_STATES(bf16, treeline::BFloat16)

#define TREELINE_NORMALISE(name, From, To)                                                                             \
  TREELINE_KERNEL(name, 128, 1,                                                                                        \
                  (const From::Storage *numerators, int numeratorStride, const From::Storage *denominators,            \
                   int denominatorStride, To::Storage *outputs, int dim)) {                                            \
    treeline::States<From>::normalise<To>(numerators, numeratorStride, denominators, denominatorStride, outputs, dim); \
  }

TREELINE_NORMALISE(normalise_fp32_fp32, treeline::Single, treeline::Single)
TREELINE_NORMALISE(normalise_fp32_fp16, treeline::Single, treeline::Half)
TREELINE_NORMALISE(normalise_fp32_bf16, treeline::Single, treeline::BFloat16)
TREELINE_NORMALISE(normalise_fp16_fp16, treeline::Half, treeline::Half)
TREELINE_NORMALISE(normalise_bf16_bf16, treeline::BFloat16, treeline::BFloat16)

#define TREELINE_CONVERT(name, From, To)                                                                               \
  TREELINE_KERNEL(name, 256, 1, (const From::Storage *source, To::Storage *target, long long count)) {                 \
    treeline::States<From>::convert<To>(source, target, count);                                                        \
  }

TREELINE_CONVERT(convert_fp32_fp16, treeline::Single, treeline::Half)
TREELINE_CONVERT(convert_fp32_bf16, treeline::Single, treeline::BFloat16)
TREELINE_CONVERT(convert_fp16_fp32, treeline::Half, treeline::Single)
TREELINE_CONVERT(convert_bf16_fp32, treeline::BFloat16, treeline::Single)
