// The online softmax of a warp: logits in the accumulators of m16n8k16, a row a query.
//
// Lane l holds rows l / 4 and l / 4 + 8 of an accumulator, and of each columns 2·(l % 4) and 2·(l % 4) + 1; elements 0
// and 1 belong to the first row, 2 and 3 to the second. Maxima are those of logits times log₂ e, since 2^x is what the
// hardware computes.
#pragma once

#include "formats.cuh"

namespace treeline {

// The running maximum of two rows, the same in the four lanes that share them, and this lane's part of their sums.
struct RowStates {
  float maximum[2];
  float denominator[2];

  TREELINE_DEVICE void clear() {
    maximum[0] = maximum[1] = -infinity();
    denominator[0] = denominator[1] = 0.0f;
  }

  // Takes in the logits of some accumulators: they become weights, and `factor` what sums so far must be multiplied by.
  //
  // A row without a key so far keeps the maximum minus infinity, and its weights are 0. Plus infinity and NaN make the
  // denominator NaN, which stays.
  template <int count> TREELINE_DEVICE void fold(float (&logits)[count][4], float (&factor)[2]) {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float largest = maximum[row];
#pragma unroll
      for (int tile = 0; tile < count; ++tile) {
        largest = larger(largest, larger(logits[tile][2 * row], logits[tile][2 * row + 1]));
      }
      largest = larger(largest, shuffleXor(largest, 1));
      largest = larger(largest, shuffleXor(largest, 2));
      const float base = largest == -infinity() ? 0.0f : largest;
      factor[row] = exponential2(maximum[row] - base);
      maximum[row] = largest;
      float sum = 0.0f;
#pragma unroll
      for (int tile = 0; tile < count; ++tile) {
#pragma unroll
        for (int column = 2 * row; column < 2 * row + 2; ++column) {
          logits[tile][column] = exponential2(logits[tile][column] - base);
          sum += logits[tile][column];
        }
      }
      denominator[row] = denominator[row] * factor[row] + sum;
    }
  }

  // Adds up the parts of the lanes that share a row.
  TREELINE_DEVICE void finish() {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      denominator[row] += shuffleXor(denominator[row], 1);
      denominator[row] += shuffleXor(denominator[row], 2);
    }
  }
};

// NaN in all lanes of a warp where the bits of any are not zero, else 0.
TREELINE_DEVICE float poisonOfWarp(unsigned bits) {
  float poison = bits != 0 ? notANumber() : 0.0f;
#pragma unroll
  for (int mask = 16; mask > 0; mask /= 2) poison += shuffleXor(poison, mask);
  return poison;
}

// The weight of a partial state in a merge: e^(maximum − joint), 0 for a state without keys, NaN where it must be.
TREELINE_DEVICE float mergeWeight(float maximum, float joint) {
  return exponential2((maximum - (joint == -infinity() ? 0.0f : joint)) * log2e);
}

} // namespace treeline
