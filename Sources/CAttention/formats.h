// Loads of every format, and sums across lanes. Included by kernel.h, once for each variant.

// ---- Horizontal sums ----

// Lane j of KEEP is lane j of x where bit s of j is clear and of y where it is set; SWAP likewise from lane j ^ s.
#define KEEP(j, s) (((j) & (s)) ? LANES + (j) : (j))
#define SWAP(j, s) (((j) & (s)) ? LANES + ((j) ^ (s)) : ((j) ^ (s)))
#define LIST4(M, s, o) M(o, s), M(o + 1, s), M(o + 2, s), M(o + 3, s)
#if LANES == 4
#define LIST(M, s) LIST4(M, s, 0)
#elif LANES == 8
#define LIST(M, s) LIST4(M, s, 0), LIST4(M, s, 4)
#else
#define LIST(M, s) LIST4(M, s, 0), LIST4(M, s, 4), LIST4(M, s, 8), LIST4(M, s, 12)
#endif
#define FOLD(x, y, s) \
  (__builtin_shufflevector(x, y, LIST(KEEP, s)) + __builtin_shufflevector(x, y, LIST(SWAP, s)))

/// Lane j of the result is the sum of the lanes of v[j].
INLINE VF FN(sums)(VF v[LANES]) {
  for (int i = 0; i < LANES / 2; i++) v[i] = FOLD(v[2 * i], v[2 * i + 1], 1);
  for (int i = 0; i < LANES / 4; i++) v[i] = FOLD(v[2 * i], v[2 * i + 1], 2);
#if LANES >= 8
  for (int i = 0; i < LANES / 8; i++) v[i] = FOLD(v[2 * i], v[2 * i + 1], 4);
#endif
#if LANES >= 16
  v[0] = FOLD(v[0], v[1], 8);
#endif
  return v[0];
}

INLINE float FN(sum_of)(VF v) {
  float lanes[LANES];
  memcpy(lanes, &v, sizeof v);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

// ---- Keys and values, two vectors at a time ----
//
// 2 LANES elements become a pair of vectors. Of 16-bit formats the pair is the even and the odd elements, which a shift
// and a mask give; where the processor converts fp16 itself, and of fp32, it is the first half and the second. Queries
// are laid out, and numerators put back, accordingly.

typedef struct {
  VF a, b;
} FN(pair);

#ifdef WIDEN_HALF
#define INTERLEAVED(type) ((type) == treeline_bf16)
#else
#define INTERLEAVED(type) ((type) != treeline_fp32)

/// Halves in the low 16 bits of each lane. Exact: subnormal halves are normal floats after the multiplication.
INLINE VF FN(half)(VU bits) {
  VF magnitude = (VF)((bits & 0x7FFF) << 13) * 0x1p112f;
  VI special = (bits & 0x7C00) == 0x7C00;
  VU infinite = (VU)magnitude | ((VU)special & 0x7F800000);
  return (VF)(infinite | (bits & 0x8000) << 16);
}
#endif

INLINE FN(pair) FN(widen)(const char *from, int type) {
  FN(pair) pair;
  VU bits;
  switch (type) {
  case treeline_fp32:
    memcpy(&pair, from, sizeof pair);
    break;
  case treeline_bf16:
    memcpy(&bits, from, sizeof bits);
    pair.a = (VF)(bits << 16);
    pair.b = (VF)(bits & 0xFFFF0000);
    break;
  default:
#ifdef WIDEN_HALF
    pair.a = WIDEN_HALF(from);
    pair.b = WIDEN_HALF(from + 2 * LANES);
#else
    memcpy(&bits, from, sizeof bits);
    pair.a = FN(half)(bits & 0xFFFF);
    pair.b = FN(half)(bits >> 16);
#endif
  }
  return pair;
}

/// The first `count` elements of a pair, and zeros for the others: nothing past a tensor is ever read.
INLINE FN(pair) FN(widen_part)(const char *from, int type, size_t count) {
  char buffer[8 * LANES];
  memset(buffer, 0, sizeof buffer);
  memcpy(buffer, from, count * WIDTH_OF(type));
  return FN(widen)(buffer, type);
}

/// Where element `index` lies in a row that is laid out in pairs.
INLINE size_t FN(place)(size_t index, int type) {
  if (!INTERLEAVED(type)) return index;
  size_t within = index % (2 * LANES);
  return index - within + within % 2 * LANES + within / 2;
}
