// The formats of numbers in memory, and what kernels compute with them.
#pragma once

#include <instructions.cuh>

namespace treeline {

constexpr float log2e = 1.44269504088896340736f;
constexpr float ln2 = 0.69314718055994530942f;

TREELINE_DEVICE float infinity() { return bitsToFloat(0x7f800000u); }
TREELINE_DEVICE float notANumber() { return bitsToFloat(0x7fc00000u); }

// How many numbers share a scale in a cache of fp8, counted from the tensor's first number.
constexpr int scaleBlock = 128;

// IEEE 754 single precision.
struct Single {
  using Storage = float;
  static TREELINE_DEVICE float load(const float *address) { return *address; }
  static TREELINE_DEVICE void store(float *address, float value) { *address = value; }
  // A function of the numbers in two words.
  template <class Function> static TREELINE_DEVICE unsigned combine(unsigned a, unsigned b, Function function) {
    return floatToBits(function(bitsToFloat(a), bitsToFloat(b)));
  }
};

// IEEE 754 half precision.
struct Half {
  using Storage = unsigned short;
  // What tensor cores multiply it as.
  using Operand = Half;
  static constexpr int bytes = 2;
  static TREELINE_DEVICE float load(const unsigned short *address) { return unpackHalf(*address); }
  static TREELINE_DEVICE void store(unsigned short *address, float value) {
    *address = static_cast<unsigned short>(packHalf(value, 0.0f));
  }
  static TREELINE_DEVICE unsigned pack(float low, float high) { return packHalf(low, high); }
  // A function of each of the two numbers in two words.
  template <class Function> static TREELINE_DEVICE unsigned combine(unsigned a, unsigned b, Function function) {
    const auto number = [](unsigned bits) { return unpackHalf(static_cast<unsigned short>(bits)); };
    return packHalf(function(number(a), number(b)), function(number(a >> 16), number(b >> 16)));
  }
  static TREELINE_DEVICE void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    multiplyHalf(c, a, b0, b1);
  }
};

// bfloat16: the upper half of a single.
struct BFloat16 {
  using Storage = unsigned short;
  using Operand = BFloat16;
  static constexpr int bytes = 2;
  static TREELINE_DEVICE float load(const unsigned short *address) {
    return bitsToFloat(static_cast<unsigned>(*address) << 16);
  }
  static TREELINE_DEVICE void store(unsigned short *address, float value) {
    *address = static_cast<unsigned short>(packBFloat16(value, 0.0f));
  }
  static TREELINE_DEVICE unsigned pack(float low, float high) { return packBFloat16(low, high); }
  // A function of each of the two numbers in two words.
  template <class Function> static TREELINE_DEVICE unsigned combine(unsigned a, unsigned b, Function function) {
    return packBFloat16(function(bitsToFloat(a << 16), bitsToFloat(b << 16)),
                        function(bitsToFloat(a & 0xffff0000u), bitsToFloat(b & 0xffff0000u)));
  }
  static TREELINE_DEVICE void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    multiplyBFloat16(c, a, b0, b1);
  }
};

// FP8 E4M3 without infinities; multiplied as bfloat16, which holds it exactly, with queries of bfloat16 beside it.
struct E4M3 {
  using Operand = BFloat16;
  static constexpr int bytes = 1;
};

// Four numbers of E4M3 as two pairs of bfloat16, exactly, but for NaN, which containsNaN finds.
//
// Their exponents and significands are shifted to where bfloat16 has its own, which divides by 2^(127 − 7) and makes
// subnormal numbers subnormal; a multiplication brings both back.
TREELINE_DEVICE void widenE4M3(unsigned numbers, unsigned (&pairs)[2]) {
  const unsigned selectors[2] = {0x1404, 0x3424};
#pragma unroll
  for (int pair = 0; pair < 2; ++pair) {
    const unsigned raised = selectBytes(numbers, 0, selectors[pair]);
    pairs[pair] = multiplyPairs((raised & 0x80008000u) | ((raised & 0x7f007f00u) >> 4), 0x7b807b80u);
  }
}

// Whether one of four numbers of E4M3 is NaN, which all bits but the sign make: a bit for each, else 0.
TREELINE_DEVICE unsigned containsNaN(unsigned numbers) { return ((numbers & 0x7f7f7f7fu) + 0x01010101u) & 0x80808080u; }

} // namespace treeline
