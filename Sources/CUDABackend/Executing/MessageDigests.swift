/// Digests of what messages carry on both sides, for comparing them where a sender and its receiver are in different
/// processes.
struct MessageDigests {
  /// For each message what was sent, then for each what has arrived; 0 for what this process does not know.
  private(set) var numbers: [Double]
  private var count: Int { numbers.count / 2 }

  /// Knows nothing yet.
  init(count: Int) { numbers = [Double](repeating: 0, count: 2 * count) }

  /// What all processes know together.
  init(numbers: [Double]) { self.numbers = numbers }

  /// Sees what a message takes from its sender.
  mutating func sent(_ message: Int, _ bytes: [UInt8]) { numbers[message] = Self.digest(bytes) }

  /// Sees what a message has brought.
  mutating func arrived(_ message: Int, _ bytes: [UInt8]) { numbers[count + message] = Self.digest(bytes) }

  /// The first message that brought something else than was sent.
  var firstDifference: Int? { (0..<count).first { numbers[$0] != numbers[count + $0] } }

  /// Whether a message had brought these bytes.
  func hasArrived(_ message: Int, _ bytes: [UInt8]) -> Bool { numbers[count + message] == Self.digest(bytes) }

  /// FNV-1a (draft-eastlake-fnv) of eight bytes at a time, folded to the 52 bits that every number of a Double can hold
  /// beside 1, so that no digest is the 0 of one that is not known.
  private static func digest(_ bytes: [UInt8]) -> Double {
    let prime: UInt64 = 0x100_0000_01b3
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    bytes.withUnsafeBytes { bytes in
      var place = 0
      while place + 8 <= bytes.count {
        hash = (hash ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &* prime
        hash ^= hash >> 29
        place += 8
      }
      while place < bytes.count {
        hash = (hash ^ UInt64(bytes[place])) &* prime
        place += 1
      }
    }
    return Double((hash ^ hash >> 52) & (1 << 52 - 1)) + 1
  }
}
