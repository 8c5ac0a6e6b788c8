/// The places in their sequence of the tokens that one block of a tensor holds, in ascending order: at most two runs
/// without a gap, which is what a zigzag share has.
///
/// Places count from 0 at the first token of the sequence; one value stands for every sequence of a batch.
public struct TokenRuns: Hashable, Sendable, CustomStringConvertible {
  /// The first run; empty only when there is no token at all.
  public let first: Range<Int>
  /// The second run, which begins past the end of the first; empty when there is only one.
  public let second: Range<Int>

  /// Creates the places of one run, or of two, the second of which begins where the first ends or later.
  public init(_ first: Range<Int>, _ second: Range<Int> = 0..<0) {
    switch (first.isEmpty, second.isEmpty) {
    case (true, true): (self.first, self.second) = (0..<0, 0..<0)
    case (true, false): (self.first, self.second) = (second, 0..<0)
    case (false, true): (self.first, self.second) = (first, 0..<0)
    case (false, false) where first.upperBound == second.lowerBound:
      (self.first, self.second) = (first.lowerBound..<second.upperBound, 0..<0)
    case (false, false): (self.first, self.second) = (first, second)
    }
  }

  /// No tokens.
  public static let none = TokenRuns(0..<0)

  /// The number of tokens.
  public var count: Int { first.count + second.count }

  /// Whether there is no token.
  public var isEmpty: Bool { first.isEmpty }

  /// The place of the first token; nil when there is none.
  public var lowest: Int? { isEmpty ? nil : first.lowerBound }

  /// The place of the last token; nil when there is none.
  public var highest: Int? { isEmpty ? nil : (second.isEmpty ? first : second).upperBound - 1 }

  /// The runs that hold tokens.
  public var runs: [Range<Int>] { [first, second].filter { !$0.isEmpty } }

  /// Some of the tokens, by their numbers from 0.
  public func part(_ numbers: Range<Int>) -> TokenRuns {
    func cut(_ run: Range<Int>, from base: Int) -> Range<Int> {
      let start = run.lowerBound + numbers.lowerBound - base
      return (start..<start + numbers.count).clamped(to: run)
    }
    return TokenRuns(cut(first, from: 0), cut(second, from: first.count))
  }

  /// How many of the tokens stand before a place: as they are in ascending order, the first so many.
  public func count(before place: Int) -> Int {
    max(0, min(place, first.upperBound) - first.lowerBound) + max(0, min(place, second.upperBound) - second.lowerBound)
  }

  /// Such as "0-11, 40-47"; "none" where there is no token.
  public var description: String {
    isEmpty
      ? "none"
      : runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }
        .joined(separator: ", ")
  }
}
