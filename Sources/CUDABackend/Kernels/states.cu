// What the tree does with partial results between kernels of attention: the actions rescale, normalise and reduce.
//
// Rows are query heads of sequences. A row's scalars lie apart from its elements or after them, as strides say: packed
// results have both strides at the elements and scalars of a row together.
#include "softmax.cuh"

#define TREELINE_STATES(suffix, Format)                                                                                \
  /* n = o·e^(lse − m) and d = e^(lse − m), in place; a row a block. */                                                \
  TREELINE_KERNEL(rescale_##suffix, 128, 1,                                                                                      \
                  (Format::Storage *outputs, int outputStride, Format::Storage *lses, int lseStride,                   \
                   const Format::Storage *maxima, int dim)) {                                                          \
    const long long row = treeline::blockX();                                                                          \
    const float lse = Format::load(lses + row * lseStride);                                                            \
    const float factor = treeline::mergeWeight(lse, Format::load(maxima + row));                                       \
    for (int element = treeline::threadOfBlock(); element < dim; element += treeline::threadsOfBlock()) {              \
      Format::Storage *place = outputs + row * outputStride + element;                                                 \
      Format::store(place, Format::load(place) * factor);                                                              \
    }                                                                                                                  \
    treeline::syncBlock();                                                                                             \
    if (treeline::threadOfBlock() == 0) Format::store(lses + row * lseStride, factor);                                 \
  }                                                                                                                    \
  /* The online-softmax operator on packed states: target ← target ⊕ source; a row a block. */                         \
  TREELINE_KERNEL(reduce_softmax_##suffix, 128, 1, (Format::Storage *target, const Format::Storage *source, int dim)) {          \
    target += static_cast<long long>(treeline::blockX()) * (dim + 2);                                                  \
    source += static_cast<long long>(treeline::blockX()) * (dim + 2);                                                  \
    const float own = Format::load(target + dim), other = Format::load(source + dim);                                  \
    const float joint = treeline::larger(own, other);                                                                  \
    const float ownWeight = treeline::mergeWeight(own, joint), otherWeight = treeline::mergeWeight(other, joint);      \
    const float denominator =                                                                                          \
        ownWeight * Format::load(target + dim + 1) + otherWeight * Format::load(source + dim + 1);                     \
    for (int element = treeline::threadOfBlock(); element < dim; element += treeline::threadsOfBlock()) {              \
      Format::store(target + element,                                                                                  \
                    ownWeight * Format::load(target + element) + otherWeight * Format::load(source + element));        \
    }                                                                                                                  \
    treeline::syncBlock();                                                                                             \
    if (treeline::threadOfBlock() == 0) {                                                                              \
      Format::store(target + dim, denominator == denominator ? joint : treeline::notANumber());                        \
      Format::store(target + dim + 1, denominator);                                                                    \
    }                                                                                                                  \
  }                                                                                                                    \
  /* target ← the larger of target and source, or their sum, element by element; a grid-stride loop. */                \
  TREELINE_KERNEL(reduce_max_##suffix, 256, 1, (Format::Storage *target, const Format::Storage *source, long long count)) {      \
    const long long step = static_cast<long long>(treeline::blocksX()) * treeline::threadsOfBlock();                   \
    for (long long place = static_cast<long long>(treeline::blockX()) * treeline::threadsOfBlock() +                   \
                           treeline::threadOfBlock();                                                                  \
         place < count; place += step) {                                                                               \
      Format::store(target + place, treeline::larger(Format::load(target + place), Format::load(source + place)));     \
    }                                                                                                                  \
  }                                                                                                                    \
  TREELINE_KERNEL(reduce_sum_##suffix, 256, 1, (Format::Storage *target, const Format::Storage *source, long long count)) {      \
    const long long step = static_cast<long long>(treeline::blocksX()) * treeline::threadsOfBlock();                   \
    for (long long place = static_cast<long long>(treeline::blockX()) * treeline::threadsOfBlock() +                   \
                           treeline::threadOfBlock();                                                                  \
         place < count; place += step) {                                                                               \
      Format::store(target + place, Format::load(target + place) + Format::load(source + place));                      \
    }                                                                                                                  \
  }                                                                                                                    \
  /* The scalar of every row, from after its elements: the LSEs of packed outputs; a grid-stride loop. */              \
  TREELINE_KERNEL(extract_scalars_##suffix, 128, 1,                                                                              \
                  (const Format::Storage *packed, Format::Storage *scalars, int rows, int dim, int stride)) {          \
    for (int row = treeline::blockX() * treeline::threadsOfBlock() + treeline::threadOfBlock(); row < rows;            \
         row += treeline::blocksX() * treeline::threadsOfBlock()) {                                                    \
      scalars[row] = packed[static_cast<long long>(row) * stride + dim];                                               \
    }                                                                                                                  \
  }

TREELINE_STATES(fp32, treeline::Single)
TREELINE_STATES(fp16, treeline::Half)
TREELINE_STATES(bf16, treeline::BFloat16)

// z = n/d, 0 where d is not positive, but NaN where it is NaN; a row a block.
#define TREELINE_NORMALISE(name, From, To)                                                                             \
  TREELINE_KERNEL(name, 128, 1,                                                                                                  \
                  (const From::Storage *numerators, int numeratorStride, const From::Storage *denominators,            \
                   int denominatorStride, To::Storage *outputs, int dim)) {                                            \
    const long long row = treeline::blockX();                                                                          \
    const float denominator = From::load(denominators + row * denominatorStride);                                      \
    for (int element = treeline::threadOfBlock(); element < dim; element += treeline::threadsOfBlock()) {              \
      const float numerator = From::load(numerators + row * numeratorStride + element);                                \
      To::store(outputs + row * dim + element, denominator <= 0.0f ? 0.0f : numerator / denominator);                  \
    }                                                                                                                  \
  }

TREELINE_NORMALISE(normalise_fp32_fp32, treeline::Single, treeline::Single)
TREELINE_NORMALISE(normalise_fp32_fp16, treeline::Single, treeline::Half)
TREELINE_NORMALISE(normalise_fp32_bf16, treeline::Single, treeline::BFloat16)
TREELINE_NORMALISE(normalise_fp16_fp16, treeline::Half, treeline::Half)
TREELINE_NORMALISE(normalise_bf16_bf16, treeline::BFloat16, treeline::BFloat16)

// The same numbers in another format; a grid-stride loop.
#define TREELINE_CONVERT(name, From, To)                                                                               \
  TREELINE_KERNEL(name, 256, 1, (const From::Storage *source, To::Storage *target, long long count)) {                           \
    const long long step = static_cast<long long>(treeline::blocksX()) * treeline::threadsOfBlock();                   \
    for (long long place = static_cast<long long>(treeline::blockX()) * treeline::threadsOfBlock() +                   \
                           treeline::threadOfBlock();                                                                  \
         place < count; place += step) {                                                                               \
      To::store(target + place, From::load(source + place));                                                           \
    }                                                                                                                  \
  }

TREELINE_CONVERT(convert_fp32_fp16, treeline::Single, treeline::Half)
TREELINE_CONVERT(convert_fp32_bf16, treeline::Single, treeline::BFloat16)
TREELINE_CONVERT(convert_fp16_fp32, treeline::Half, treeline::Single)
TREELINE_CONVERT(convert_bf16_fp32, treeline::BFloat16, treeline::Single)
