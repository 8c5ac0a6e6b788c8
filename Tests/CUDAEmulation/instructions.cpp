// The instructions of <instructions.cuh>, computed as the PTX ISA has them.
#include "include/instructions.cuh"
#include "emulation.hpp"

#include <cmath>
#include <cstring>

namespace {

using namespace emulation;

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

uint32_t toBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

float fromHalf(uint16_t bits) {
  const int exponent = bits >> 10 & 31, significand = bits & 1023;
  float value;
  if (exponent == 31) {
    value = significand == 0 ? INFINITY : NAN;
  } else {
    value = exponent == 0 ? std::ldexp(static_cast<float>(significand), -24)
                          : std::ldexp(static_cast<float>(significand + 1024), exponent - 25);
  }
  return bits & 0x8000 ? -value : value;
}

uint16_t toHalf(float value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return 0x7fff;
  const float magnitude = std::fabs(value);
  // Past the midpoint of the largest number, 65504, and what would come next.
  if (magnitude >= 65520.0f) return sign | 0x7c00;
  int exponent = magnitude == 0 ? -14 : std::max(std::ilogb(magnitude), -14);
  // Exact, and rounded to nearest even by rint.
  const int scaled = static_cast<int>(std::rint(std::ldexp(magnitude, 10 - exponent)));
  if (exponent == -14) return sign | static_cast<uint16_t>(scaled);
  return sign | static_cast<uint16_t>(scaled + ((exponent + 14) << 10));
}

float fromBFloat16(uint16_t bits) { return fromBits(static_cast<uint32_t>(bits) << 16); }

uint16_t toBFloat16(float value) {
  const uint32_t bits = toBits(value);
  if (std::isnan(value)) return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

const std::vector<float> &halves() {
  static const std::vector<float> all = [] {
    std::vector<float> numbers(1 << 16);
    for (int bits = 0; bits < 1 << 16; ++bits) numbers[bits] = fromHalf(static_cast<uint16_t>(bits));
    return numbers;
  }();
  return all;
}

struct ShuffleOperands {
  float value;
  float result;
  int mask;
};

struct MatrixOperands {
  unsigned *result;
  const void *row;
};

struct ProductOperands {
  float *c;
  const unsigned *a;
  unsigned b[2];
};

// Toward zero, as tensor cores round their sums (Fasi, Higham, Mikaitis, Pranesh, PeerJ CS 7:e330, 2021).
float chopped(double exact) {
  const float nearest = static_cast<float>(exact);
  return std::fabs(static_cast<double>(nearest)) > std::fabs(exact) ? std::nextafter(nearest, 0.0f) : nearest;
}

// c += a·b. Of a, lane l holds rows l / 4 and + 8, columns 2·(l % 4) + {0, 1} and + 8; of b, those columns' rows and
// column l / 4; of c, rows l / 4 and + 8, columns 2·(l % 4) + {0, 1} (PTX ISA, mma.m16n8k16).
template <class Convert> void multiply(void *const *operands, Convert convert) {
  float a[16][16], b[8][16];
  for (int lane = 0; lane < 32; ++lane) {
    const auto &own = *static_cast<const ProductOperands *>(operands[lane]);
    const int row = lane / 4, column = 2 * (lane % 4);
    for (int side = 0; side < 2; ++side) {
      for (int word = 0; word < 4; ++word) {
        a[row + 8 * (word % 2)][column + 8 * (word / 2) + side] = convert(own.a[word] >> (16 * side) & 0xffff);
      }
      for (int word = 0; word < 2; ++word) {
        b[row][column + 8 * word + side] = convert(own.b[word] >> (16 * side) & 0xffff);
      }
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    const auto &own = *static_cast<const ProductOperands *>(operands[lane]);
    for (int element = 0; element < 4; ++element) {
      const float *left = a[lane / 4 + 8 * (element / 2)];
      const float *right = b[2 * (lane % 4) + element % 2];
      float sum = own.c[element];
      for (int start = 0; start < 16; start += 8) {
        double exact = sum;
        for (int k = start; k < start + 8; ++k) exact += static_cast<double>(left[k]) * right[k];
        sum = chopped(exact);
      }
      own.c[element] = sum;
    }
  }
}

template <bool transposed> void loadAll(void *const *operands) {
  uint16_t rows[32][8];
  for (int lane = 0; lane < 32; ++lane) {
    std::memcpy(rows[lane], static_cast<const MatrixOperands *>(operands[lane])->row, 16);
  }
  for (int lane = 0; lane < 32; ++lane) {
    for (int matrix = 0; matrix < 4; ++matrix) {
      unsigned word = 0;
      for (int side = 0; side < 2; ++side) {
        const int row = lane / 4, column = 2 * (lane % 4) + side;
        const unsigned element = transposed ? rows[8 * matrix + column][row] : rows[8 * matrix + row][column];
        word |= element << (16 * side);
      }
      static_cast<const MatrixOperands *>(operands[lane])->result[matrix] = word;
    }
  }
}

} // namespace

namespace treeline {

float shuffleXor(float value, int mask) {
  ShuffleOperands own{value, 0, mask};
  meet("a shuffle", &own, [](void *const *operands) {
    for (int lane = 0; lane < 32; ++lane) {
      auto &to = *static_cast<ShuffleOperands *>(operands[lane]);
      to.result = static_cast<ShuffleOperands *>(operands[lane ^ to.mask])->value;
    }
  });
  return own.result;
}

Words4 load16(const void *address) {
  check(address, 16, 16, Access::read);
  Words4 value;
  std::memcpy(&value, address, 16);
  return value;
}

Words4 loadOnce(const void *address) { return load16(address); }

Words2 load8(const void *address) {
  check(address, 8, 8, Access::read);
  Words2 value;
  std::memcpy(&value, address, 8);
  return value;
}

void store16(void *address, Words4 value) {
  check(address, 16, 16, Access::write);
  std::memcpy(address, &value, 16);
}

void copyAsyncBytes(void *shared, const void *global, bool valid, int bytes) {
  const Copy copy{static_cast<unsigned char *>(shared), static_cast<const unsigned char *>(global), bytes, valid};
  startCopy(copy);
  launch->current->open.push_back(copy);
}

void commitCopies() {
  Fiber &own = *launch->current;
  own.groups.push_back(std::move(own.open));
  own.open.clear();
}

void waitForCopiesButLatest(int pending) {
  Fiber &own = *launch->current;
  const int done = static_cast<int>(own.groups.size()) - pending;
  if (done <= 0) return;
  for (int group = 0; group < done; ++group) {
    for (const Copy &copy : own.groups[group]) completeCopy(copy);
  }
  own.groups.erase(own.groups.begin(), own.groups.begin() + done);
}

void loadMatrices(unsigned (&result)[4], const void *row) {
  check(row, 16, 16, Access::read);
  MatrixOperands own{result, row};
  meet("ldmatrix", &own, &loadAll<false>);
}

void loadTransposedMatrices(unsigned (&result)[4], const void *row) {
  check(row, 16, 16, Access::read);
  MatrixOperands own{result, row};
  meet("ldmatrix.trans", &own, &loadAll<true>);
}

void multiplyHalf(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  ProductOperands own{c, a, {b0, b1}};
  meet("mma of half precision", &own, [](void *const *operands) {
    const float *numbers = halves().data();
    multiply(operands, [=](unsigned bits) { return numbers[bits]; });
  });
}

void multiplyBFloat16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  ProductOperands own{c, a, {b0, b1}};
  meet("mma of bfloat16", &own, [](void *const *operands) {
    multiply(operands, [](unsigned bits) { return fromBFloat16(static_cast<uint16_t>(bits)); });
  });
}

unsigned selectBytes(unsigned a, unsigned b, unsigned selector) {
  const uint64_t bytes = static_cast<uint64_t>(b) << 32 | a;
  unsigned result = 0;
  for (int place = 0; place < 4; ++place) {
    result |= static_cast<unsigned>(bytes >> (8 * (selector >> (4 * place) & 7)) & 0xff) << (8 * place);
  }
  return result;
}

unsigned packHalf(float low, float high) { return static_cast<unsigned>(toHalf(high)) << 16 | toHalf(low); }
unsigned packBFloat16(float low, float high) { return static_cast<unsigned>(toBFloat16(high)) << 16 | toBFloat16(low); }
float unpackHalf(unsigned short bits) { return halves()[bits]; }

unsigned multiplyPairs(unsigned a, unsigned b) {
  unsigned result = 0;
  for (int side = 0; side < 2; ++side) {
    const auto of = [=](unsigned pair) { return fromBFloat16(static_cast<uint16_t>(pair >> (16 * side))); };
    result |= static_cast<unsigned>(toBFloat16(of(a) * of(b))) << (16 * side);
  }
  return result;
}

float exponential2(float x) {
  const float value = static_cast<float>(std::exp2(static_cast<double>(x)));
  return value < 0x1p-126f ? 0.0f : value;
}

float logarithm(float x) { return static_cast<float>(std::log(static_cast<double>(x))); }
float bitsToFloat(unsigned bits) { return fromBits(bits); }
unsigned floatToBits(float value) { return toBits(value); }
float larger(float a, float b) { return std::fmax(a, b); }

} // namespace treeline
