/// A small seeded hash for choices that must be the same on every run and machine.
///
/// The finaliser is that of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). It is no cryptographic hash.
public enum SeededHash {
  /// Mixes a seed and two values into 64 well-spread bits.
  public static func mix(_ seed: UInt64, _ first: UInt64, _ second: UInt64) -> UInt64 {
    finish(finish(finish(seed &+ 0x9E37_79B9_7F4A_7C15) ^ first) ^ (second &+ 0x9E37_79B9_7F4A_7C15))
  }

  /// The finaliser of SplitMix64: a bijection that spreads every bit of a value over all.
  public static func finish(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
