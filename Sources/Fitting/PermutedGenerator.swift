/// Random numbers of PCG64 (XSL-RR on 128 bits; O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation", HMC-CS-2014-0905), seeded and drawn from as NumPy's `default_rng` does, so that
/// a fit can be set beside one made with NumPy on the very same rows.
public struct PermutedGenerator: Sendable {
  private var state: UInt128 = 0
  private let increment: UInt128
  private var half: UInt32?

  private static let multiplier = UInt128(0x2360_ED05_1FC6_5DA4) << 64 | UInt128(0x4385_DF64_9FCC_F645)

  /// Starts the sequence of a seed.
  public init(seed: UInt64) {
    let words = SeedSequence(seed: seed).words64(4)
    increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
    step()
    state &+= UInt128(words[0]) << 64 | UInt128(words[1])
    step()
  }

  private mutating func step() {
    state = state &* Self.multiplier &+ increment
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    step()
    let folded = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let turns = UInt64(truncatingIfNeeded: state >> 122)
    return turns == 0 ? folded : folded >> turns | folded << (64 - turns)
  }

  private mutating func next32() -> UInt32 {
    if let kept = half {
      half = nil
      return kept
    }
    let word = next()
    half = UInt32(truncatingIfNeeded: word >> 32)
    return UInt32(truncatingIfNeeded: word)
  }

  /// A whole number from 0 to a bound below 2^32, that included (Lemire, "Fast Random Integer Generation in an Interval",
  /// 2019).
  public mutating func upTo(_ bound: Int) -> Int {
    guard bound > 0, bound < Int(UInt32.max) else { return 0 }
    let range = UInt32(bound) + 1
    var product = UInt64(next32()) * UInt64(range)
    if UInt32(truncatingIfNeeded: product) < range {
      let threshold = (UInt32.max - UInt32(bound)) % range
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(next32()) * UInt64(range) }
    }
    return Int(product >> 32)
  }

  /// The numbers below a count in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var numbers = Array(0..<count)
    for index in stride(from: count - 1, through: 1, by: -1) { numbers.swapAt(index, maskedUpTo(index)) }
    return numbers
  }

  /// A whole number from 0 to a bound below 2^32, that included, by drawing as many bits as it has until they are below it.
  private mutating func maskedUpTo(_ bound: Int) -> Int {
    let mask =
      bound > 0 ? UInt32.max >> UInt32(truncatingIfNeeded: UInt32(truncatingIfNeeded: bound).leadingZeroBitCount) : 0
    while true {
      let drawn = Int(next32() & mask)
      if drawn <= bound { return drawn }
    }
  }

  /// Different numbers below a count.
  public mutating func choose(_ size: Int, of count: Int) -> [Int] {
    guard size < count || count > 0 else { return [] }
    if count > 10_000, size > count / 50 {
      var numbers = Array(0..<count)
      shuffle(&numbers, from: max(count - size, 1))
      return Array(numbers[(count - size)...])
    }
    // Floyd's method (Bentley and Floyd, "Programming Pearls: A Sample of Brilliance", CACM 1987).
    var taken: Set<Int> = []
    var numbers: [Int] = []
    for last in (count - size)..<count {
      let drawn = upTo(last)
      let number = taken.contains(drawn) ? last : drawn
      taken.insert(number)
      numbers.append(number)
    }
    shuffle(&numbers, from: 1)
    return numbers
  }

  private mutating func shuffle(_ numbers: inout [Int], from first: Int) {
    for index in stride(from: numbers.count - 1, through: first, by: -1) {
      numbers.swapAt(index, upTo(index))
    }
  }
}
