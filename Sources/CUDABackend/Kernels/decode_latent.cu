// Split-KV flash decoding over a latent cache (MLA): values are the first elements of the keys, so that a token is read
// once; every block attends with 16 query heads of one KV head to one split of the tokens.
//
// The outputs of 16 heads are more than a warp's registers hold, so the block's four warps share every tile of 32
// tokens: each takes the logits of eight tokens, all of them the softmax of all tokens, and each a quarter of the value
// dim. Tiles lie in shared memory with a row's chunks of 16 bytes permuted by the row's number, so that both ways in
// which lanes read them (fragments.cuh) meet no bank twice.
#include "fragments.cuh"

namespace treeline {

template <class Format, int dim, int valueDim, int stages> struct LatentDecode {
  using Pieces = Fragments<Format>;

  static constexpr int warps = 4;
  static constexpr int threads = 32 * warps;
  static constexpr int tileTokens = 8 * warps;
  static constexpr int rowBytes = dim * Format::bytes;
  static constexpr int rowChunks = rowBytes / 16;
  // Rows begin at multiples of 128 bytes, so that chunks can be permuted in groups of eight.
  static constexpr int rowPitch = (rowBytes + 127) / 128 * 128;
  static constexpr bool scaled = Format::bytes == 1;
  // The elements that surely have one scale: tokens begin in the middle of a block as well.
  static constexpr int segment = 64;
  static constexpr int segments = scaled ? dim / segment : 0;
  static constexpr int steps = dim / 16;
  static constexpr int ownDim = valueDim / warps;
  static constexpr int valueChunkBytes = scaled ? 8 : 16;
  static constexpr int valueElements = valueChunkBytes / Format::bytes;
  // The logits of a head, with a gap that puts the rows of a warp in different banks.
  static constexpr int logitPitch = tileTokens + 8;

  static constexpr int queryBytes = steps * 32 * 16;
  static constexpr int logitBytes = 16 * logitPitch * 4;
  static constexpr int tileBytes = tileTokens * rowPitch;
  static constexpr int stageBytes = tileBytes + tileTokens * segments * 4;
  static constexpr int sharedBytes = queryBytes + logitBytes + stages * stageBytes;
  static_assert(dim % segment == 0 && scaleBlock % segment == 0, "segments must be parts of blocks");
  static_assert(ownDim % (8 * valueElements) == 0, "the lanes of a warp must share its value dim evenly");

  // Where a chunk of a row lies in a tile. Lanes that read together read the even or the odd of eight rows in two
  // chunks, or two neighbouring rows in four chunks: both are different places modulo eight.
  static TREELINE_DEVICE int place(int row, int chunk) {
    return row * rowPitch + (chunk ^ ((row / 2 % 4 * 2) ^ (row % 2 * 4))) * 16;
  }

  // Starts the copies of the tile that begins at a token; rows from `end` on become zeros.
  static TREELINE_DEVICE void copyTile(unsigned char *stage, const unsigned char *keys, const float *scales,
                                       long long rowTokens, int token, int end) {
#pragma unroll 4
    for (int which = threadOfBlock(); which < tileTokens * rowChunks; which += threads) {
      const int row = which / rowChunks, chunk = which % rowChunks;
      const bool valid = token + row < end;
      copyAsync<16>(stage + place(row, chunk), keys + (rowTokens + (valid ? token + row : 0)) * rowBytes + chunk * 16,
                    valid);
    }
    if constexpr (scaled) {
      for (int which = threadOfBlock(); which < tileTokens * segments; which += threads) {
        const int row = which / segments, part = which % segments;
        const bool valid = token + row < end;
        const long long element = (rowTokens + (valid ? token + row : 0)) * dim + part * segment;
        copyAsync<4>(stage + tileBytes + which * 4, scales + element / scaleBlock, valid);
      }
    }
  }

  static TREELINE_DEVICE float scale(const unsigned char *stage, int row, int part) {
    return reinterpret_cast<const float *>(stage + tileBytes)[row * segments + part];
  }

  // The products of the queries with this warp's eight tokens; column n is token 8·warp + n of the tile.
  static TREELINE_DEVICE void multiplyKeys(const unsigned char *queries, const unsigned char *stage, int warp, int lane,
                                           float (&logits)[4], unsigned &nans) {
    // Sums of their own for even and odd chunks, so that a product needn't wait for the one before.
    float sums[2][4] = {};
#pragma unroll
    for (int chunk = 0; chunk < rowChunks / 4; ++chunk) {
      const Words4 words = load16(stage + place(8 * warp + lane / 4, 4 * chunk + lane % 4));
      float part[4] = {};
#pragma unroll
      for (int step = 0; step < Pieces::chunkSteps; ++step) {
        const Words4 loaded = load16(queries + ((chunk * Pieces::chunkSteps + step) * 32 + lane) * 16);
        Pieces::multiplyKeys(scaled ? part : sums[chunk % 2], loaded.word, words, step, nans);
      }
      if constexpr (scaled) {
#pragma unroll
        for (int column = 0; column < 4; ++column) {
          sums[0][column] += part[column] * scale(stage, 8 * warp + 2 * (lane % 4) + column % 2, chunk);
        }
      }
    }
#pragma unroll
    for (int column = 0; column < 4; ++column) logits[column] = sums[0][column] + sums[1][column];
  }

  // Adds the tile's values, this warp's quarter of their elements, times their weights. Accumulator
  // (elements of a chunk)·i + j has, in its column n, element j of the quarter's chunk 8·i + n.
  static TREELINE_DEVICE void multiplyValues(const unsigned char *stage, const float (&weights)[tileTokens / 8][4],
                                             int warp, int lane, float (&numerators)[ownDim / 8][4], unsigned &nans) {
#pragma unroll
    for (int step = 0; step < tileTokens / 16; ++step) {
      unsigned operand[4];
      if constexpr (!scaled) Pieces::packWeights(weights[2 * step], weights[2 * step + 1], operand);
#pragma unroll
      for (int chunk = 0; chunk < ownDim / 8 / valueElements; ++chunk) {
        const int byte = warp * ownDim * Format::bytes + (8 * chunk + lane / 4) * valueChunkBytes;
        unsigned chunks[4][valueChunkBytes / 4];
        float products[2][4];
#pragma unroll
        for (int which = 0; which < 4; ++which) {
          const int row = 16 * step + 2 * (lane % 4) + which % 2 + 8 * (which / 2);
          Pieces::load(stage + place(row, byte / 16) + byte % 16, chunks[which]);
          if constexpr (scaled) {
            const float own = scale(stage, row, (warp * ownDim + 8 * valueElements * chunk) / segment);
            products[which / 2][which % 2] = weights[2 * step + which / 2][which % 2] * own;
            products[which / 2][which % 2 + 2] = weights[2 * step + which / 2][which % 2 + 2] * own;
          }
        }
        if constexpr (scaled) Pieces::packWeights(products[0], products[1], operand);
        Pieces::multiplyValues(numerators, chunk * valueElements, operand, chunks, nans);
      }
    }
  }

  static TREELINE_DEVICE void run(const void *queries, const void *keyBytes, const float *scales, float *states,
                                  int kvHeads, int group, int tokens, int firstToken, int lastToken, int splitTokens,
                                  float logitScale) {
    unsigned char *sharedQueries = sharedMemory();
    float *sharedLogits = reinterpret_cast<float *>(sharedQueries + queryBytes);
    unsigned char *queue = sharedQueries + queryBytes + logitBytes;
    const int warp = threadOfBlock() / 32, lane = threadOfBlock() % 32;
    const int headTiles = (group + 15) / 16;
    const int firstQuery = blockY() % headTiles * 16;
    const int row = blockZ() * kvHeads + blockY() / headTiles;
    const long long firstRow = static_cast<long long>(row) * group + firstQuery;
    const long long rowTokens = static_cast<long long>(row) * tokens;
    const auto *keys = static_cast<const unsigned char *>(keyBytes);
    const int begin = firstToken + blockX() * splitTokens;
    const int end = begin + splitTokens < lastToken ? begin + splitTokens : lastToken;
    const int tiles = end > begin ? (end - begin + tileTokens - 1) / tileTokens : 0;

#pragma unroll
    for (int stage = 0; stage < stages - 1; ++stage) {
      if (stage < tiles) copyTile(queue + stage * stageBytes, keys, scales, rowTokens, begin + stage * tileTokens, end);
      commitCopies();
    }
    for (int step = warp; step < steps; step += warps) {
      store16(sharedQueries + (step * 32 + lane) * 16,
              Pieces::query(queries, firstRow, group - firstQuery, dim, step, lane));
    }

    RowStates rows;
    rows.clear();
    float numerators[ownDim / 8][4];
#pragma unroll
    for (int place = 0; place < ownDim / 8; ++place) {
#pragma unroll
      for (int column = 0; column < 4; ++column) numerators[place][column] = 0.0f;
    }

    unsigned nans = 0;
    int stage = 0;
    for (int tile = 0; tile < tiles; ++tile) {
      waitForCopies<stages - 2>();
      // All see the tile, and are done with the one before it, whose place the next copies take.
      syncBlock();
      if (tile + stages - 1 < tiles) {
        copyTile(queue + (stage == 0 ? stages - 1 : stage - 1) * stageBytes, keys, scales, rowTokens,
                 begin + (tile + stages - 1) * tileTokens, end);
      }
      commitCopies();
      const unsigned char *own = queue + stage * stageBytes;
      float products[4];
      multiplyKeys(sharedQueries, own, warp, lane, products, nans);
#pragma unroll
      for (int column = 0; column < 4; ++column) {
        const int token = 8 * warp + 2 * (lane % 4) + column % 2;
        const bool valid = begin + tile * tileTokens + token < end;
        sharedLogits[(lane / 4 + 8 * (column / 2)) * logitPitch + token] =
            valid ? products[column] * (logitScale * log2e) : -infinity();
      }
      syncBlock();
      float logits[tileTokens / 8][4];
#pragma unroll
      for (int place = 0; place < tileTokens / 8; ++place) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const Words2 pair = load8(sharedLogits + (lane / 4 + 8 * half) * logitPitch + 8 * place + 2 * (lane % 4));
          logits[place][2 * half] = bitsToFloat(pair.word[0]);
          logits[place][2 * half + 1] = bitsToFloat(pair.word[1]);
        }
      }
      float factor[2];
      rows.fold(logits, factor);
#pragma unroll
      for (int place = 0; place < ownDim / 8; ++place) {
#pragma unroll
        for (int column = 0; column < 4; ++column) numerators[place][column] *= factor[column / 2];
      }
      multiplyValues(own, logits, warp, lane, numerators, nans);
      stage = stage + 1 == stages ? 0 : stage + 1;
    }
    waitForCopies<0>();
    if constexpr (scaled) {
      // A NaN of e4m3 makes every head NaN; a warp has met those of its own tokens' keys only.
      const float own = poisonOfWarp(nans);
      syncBlock();
      if (lane == 0) sharedLogits[warp] = own;
      syncBlock();
      float poison = 0.0f;
#pragma unroll
      for (int other = 0; other < warps; ++other) poison += sharedLogits[other];
      rows.denominator[0] += poison;
      rows.denominator[1] += poison;
#pragma unroll
      for (int place = 0; place < ownDim / 8; ++place) {
#pragma unroll
        for (int column = 0; column < 4; ++column) numerators[place][column] += poison;
      }
    }
    rows.finish();

    const long long allRows = static_cast<long long>(blocksZ()) * kvHeads * group;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int head = lane / 4 + 8 * half;
      if (firstQuery + head >= group) continue;
      float *target = states + (blockX() * allRows + firstRow + head) * (valueDim + 2);
#pragma unroll
      for (int place = 0; place < ownDim / 8; ++place) {
#pragma unroll
        for (int side = 0; side < 2; ++side) {
          const int chunk = 8 * (place / valueElements) + 2 * (lane % 4) + side;
          target[warp * ownDim + chunk * valueElements + place % valueElements] = numerators[place][2 * half + side];
        }
      }
      if (warp == 0 && lane % 4 == 0) {
        target[valueDim] = rows.maximum[half] * ln2;
        target[valueDim + 1] = rows.denominator[half];
      }
    }
  }
};

} // namespace treeline

#define TREELINE_LATENT_DECODE(name, ...)                                                                              \
  TREELINE_KERNEL(name, (treeline::LatentDecode<__VA_ARGS__>::threads), 1,                                             \
                  (const void *queries, const void *keys, const float *keyScales, float *states, int kvHeads,          \
                   int group, int tokens, int firstToken, int lastToken, int splitTokens, float logitScale)) {         \
    treeline::LatentDecode<__VA_ARGS__>::run(queries, keys, keyScales, states, kvHeads, group, tokens, firstToken,     \
                                             lastToken, splitTokens, logitScale);                                      \
  }

// The format of the cache, the key dim, the value dim, the tiles under way or in use.
TREELINE_LATENT_DECODE(decode_latent_fp16_576, treeline::Half, 576, 512, 2)
TREELINE_LATENT_DECODE(decode_latent_bf16_576, treeline::BFloat16, 576, 512, 2)
TREELINE_LATENT_DECODE(decode_latent_e4m3_576, treeline::E4M3, 576, 512, 3)
