import Foundation
import Quantities

/// What ranks give to a collective, and what each must get, exactly.
///
/// What is added up are whole numbers so small that every partial sum, in any order, is one that the type holds: NCCL's
/// result is then exact, and compared as such. All other data are random bits. Each rank has a pattern of its own, repeated
/// over its buffer; its length is a prime, so that data that end up in a wrong place of a power of two differ.
struct CollectiveData {
  /// Elements of a pattern.
  static let period = 16_381

  let collective: Collective
  let type: CollectiveType
  let ranks: Int
  /// Each rank's pattern, as bytes.
  private let patterns: [[UInt8]]
  /// The sum of all patterns; empty where nothing is added up.
  private let sum: [UInt8]

  /// A run of a pattern: `count` elements from element `first` on, which counts from the pattern's start without end.
  struct Run {
    let pattern: [UInt8]
    let first: Int
    let count: Int
  }

  init(collective: Collective, type: CollectiveType, ranks: Int, seed: UInt64) {
    self.collective = collective
    self.type = type
    self.ranks = ranks
    let size = type.byteCount
    var patterns: [[UInt8]] = []
    var sums = [Int](repeating: 0, count: collective.reduces ? Self.period : 0)
    // Where there are more ranks than the type can count, only every so manieth gives more than zero.
    let stride = (ranks + type.exactLimit - 1) / type.exactLimit
    let largest = min(type.exactLimit / ((ranks + stride - 1) / stride), 1 << 16)
    for rank in 0..<ranks {
      var state = (seed &+ UInt64(rank) &* 0x9E37_79B9_7F4A_7C15) | 1
      var pattern: [UInt8] = []
      pattern.reserveCapacity(Self.period * size)
      for place in 0..<Self.period {
        // Marsaglia's xorshift, 64 bits.
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        var bits = state &* 0x2545_F491_4F6C_DD1D
        if collective.reduces {
          let number = (rank + place) % stride == 0 ? Int(bits >> 33) % (largest + 1) : 0
          sums[place] += number
          bits = type.bits(number)
        }
        for byte in 0..<size { pattern.append(UInt8(truncatingIfNeeded: bits >> (8 * byte))) }
      }
      patterns.append(pattern)
    }
    self.patterns = patterns
    sum = sums.flatMap { number in
      let bits = type.bits(number)
      return (0..<size).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
  }

  /// What a rank gives.
  func given(_ rank: Int, _ shape: CollectiveShape) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(shape.sent * type.byteCount)
    append(Run(pattern: patterns[rank], first: 0, count: shape.sent), to: &bytes)
    return bytes
  }

  /// What a rank must get, one run after another.
  func expected(_ rank: Int, _ shape: CollectiveShape) -> [Run] {
    switch collective {
    case .allReduce: [Run(pattern: sum, first: 0, count: shape.count)]
    case .reduceScatter: [Run(pattern: sum, first: rank * shape.count, count: shape.count)]
    case .allGather: patterns.map { Run(pattern: $0, first: 0, count: shape.count) }
    case .allToAll: patterns.map { Run(pattern: $0, first: rank * shape.count, count: shape.count) }
    case .sendReceive: [Run(pattern: patterns[(rank + ranks - 1) % ranks], first: 0, count: shape.count)]
    case .broadcast: [Run(pattern: patterns[0], first: 0, count: shape.count)]
    }
  }

  /// The first element that differs from what it must be, with its bytes and those expected; nil where all are right.
  func firstWrong(
    _ found: [UInt8], rank: Int, _ shape: CollectiveShape
  ) -> (element: Int, found: [UInt8], expected: [UInt8])? {
    let size = type.byteCount
    var place = 0
    for run in expected(rank, shape) {
      var done = 0
      while done < run.count {
        let start = (run.first + done) % Self.period
        let count = min(Self.period - start, run.count - done)
        let isSame = found.withUnsafeBytes { found in
          run.pattern.withUnsafeBytes { pattern in
            found[place..<place + count * size].elementsEqualBytes(pattern[start * size..<(start + count) * size])
          }
        }
        if !isSame {
          for index in 0..<count {
            let one = Array(found[place + index * size..<place + (index + 1) * size])
            let must = Array(run.pattern[(start + index) * size..<(start + index + 1) * size])
            if one != must { return (place / size + index, one, must) }
          }
        }
        place += count * size
        done += count
      }
    }
    return nil
  }

  private func append(_ run: Run, to bytes: inout [UInt8]) {
    let size = type.byteCount
    var done = 0
    while done < run.count {
      let start = (run.first + done) % Self.period
      let count = min(Self.period - start, run.count - done)
      bytes.append(contentsOf: run.pattern[start * size..<(start + count) * size])
      done += count
    }
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// Whether both hold the same bytes; as many of them are given.
  fileprivate func elementsEqualBytes(_ other: Self) -> Bool {
    guard count == other.count, count > 0 else { return count == other.count }
    let (left, right) = (UnsafeRawBufferPointer(rebasing: self), UnsafeRawBufferPointer(rebasing: other))
    guard let first = left.baseAddress, let second = right.baseAddress else { return false }
    return memcmp(first, second, left.count) == 0
  }
}
