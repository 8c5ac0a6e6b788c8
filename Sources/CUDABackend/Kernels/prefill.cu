// Flash prefill: 128 query tokens of one head a block, over all keys that they see, 64 at a time (Dao,
// FlashAttention-2, arXiv 2307.08691).
//
// A warp holds the queries and the outputs of 16 query tokens in registers, as the rows of m16n8k16. Tiles of keys and
// of values lie in shared memory, two each: while one is multiplied the next is under way. A row's chunks of 16 bytes
// are permuted by the row's number, so that the eight rows of a matrix that ldmatrix reads lie in different banks.
#include "softmax.cuh"

namespace treeline {

template <class Format, int dim> struct Prefill {
  static constexpr int warps = 8;
  static constexpr int threads = 32 * warps;
  static constexpr int queryTokens = 16 * warps;
  static constexpr int tileTokens = 64;
  static constexpr int rowBytes = 2 * dim;
  static constexpr int rowChunks = rowBytes / 16;
  static constexpr int tileBytes = tileTokens * rowBytes;
  // Two tiles of keys, then two of values.
  static constexpr int sharedBytes = 4 * tileBytes;
  static_assert(rowChunks % 8 == 0, "chunks are permuted in groups of eight");

  // Where a chunk of a row lies in a tile.
  static TREELINE_DEVICE int place(int row, int chunk) { return row * rowBytes + ((chunk ^ (row & 7)) * 16); }

  // Starts the copies of a tile; rows past the last token become zeros.
  static TREELINE_DEVICE void copyTile(unsigned char *tile, const unsigned char *rows, int token, int tokens) {
#pragma unroll
    for (int step = 0; step < tileTokens * rowChunks / threads; ++step) {
      const int which = step * threads + threadOfBlock();
      const int row = which / rowChunks, chunk = which % rowChunks;
      const bool valid = token + row < tokens;
      copyAsync<16>(tile + place(row, chunk),
                    rows + static_cast<long long>(valid ? token + row : 0) * rowBytes + chunk * 16, valid);
    }
  }

  // The products of a warp's queries with a tile's keys, eight tokens an accumulator.
  static TREELINE_DEVICE void multiplyKeys(const unsigned char *tile, const unsigned (&query)[dim / 16][4],
                                           float (&logits)[tileTokens / 8][4]) {
    const int lane = threadOfBlock() % 32;
#pragma unroll
    for (int group = 0; group < tileTokens / 8; ++group) {
#pragma unroll
      for (int column = 0; column < 4; ++column) logits[group][column] = 0.0f;
    }
#pragma unroll
    for (int step = 0; step < dim / 16; ++step) {
#pragma unroll
      for (int pair = 0; pair < tileTokens / 16; ++pair) {
        // Both halves of the step's elements of eight tokens, then those of the next eight.
        unsigned keys[4];
        const int row = pair * 16 + lane % 8 + lane / 16 * 8;
        loadMatrices(keys, tile + place(row, step * 2 + lane / 8 % 2));
        Format::multiply(logits[2 * pair], query[step], keys[0], keys[1]);
        Format::multiply(logits[2 * pair + 1], query[step], keys[2], keys[3]);
      }
    }
  }

  // Adds a tile's values times their weights.
  static TREELINE_DEVICE void multiplyValues(const unsigned char *tile, const float (&weights)[tileTokens / 8][4],
                                             float (&outputs)[dim / 8][4]) {
    const int lane = threadOfBlock() % 32;
#pragma unroll
    for (int step = 0; step < tileTokens / 16; ++step) {
      unsigned operand[4];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float (&own)[4] = weights[2 * step + half];
        operand[2 * half] = Format::pack(own[0], own[1]);
        operand[2 * half + 1] = Format::pack(own[2], own[3]);
      }
#pragma unroll
      for (int pair = 0; pair < dim / 16; ++pair) {
        // Both halves of the step's tokens of eight elements, then those of the next eight.
        unsigned values[4];
        loadTransposedMatrices(values, tile + place(step * 16 + lane % 16, pair * 2 + lane / 16));
        Format::multiply(outputs[2 * pair], operand, values[0], values[1]);
        Format::multiply(outputs[2 * pair + 1], operand, values[2], values[3]);
      }
    }
  }

  static TREELINE_DEVICE void run(const void *queries, const void *keys, const void *values, void *outputs, float *lses,
                                  int group, int queryCount, int tokens, int seenByFirst, float logitScale) {
    unsigned char *keyTiles = sharedMemory();
    unsigned char *valueTiles = keyTiles + 2 * tileBytes;
    const int warp = threadOfBlock() / 32, lane = threadOfBlock() % 32;
    // Blocks with the most keys start first.
    const int firstQuery = (blocksX() - 1 - blockX()) * queryTokens;
    const long long row = static_cast<long long>(blockZ()) * blocksY() + blockY();
    const long long cacheRow = row / group;
    const auto *keyRows = static_cast<const unsigned char *>(keys) + cacheRow * tokens * rowBytes;
    const auto *valueRows = static_cast<const unsigned char *>(values) + cacheRow * tokens * rowBytes;

    // How many tokens the block's last query sees, and this lane's two.
    const auto seenBy = [&](int query) {
      const long long seen = static_cast<long long>(query) + seenByFirst;
      return seen < 0 ? 0 : seen < tokens ? static_cast<int>(seen) : tokens;
    };
    const int lastQuery = firstQuery + queryTokens < queryCount ? firstQuery + queryTokens - 1 : queryCount - 1;
    const int tiles = (seenBy(lastQuery) + tileTokens - 1) / tileTokens;
    const int own = firstQuery + warp * 16 + lane / 4;
    const int seen[2] = {seenBy(own), seenBy(own + 8)};
    // All of the warp's queries see the tokens before this one.
    const int seenByAll = seenBy(firstQuery + warp * 16);

    if (tiles > 0) {
      copyTile(keyTiles, keyRows, 0, tokens);
      copyTile(valueTiles, valueRows, 0, tokens);
    }
    commitCopies();

    unsigned query[dim / 16][4];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const bool valid = own + 8 * half < queryCount;
      const auto *source = static_cast<const unsigned char *>(queries) +
                           (row * queryCount + (valid ? own + 8 * half : 0)) * rowBytes + lane % 4 * 4;
#pragma unroll
      for (int step = 0; step < dim / 16; ++step) {
        const unsigned near = *reinterpret_cast<const unsigned *>(source + step * 32);
        const unsigned far = *reinterpret_cast<const unsigned *>(source + step * 32 + 16);
        query[step][half] = valid ? near : 0;
        query[step][half + 2] = valid ? far : 0;
      }
    }

    RowStates rows;
    rows.clear();
    float sums[dim / 8][4];
#pragma unroll
    for (int place = 0; place < dim / 8; ++place) {
#pragma unroll
      for (int column = 0; column < 4; ++column) sums[place][column] = 0.0f;
    }

    for (int tile = 0; tile < tiles; ++tile) {
      const int token = tile * tileTokens;
      if (tile + 1 < tiles) {
        copyTile(keyTiles + (tile + 1) % 2 * tileBytes, keyRows, token + tileTokens, tokens);
        copyTile(valueTiles + (tile + 1) % 2 * tileBytes, valueRows, token + tileTokens, tokens);
      }
      commitCopies();
      waitForCopies<1>();
      syncBlock();
      float logits[tileTokens / 8][4];
      multiplyKeys(keyTiles + tile % 2 * tileBytes, query, logits);
      const bool whole = token + tileTokens <= seenByAll;
#pragma unroll
      for (int place = 0; place < tileTokens / 8; ++place) {
#pragma unroll
        for (int column = 0; column < 4; ++column) {
          const int other = token + place * 8 + 2 * (lane % 4) + column % 2;
          const bool valid = whole || other < seen[column / 2];
          logits[place][column] = valid ? logits[place][column] * (logitScale * log2e) : -infinity();
        }
      }
      float factor[2];
      rows.fold(logits, factor);
#pragma unroll
      for (int place = 0; place < dim / 8; ++place) {
#pragma unroll
        for (int column = 0; column < 4; ++column) sums[place][column] *= factor[column / 2];
      }
      multiplyValues(valueTiles + tile % 2 * tileBytes, logits, sums);
      // The next turn's copies land where this one's tiles are.
      syncBlock();
    }
    waitForCopies<0>();
    rows.finish();

#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int query = own + 8 * half;
      if (query >= queryCount) continue;
      const float denominator = rows.denominator[half];
      const float factor = denominator == 0.0f ? 0.0f : 1.0f / denominator;
      auto *target = static_cast<unsigned char *>(outputs) + (row * queryCount + query) * rowBytes + lane % 4 * 4;
#pragma unroll
      for (int place = 0; place < dim / 8; ++place) {
        *reinterpret_cast<unsigned *>(target + place * 16) =
            Format::pack(sums[place][2 * half] * factor, sums[place][2 * half + 1] * factor);
      }
      if (lane % 4 == 0) {
        lses[row * queryCount + query] =
            denominator == 0.0f ? -infinity() : rows.maximum[half] * ln2 + logarithm(denominator);
      }
    }
  }
};

} // namespace treeline

#define TREELINE_PREFILL(name, ...)                                                                                    \
  TREELINE_KERNEL(name, (treeline::Prefill<__VA_ARGS__>::threads), 1,                                                  \
                  (const void *queries, const void *keys, const void *values, void *outputs, float *lses, int group,   \
                   int queryCount, int tokens, int seenByFirst, float logitScale)) {                                   \
    treeline::Prefill<__VA_ARGS__>::run(queries, keys, values, outputs, lses, group, queryCount, tokens, seenByFirst,  \
                                        logitScale);                                                                   \
  }

TREELINE_PREFILL(prefill_fp16_64, treeline::Half, 64)
TREELINE_PREFILL(prefill_fp16_128, treeline::Half, 128)
TREELINE_PREFILL(prefill_bf16_64, treeline::BFloat16, 64)
TREELINE_PREFILL(prefill_bf16_128, treeline::BFloat16, 128)
