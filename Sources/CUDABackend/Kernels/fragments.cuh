// How decode kernels multiply what lies in a KV cache without moving a number to another lane.
//
// The rows of m16n8k16 are query heads.
//
// - q·k multiplies pairs of neighbouring elements of a token. Which elements of the key dim are taken together is free
//   as long as q and k agree, so lane l takes chunks of 16 bytes, 4·i + l % 4, of the tokens that are its columns.
// - p·v multiplies pairs of neighbouring tokens. Which column of v an accumulator holds is free, so lane l takes chunk
//   8·i + l / 4 of its tokens 2·(l % 4) + {0, 1, 8, 9}, whose weights it has, and pairs up their elements.
#pragma once

#include "softmax.cuh"

namespace treeline {

template <class Format> struct Fragments {
  using Operand = typename Format::Operand;
  // The elements of a lane's chunk of a key, and the steps of 16 elements that it takes part in.
  static constexpr int keyElements = 16 / Format::bytes;
  static constexpr int chunkSteps = keyElements / 4;

  // The left operand of a step of q·k, of up to 16 rows of queries of `dim` elements; rows past the last are zeros.
  static TREELINE_DEVICE Words4 query(const void *queries, long long firstRow, int rows, int dim, int step, int lane) {
    const int element = keyElements * (4 * (step / chunkSteps) + lane % 4) + 4 * (step % chunkSteps);
    Words4 operand;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int own = lane / 4 + 8 * half;
      const bool valid = own < rows;
      const Words2 words =
          load8(static_cast<const unsigned char *>(queries) + ((firstRow + (valid ? own : 0)) * dim + element) * 2);
      operand.word[half] = valid ? words.word[0] : 0;
      operand.word[half + 2] = valid ? words.word[1] : 0;
    }
    return operand;
  }

  // Adds the products of a step of a chunk of keys; sets bits of `nans` for what e4m3 can't widen, as multiplyValues
  // does.
  static TREELINE_DEVICE void multiplyKeys(float (&sums)[4], const unsigned (&query)[4], const Words4 &chunk, int step,
                                           unsigned &nans) {
    if constexpr (Format::bytes == 1) {
      unsigned pairs[2];
      nans |= containsNaN(chunk.word[step]);
      widenE4M3(chunk.word[step], pairs);
      Operand::multiply(sums, query, pairs[0], pairs[1]);
    } else {
      Operand::multiply(sums, query, chunk.word[2 * step], chunk.word[2 * step + 1]);
    }
  }

  // The weights of two accumulators of logits as the left operand of p·v.
  static TREELINE_DEVICE void packWeights(const float (&near)[4], const float (&far)[4], unsigned (&operand)[4]) {
    operand[0] = Operand::pack(near[0], near[1]);
    operand[1] = Operand::pack(near[2], near[3]);
    operand[2] = Operand::pack(far[0], far[1]);
    operand[3] = Operand::pack(far[2], far[3]);
  }

  // Adds the weighted values of a lane's chunks of its four tokens; accumulator `first` + j takes the chunks' element
  // j.
  template <int words, int count>
  static TREELINE_DEVICE void multiplyValues(float (&sums)[count][4], int first, const unsigned (&weights)[4],
                                             const unsigned (&chunks)[4][words], unsigned &nans) {
#pragma unroll
    for (int word = 0; word < words; ++word) {
      const int place = first + word * (4 / Format::bytes);
      if constexpr (Format::bytes == 1) {
#pragma unroll
        for (int which = 0; which < 4; ++which) nans |= containsNaN(chunks[which][word]);
      }
#pragma unroll
      for (int side = 0; side < 2; ++side) {
        if constexpr (Format::bytes == 1) {
          const unsigned selector = side == 0 ? 0x5140 : 0x7362;
          unsigned near[2], far[2];
          widenE4M3(selectBytes(chunks[0][word], chunks[1][word], selector), near);
          widenE4M3(selectBytes(chunks[2][word], chunks[3][word], selector), far);
          Operand::multiply(sums[place + 2 * side], weights, near[0], far[0]);
          Operand::multiply(sums[place + 2 * side + 1], weights, near[1], far[1]);
        } else {
          const unsigned selector = side == 0 ? 0x5410 : 0x7632;
          Operand::multiply(sums[place + side], weights, selectBytes(chunks[0][word], chunks[1][word], selector),
                            selectBytes(chunks[2][word], chunks[3][word], selector));
        }
      }
    }
  }

  // Reads a chunk of 8 or 16 bytes.
  static TREELINE_DEVICE void load(const void *address, unsigned (&words)[4]) {
    const Words4 loaded = load16(address);
#pragma unroll
    for (int word = 0; word < 4; ++word) words[word] = loaded.word[word];
  }
  static TREELINE_DEVICE void load(const void *address, unsigned (&words)[2]) {
    const Words2 loaded = load8(address);
    words[0] = loaded.word[0];
    words[1] = loaded.word[1];
  }
};

} // namespace treeline
