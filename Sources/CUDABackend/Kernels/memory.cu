// Plain traffic: what memory, a peer's memory and a launch cost by themselves. 16 bytes an access, four in flight a
// thread; every buffer is aligned to 16 bytes, and counts are in units of 16 bytes.
#include "formats.cuh"

namespace treeline {

constexpr int inFlight = 4;

// Calls a function with the places of a block-strided loop, `inFlight` of them at a time where so many are left.
template <class Body> TREELINE_DEVICE void strided(long long count, Body body) {
  const long long tile = static_cast<long long>(threadsOfBlock()) * inFlight;
  for (long long start = blockX() * tile; start < count; start += blocksX() * tile) {
    body(start + threadOfBlock(), start + tile <= count);
  }
}

} // namespace treeline

// Reads everything; a block writes the exclusive or of its words, so that nothing can be left out.
TREELINE_KERNEL(memory_read, 256, 6, (const void *source, long long count, unsigned *sums)) {
  using namespace treeline;
  unsigned sum = 0;
  strided(count, [&](long long place, bool whole) {
    Words4 words[inFlight];
#pragma unroll
    for (int step = 0; step < inFlight; ++step) {
      const long long own = place + step * threadsOfBlock();
      if (whole || own < count) {
        words[step] = loadOnce(static_cast<const Words4 *>(source) + own);
      } else {
        words[step] = Words4{{0, 0, 0, 0}};
      }
    }
#pragma unroll
    for (int step = 0; step < inFlight; ++step) {
      sum ^= words[step].word[0] ^ words[step].word[1] ^ words[step].word[2] ^ words[step].word[3];
    }
  });
#pragma unroll
  for (int mask = 16; mask > 0; mask /= 2) sum ^= floatToBits(shuffleXor(bitsToFloat(sum), mask));
  unsigned *warps = reinterpret_cast<unsigned *>(sharedMemory());
  if (threadOfBlock() % 32 == 0) warps[threadOfBlock() / 32] = sum;
  syncBlock();
  if (threadOfBlock() == 0) {
    for (int warp = 1; warp < threadsOfBlock() / 32; ++warp) sum ^= warps[warp];
    sums[blockX()] = sum;
  }
}

// Copies; the target may lie in a peer's memory, or the source.
TREELINE_KERNEL(memory_copy, 256, 6, (const void *source, void *target, long long count)) {
  using namespace treeline;
  strided(count, [&](long long place, bool whole) {
    Words4 words[inFlight];
#pragma unroll
    for (int step = 0; step < inFlight; ++step) {
      const long long own = place + step * threadsOfBlock();
      if (whole || own < count) words[step] = loadOnce(static_cast<const Words4 *>(source) + own);
    }
#pragma unroll
    for (int step = 0; step < inFlight; ++step) {
      const long long own = place + step * threadsOfBlock();
      if (whole || own < count) store16(static_cast<Words4 *>(target) + own, words[step]);
    }
  });
}

// a = b + s·c in single precision, as McCalpin's STREAM has it.
TREELINE_KERNEL(memory_triad, 256, 4, (void *a, const void *b, const void *c, float s, long long count)) {
  using namespace treeline;
  strided(count, [&](long long place, bool whole) {
    Words4 left[inFlight], right[inFlight];
#pragma unroll
    for (int step = 0; step < inFlight; ++step) {
      const long long own = place + step * threadsOfBlock();
      if (whole || own < count) {
        left[step] = loadOnce(static_cast<const Words4 *>(b) + own);
        right[step] = loadOnce(static_cast<const Words4 *>(c) + own);
      }
    }
#pragma unroll
    for (int step = 0; step < inFlight; ++step) {
      const long long own = place + step * threadsOfBlock();
      if (whole || own < count) {
        Words4 sum;
#pragma unroll
        for (int word = 0; word < 4; ++word) {
          sum.word[word] = floatToBits(bitsToFloat(left[step].word[word]) + s * bitsToFloat(right[step].word[word]));
        }
        store16(static_cast<Words4 *>(a) + own, sum);
      }
    }
  });
}

// Copies bytes one at a time, whatever their alignment: for what memory_copy's contract leaves over.
TREELINE_KERNEL(memory_copy_bytes, 256, 1, (const unsigned char *source, unsigned char *target, long long count)) {
  using namespace treeline;
  const long long step = static_cast<long long>(blocksX()) * threadsOfBlock();
  for (long long place = static_cast<long long>(blockX()) * threadsOfBlock() + threadOfBlock(); place < count;
       place += step) {
    target[place] = source[place];
  }
}

// Repeats each KV head's rows for the query heads of its group: target row r is source row r / group. A token of a row
// has `sourceStride` units of 16 bytes, of which the first `width` are copied. Grid: blocks a row, then rows.
TREELINE_KERNEL(expand_heads, 256, 1,
                (const void *source, void *target, int group, long long tokens, int sourceStride, int width)) {
  using namespace treeline;
  const long long row = blockY();
  const Words4 *from = static_cast<const Words4 *>(source) + row / group * tokens * sourceStride;
  Words4 *to = static_cast<Words4 *>(target) + row * tokens * width;
  const long long step = static_cast<long long>(blocksX()) * threadsOfBlock();
  for (long long place = static_cast<long long>(blockX()) * threadsOfBlock() + threadOfBlock(); place < tokens * width;
       place += step) {
    store16(to + place, load16(from + place / width * sourceStride + place % width));
  }
}

// Nothing: what a launch costs.
TREELINE_KERNEL(empty, 32, 1, ()) {}
