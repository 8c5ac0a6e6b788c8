// e to the power of a vector of floats. Included by kernel.h, once for each variant.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; e^r by the polynomial of Cephes' expf (Moshier), then the two halves of 2^n, so that
// results below the normal numbers are rounded once. The error is below 1.1 units in the last place for every float with
// a finite result (KernelTests checks it); e^-inf = 0, e^inf = inf, e^NaN = NaN.

INLINE VF FN(exp)(VF x) {
  const VF lowest = (VF){} - 105.0f, highest = (VF){} + 89.0f;
  // Not a number fails both comparisons and stays.
  x = SELECT(x < lowest, lowest, x);
  x = SELECT(x > highest, highest, x);
  // Adding 1.5 x 2^23 leaves the nearest integer in the last bits.
  const float shift = 0x1.8p23f;
  VF shifted = x * 0x1.715476p0f + shift;
  VF n = shifted - shift;
  VF r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  VF p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r;
  p = p + 1.0f;
  VI exponent = (VI)shifted - 0x4B400000;
  VI half = exponent >> 1;
  VF first = (VF)((half + 127) << 23);
  VF second = (VF)((exponent - half + 127) << 23);
  return p * first * second;
}
