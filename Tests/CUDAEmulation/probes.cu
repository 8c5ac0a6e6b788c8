// Kernels that only tests launch: what the instructions themselves do.
#include <formats.cuh>

using namespace treeline;

// The numbers of E4M3 with every bit pattern, as bfloat16, and the bits of NaN; a warp.
TREELINE_KERNEL(probe_widen, 32, 1, (const unsigned *numbers, unsigned *pairs, unsigned *nans)) {
  for (int word = threadOfBlock(); word < 64; word += 32) {
    unsigned widened[2];
    widenE4M3(numbers[word], widened);
    nans[word] = containsNaN(numbers[word]);
    pairs[2 * word] = widened[0];
    pairs[2 * word + 1] = widened[1];
  }
}

// Singles rounded in pairs, and halves widened; a block.
TREELINE_KERNEL(probe_round, 32, 1, (const float *numbers, unsigned *halves, unsigned *bfloats, int pairs)) {
  for (int pair = threadOfBlock(); pair < pairs; pair += 32) {
    halves[pair] = packHalf(numbers[2 * pair], numbers[2 * pair + 1]);
    bfloats[pair] = packBFloat16(numbers[2 * pair], numbers[2 * pair + 1]);
  }
}

// c += a·b for a of 16 × 16, b of 16 × 8, both by rows, through ldmatrix: a as it lies, b transposed.
template <class Format> TREELINE_DEVICE void multiply(const void *a, const void *b, float *c) {
  unsigned char *shared = sharedMemory();
  const int lane = threadOfBlock();
  copyAsync<16>(shared + lane * 16, static_cast<const Words4 *>(a) + lane, true);
  copyAsync<16>(shared + 512 + lane * 16, static_cast<const Words4 *>(b) + lane % 16, lane < 16);
  commitCopies();
  waitForCopies<0>();
  syncWarp();
  unsigned left[4], right[4];
  // Rows 0–7 and 8–15 of the first eight columns, then of the last.
  loadMatrices(left, shared + lane % 16 * 32 + lane / 16 * 16);
  loadTransposedMatrices(right, shared + 512 + lane * 16);
  float sums[4];
  for (int element = 0; element < 4; ++element) {
    sums[element] = c[(lane / 4 + element / 2 * 8) * 8 + lane % 4 * 2 + element % 2];
  }
  Format::multiply(sums, left, right[0], right[1]);
  for (int element = 0; element < 4; ++element) {
    c[(lane / 4 + element / 2 * 8) * 8 + lane % 4 * 2 + element % 2] = sums[element];
  }
}

TREELINE_KERNEL(probe_multiply_fp16, 32, 1, (const void *a, const void *b, float *c)) { multiply<Half>(a, b, c); }
TREELINE_KERNEL(probe_multiply_bf16, 32, 1, (const void *a, const void *b, float *c)) { multiply<BFloat16>(a, b, c); }

// Neighbours' words through shared memory, with the warp's barrier or without it.
TREELINE_KERNEL(probe_neighbours, 32, 1, (const unsigned *source, unsigned *target, int synchronised)) {
  auto *shared = reinterpret_cast<unsigned *>(sharedMemory());
  shared[threadOfBlock()] = source[threadOfBlock()];
  if (synchronised) syncWarp();
  target[threadOfBlock()] = shared[(threadOfBlock() + 1) % 32];
}
