// Split-KV flash decoding: every block attends with the query heads of one KV head to one split of the tokens.
//
// All query heads of a group (16 at a time) share one read of K and V, as the rows of m16n8k16; a warp takes 16 tokens
// at a time. Every lane copies to shared memory, asynchronously and some tiles ahead, exactly the bytes that it will
// multiply (fragments.cuh), so the loop has no barrier, and shared memory is a queue of registers, free of bank
// conflicts. Warps of a block keep states of their own, which merge at the end, and blocks write theirs for a merge
// kernel.
#include "fragments.cuh"

namespace treeline {

template <class Format, int dim, int warps, int stages, int blocks> struct Decode {
  using Pieces = Fragments<Format>;

  static constexpr int threads = 32 * warps;
  // As many blocks as the shared memory of an H100 holds.
  static constexpr int residentBlocks = blocks;
  static constexpr int tileTokens = 16;
  static constexpr int rowBytes = dim * Format::bytes;
  // The chunks of keys of one of a lane's two tokens.
  static constexpr int keyChunks = rowBytes / 64;
  static constexpr int valueChunkBytes = rowBytes >= 128 ? 16 : 8;
  // The chunks of values of one of a lane's four tokens.
  static constexpr int valueChunks = rowBytes / (8 * valueChunkBytes);
  static constexpr int valueElements = valueChunkBytes / Format::bytes;
  static constexpr bool scaled = Format::bytes == 1;
  // The scales that the row of a token needs; rows never straddle more, since dim divides scaleBlock or is a multiple.
  static constexpr int scaleCount = scaled ? (dim + scaleBlock - 1) / scaleBlock : 0;

  static constexpr int keyBytes = 32 * 16 * 2 * keyChunks;
  static constexpr int valueBytes = 32 * valueChunkBytes * 4 * valueChunks;
  static constexpr int scaleBytes = 32 * 4 * 4 * scaleCount;
  static constexpr int stageBytes = keyBytes + valueBytes + 2 * scaleBytes;
  // Where registers don't hold the queries beside the numerators, shared memory does.
  static constexpr bool queryIsShared = dim > 128;
  static constexpr int steps = dim / 16;
  static constexpr int queryBytes = queryIsShared ? steps * 32 * 16 : 0;
  static constexpr int sharedBytes = queryBytes + warps * stages * stageBytes;
  static_assert(sharedBytes >= warps * 16 * (dim + 2) * 4, "the states of the warps must fit at the end");
  static_assert(dim % scaleBlock == 0 || scaleBlock % dim == 0, "a token's scales must be those of whole blocks");

  const unsigned char *keys;
  const unsigned char *values;
  const float *keyScales;
  const float *valueScales;
  // The first token of this KV head, counted over all rows of the cache.
  long long rowTokens;
  // The end of the split.
  int end;
  int lane;
  // Not zero where this lane has met a NaN of e4m3, which makes every head NaN.
  unsigned nans;
  unsigned char *queue;
  const unsigned char *sharedQuery;
  unsigned ownQuery[queryIsShared ? 1 : steps][4];

  // The left operand of a step of q·k.
  TREELINE_DEVICE void loadQuery(int step, unsigned (&operand)[4]) const {
    if constexpr (queryIsShared) {
      const Words4 words = load16(sharedQuery + (step * 32 + lane) * 16);
#pragma unroll
      for (int word = 0; word < 4; ++word) operand[word] = words.word[word];
    } else {
#pragma unroll
      for (int word = 0; word < 4; ++word) operand[word] = ownQuery[step][word];
    }
  }

  // Reads the queries into registers or, warps in turn, into shared memory; rows past the last are zeros.
  TREELINE_DEVICE void takeQueries(const void *queries, long long firstRow, int rows, unsigned char *shared, int warp) {
#pragma unroll
    for (int step = 0; step < steps; ++step) {
      if (queryIsShared && step % warps != warp) continue;
      const Words4 operand = Pieces::query(queries, firstRow, rows, dim, step, lane);
      if constexpr (queryIsShared) {
        store16(shared + (step * 32 + lane) * 16, operand);
      } else {
#pragma unroll
        for (int word = 0; word < 4; ++word) ownQuery[step][word] = operand.word[word];
      }
    }
    if constexpr (queryIsShared) syncBlock();
  }

  // Starts the copies of the tile that begins at a token into a stage.
  TREELINE_DEVICE void copyTile(int token, int stage) {
    unsigned char *slot = queue + stage * stageBytes;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int own = token + lane / 4 + 8 * half;
      const bool valid = own < end;
      const unsigned char *row = keys + (rowTokens + (valid ? own : 0)) * rowBytes;
#pragma unroll
      for (int chunk = 0; chunk < keyChunks; ++chunk) {
        copyAsync<16>(slot + ((half * keyChunks + chunk) * 32 + lane) * 16, row + (4 * chunk + lane % 4) * 16, valid);
      }
    }
    slot += keyBytes;
#pragma unroll
    for (int which = 0; which < 4; ++which) {
      const int own = token + valueToken(which);
      const bool valid = own < end;
      const unsigned char *row = values + (rowTokens + (valid ? own : 0)) * rowBytes;
#pragma unroll
      for (int chunk = 0; chunk < valueChunks; ++chunk) {
        copyAsync<valueChunkBytes>(slot + ((which * valueChunks + chunk) * 32 + lane) * valueChunkBytes,
                                   row + (8 * chunk + lane / 4) * valueChunkBytes, valid);
      }
    }
    if constexpr (scaled) {
      slot += valueBytes;
#pragma unroll
      for (int which = 0; which < 4; ++which) {
        const int own = token + valueToken(which);
        const bool valid = own < end;
        const long long block = (rowTokens + (valid ? own : 0)) * dim / scaleBlock;
#pragma unroll
        for (int scale = 0; scale < scaleCount; ++scale) {
          float *target = reinterpret_cast<float *>(slot) + (which * scaleCount + scale) * 32 + lane;
          copyAsync<4>(target, keyScales + block + scale, valid);
          copyAsync<4>(target + 32 * 4 * scaleCount, valueScales + block + scale, valid);
        }
      }
    }
  }

  // The tokens of a tile whose logits and values a lane holds.
  TREELINE_DEVICE int valueToken(int which) const { return 2 * (lane % 4) + which % 2 + 8 * (which / 2); }

  TREELINE_DEVICE float scale(const unsigned char *slot, bool ofValue, int which, int block) const {
    const float *scales = reinterpret_cast<const float *>(slot + keyBytes + valueBytes + (ofValue ? scaleBytes : 0));
    return scales[(which * scaleCount + block) * 32 + lane];
  }

  // The products of the queries with the tile's keys; a column's token is valueToken(2·half + column % 2).
  TREELINE_DEVICE void multiplyKeys(const unsigned char *slot, float (&logits)[2][4]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int column = 0; column < 4; ++column) logits[half][column] = 0.0f;
    }
#pragma unroll
    for (int chunk = 0; chunk < keyChunks; ++chunk) {
      Words4 words[2];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        words[half] = load16(slot + ((half * keyChunks + chunk) * 32 + lane) * 16);
      }
      float part[2][4] = {};
#pragma unroll
      for (int step = 0; step < Pieces::chunkSteps; ++step) {
        unsigned operand[4];
        loadQuery(chunk * Pieces::chunkSteps + step, operand);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          Pieces::multiplyKeys(scaled ? part[half] : logits[half], operand, words[half], step, nans);
        }
      }
      if constexpr (scaled) {
        // The chunks of four lanes, 64 elements together, lie in one block.
#pragma unroll
        for (int half = 0; half < 2; ++half) {
#pragma unroll
          for (int column = 0; column < 4; ++column) {
            logits[half][column] +=
                part[half][column] * scale(slot, false, 2 * half + column % 2, chunk * 64 / scaleBlock);
          }
        }
      }
    }
  }

  // Adds the tile's values times their weights. Accumulator (elements of a chunk)·i + j has, in its
  // column n, element j of the token's chunk 8·i + n.
  TREELINE_DEVICE void multiplyValues(const unsigned char *slot, const float (&weights)[2][4],
                                      float (&numerators)[dim / 8][4]) {
    unsigned operand[4];
    if constexpr (!scaled) packWeights(slot, weights, 0, operand);
    const unsigned char *own = slot + keyBytes;
#pragma unroll
    for (int chunk = 0; chunk < valueChunks; ++chunk) {
      if constexpr (scaled) packWeights(slot, weights, chunk * 8 * valueElements / scaleBlock, operand);
      unsigned chunks[4][valueChunkBytes / 4];
#pragma unroll
      for (int which = 0; which < 4; ++which) {
        Pieces::load(own + ((which * valueChunks + chunk) * 32 + lane) * valueChunkBytes, chunks[which]);
      }
      Pieces::multiplyValues(numerators, chunk * valueElements, operand, chunks, nans);
    }
  }

  // The weights as the left operand, times the scales of a block of each token's values.
  TREELINE_DEVICE void packWeights(const unsigned char *slot, const float (&weights)[2][4], int block,
                                   unsigned (&operand)[4]) const {
    if constexpr (scaled) {
      float products[2][4];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
#pragma unroll
        for (int column = 0; column < 4; ++column) {
          products[half][column] = weights[half][column] * scale(slot, true, 2 * half + column % 2, block);
        }
      }
      Pieces::packWeights(products[0], products[1], operand);
    } else {
      Pieces::packWeights(weights[0], weights[1], operand);
    }
  }

  // Adds 0, or NaN, to all of a state.
  static TREELINE_DEVICE void poison(float value, RowStates &rows, float (&numerators)[dim / 8][4]) {
    rows.denominator[0] += value;
    rows.denominator[1] += value;
#pragma unroll
    for (int place = 0; place < dim / 8; ++place) {
#pragma unroll
      for (int column = 0; column < 4; ++column) numerators[place][column] += value;
    }
  }

  static TREELINE_DEVICE void run(const void *queries, const void *keys, const void *values, const float *keyScales,
                                  const float *valueScales, float *states, int kvHeads, int group, int tokens,
                                  int firstToken, int lastToken, int splitTokens, float logitScale) {
    unsigned char *shared = sharedMemory();
    const int warp = threadOfBlock() / 32;
    const int headTiles = (group + 15) / 16;
    const int head = blockY() / headTiles;
    const int firstQuery = blockY() % headTiles * 16;
    const int row = blockZ() * kvHeads + head;
    const int begin = firstToken + blockX() * splitTokens;

    Decode work;
    work.keys = static_cast<const unsigned char *>(keys);
    work.values = static_cast<const unsigned char *>(values);
    work.keyScales = keyScales;
    work.valueScales = valueScales;
    work.rowTokens = static_cast<long long>(row) * tokens;
    work.end = begin + splitTokens < lastToken ? begin + splitTokens : lastToken;
    work.lane = threadOfBlock() % 32;
    work.nans = 0;
    work.sharedQuery = shared;
    work.queue = shared + queryBytes + warp * stages * stageBytes;
    const int lane = work.lane;

    const int all = work.end > begin ? (work.end - begin + tileTokens - 1) / tileTokens : 0;
    const int tiles = all > warp ? (all - warp + warps - 1) / warps : 0;
    auto tokenOfTile = [&](int tile) { return begin + (warp + tile * warps) * tileTokens; };
#pragma unroll
    for (int stage = 0; stage < stages - 1; ++stage) {
      if (stage < tiles) work.copyTile(tokenOfTile(stage), stage);
      commitCopies();
    }

    const long long firstRow = static_cast<long long>(row) * group + firstQuery;
    work.takeQueries(queries, firstRow, group - firstQuery, shared, warp);

    RowStates rows;
    rows.clear();
    float numerators[dim / 8][4];
#pragma unroll
    for (int tile = 0; tile < dim / 8; ++tile) {
#pragma unroll
      for (int column = 0; column < 4; ++column) numerators[tile][column] = 0.0f;
    }

    int stage = 0;
    int nextStage = stages - 1;
    for (int tile = 0; tile < tiles; ++tile) {
      if (tile + stages - 1 < tiles) work.copyTile(tokenOfTile(tile + stages - 1), nextStage);
      commitCopies();
      waitForCopies<stages - 1>();
      const unsigned char *slot = work.queue + stage * stageBytes;
      float logits[2][4];
      work.multiplyKeys(slot, logits);
#pragma unroll
      for (int half = 0; half < 2; ++half) {
#pragma unroll
        for (int column = 0; column < 4; ++column) {
          const bool valid = tokenOfTile(tile) + work.valueToken(2 * half + column % 2) < work.end;
          logits[half][column] = valid ? logits[half][column] * (logitScale * log2e) : -infinity();
        }
      }
      float factor[2];
      rows.fold(logits, factor);
#pragma unroll
      for (int place = 0; place < dim / 8; ++place) {
#pragma unroll
        for (int column = 0; column < 4; ++column) numerators[place][column] *= factor[column / 2];
      }
      work.multiplyValues(slot, logits, numerators);
      stage = stage + 1 == stages ? 0 : stage + 1;
      nextStage = nextStage + 1 == stages ? 0 : nextStage + 1;
    }
    waitForCopies<0>();
    if constexpr (scaled) poison(poisonOfWarp(work.nans), rows, numerators);
    rows.finish();

    // The states of the warps, of 16 heads each: numerators, then maxima, then denominators.
    syncBlock();
    float *block = reinterpret_cast<float *>(shared);
    float *own = block + warp * 16 * (dim + 2);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int place = lane / 4 + 8 * half;
#pragma unroll
      for (int tile = 0; tile < dim / 8; ++tile) {
#pragma unroll
        for (int side = 0; side < 2; ++side) {
          const int chunk = 8 * (tile / valueElements) + 2 * (lane % 4) + side;
          own[place * dim + chunk * valueElements + tile % valueElements] = numerators[tile][2 * half + side];
        }
      }
      if (lane % 4 == 0) {
        own[16 * dim + place] = rows.maximum[half] * ln2;
        own[16 * dim + 16 + place] = rows.denominator[half];
      }
    }
    syncBlock();

    const int heads = group - firstQuery < 16 ? group - firstQuery : 16;
    const long long allRows = static_cast<long long>(blocksY() / headTiles) * blocksZ() * group;
    float *target = states + (static_cast<long long>(blockX()) * allRows + firstRow) * (dim + 2);
    for (int place = warp; place < heads; place += warps) {
      float joint = -infinity();
#pragma unroll
      for (int other = 0; other < warps; ++other) {
        joint = larger(joint, block[other * 16 * (dim + 2) + 16 * dim + place]);
      }
      float weight[warps];
      float denominator = 0.0f;
#pragma unroll
      for (int other = 0; other < warps; ++other) {
        const float *state = block + other * 16 * (dim + 2);
        weight[other] = mergeWeight(state[16 * dim + place], joint);
        denominator += weight[other] * state[16 * dim + 16 + place];
      }
      for (int element = lane; element < dim; element += 32) {
        float sum = 0.0f;
#pragma unroll
        for (int other = 0; other < warps; ++other) {
          sum += weight[other] * block[other * 16 * (dim + 2) + place * dim + element];
        }
        target[static_cast<long long>(place) * (dim + 2) + element] = sum;
      }
      if (lane == 0) {
        target[static_cast<long long>(place) * (dim + 2) + dim] = joint;
        target[static_cast<long long>(place) * (dim + 2) + dim + 1] = denominator;
      }
    }
  }
};

} // namespace treeline

#define TREELINE_DECODE(name, ...)                                                                                     \
  TREELINE_KERNEL(name, (treeline::Decode<__VA_ARGS__>::threads), (treeline::Decode<__VA_ARGS__>::residentBlocks),     \
                  (const void *queries, const void *keys, const void *values, const float *keyScales,                  \
                   const float *valueScales, float *states, int kvHeads, int group, int tokens, int firstToken,        \
                   int lastToken, int splitTokens, float logitScale)) {                                                \
    treeline::Decode<__VA_ARGS__>::run(queries, keys, values, keyScales, valueScales, states, kvHeads, group, tokens,  \
                                       firstToken, lastToken, splitTokens, logitScale);                                \
  }

// The format of the cache, the head dim, the warps of a block, the tiles in a warp's queue, the blocks of a
// multiprocessor.
TREELINE_DECODE(decode_fp16_64, treeline::Half, 64, 4, 3, 4)
TREELINE_DECODE(decode_fp16_128, treeline::Half, 128, 4, 2, 3)
TREELINE_DECODE(decode_fp16_256, treeline::Half, 256, 2, 2, 3)
TREELINE_DECODE(decode_bf16_64, treeline::BFloat16, 64, 4, 3, 4)
TREELINE_DECODE(decode_bf16_128, treeline::BFloat16, 128, 4, 2, 3)
TREELINE_DECODE(decode_bf16_256, treeline::BFloat16, 256, 2, 2, 3)
TREELINE_DECODE(decode_e4m3_64, treeline::E4M3, 64, 4, 4, 4)
TREELINE_DECODE(decode_e4m3_128, treeline::E4M3, 128, 4, 3, 3)
TREELINE_DECODE(decode_e4m3_256, treeline::E4M3, 256, 2, 3, 3)
