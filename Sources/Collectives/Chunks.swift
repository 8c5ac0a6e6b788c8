/// The split of n units into p chunks: chunk i holds the units ⌊i·n/p⌋ to ⌊(i+1)·n/p⌋.
///
/// Chunks differ by at most one unit, and with fewer units than chunks exactly n of them hold one unit each. All
/// arithmetic stays within 64 bits for every n: ⌊i·n/p⌋ = i·⌊n/p⌋ + ⌊i·(n mod p)/p⌋.
///
///     let chunks = Chunks(of: 7, count: 3)
///     chunks[0]  // 0..<2
///     chunks[2]  // 4..<7
public struct Chunks: Hashable, Sendable {
  /// The number of units, n.
  public let units: Int
  /// The number of chunks, p.
  public let count: Int

  /// Creates a split.
  ///
  /// - Parameters:
  ///   - units: The number of units.
  ///   - count: The number of chunks, at least 1.
  public init(of units: Int, count: Int) {
    self.units = units
    self.count = count
  }

  /// The first unit of a chunk; for `count` the end of the last.
  public func start(_ chunk: Int) -> Int {
    chunk * (units / count) + chunk * (units % count) / count
  }

  /// The units of a chunk.
  public subscript(chunk: Int) -> Range<Int> { start(chunk)..<start(chunk + 1) }

  /// The number of units of a chunk.
  public func size(_ chunk: Int) -> Int { start(chunk + 1) - start(chunk) }

  /// The number of units of the largest chunk, ⌈n/p⌉.
  public var largest: Int { units / count + (units % count == 0 ? 0 : 1) }

  /// The number of units of the largest chunk but one that is left out.
  ///
  /// Of the chunks, n mod p hold one unit more than the others; where it is just one, it is the last.
  public func largest(except chunk: Int) -> Int {
    guard count > 1 else { return 0 }
    return units % count == 1 && chunk == count - 1 ? units / count : largest
  }

  /// How many chunks hold any unit, min(n, p).
  public var filled: Int { min(units, count) }

  /// 1 for a chunk that holds any unit, 0 for an empty one.
  public func occupancy(_ chunk: Int) -> Int { size(chunk) > 0 ? 1 : 0 }

  /// Whether all chunks are equal.
  public var even: Bool { units % count == 0 }
}
