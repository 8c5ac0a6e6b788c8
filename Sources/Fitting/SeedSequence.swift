/// Words that are well mixed whatever the seed: NumPy's `SeedSequence`, after O'Neill's `seed_seq_fe`
/// (https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html).
struct SeedSequence {
  private var pool: [UInt32]

  init(seed: UInt64) {
    var constant: UInt32 = 0x43b0_d7e5
    func hash(_ word: UInt32) -> UInt32 {
      var word = word ^ constant
      constant = constant &* 0x931e_8875
      word = word &* constant
      return word ^ word >> 16
    }
    func mix(_ left: UInt32, _ right: UInt32) -> UInt32 {
      let word = 0xca01_f9dd &* left &- 0x4973_f715 &* right
      return word ^ word >> 16
    }
    let words = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), 0, 0]
    pool = words.map(hash)
    for source in 0..<4 {
      for target in 0..<4 where source != target { pool[target] = mix(pool[target], hash(pool[source])) }
    }
  }

  /// As many words of 64 bits.
  func words64(_ count: Int) -> [UInt64] {
    var constant: UInt32 = 0x8b51_f9dd
    let halves = (0..<2 * count).map { index in
      var word = pool[index % pool.count] ^ constant
      constant = constant &* 0x58f3_8ded
      word = word &* constant
      return UInt64(word ^ word >> 16)
    }
    return (0..<count).map { halves[2 * $0] | halves[2 * $0 + 1] << 32 }
  }
}
