import Quantities

/// The ranks that a trace shows.
public struct TraceRanks: Hashable, Sendable {
  /// The ranks in ranges, as they were given; nil for all.
  private let ranges: [ClosedRange<Int>]?

  /// Every rank.
  public static let all = TraceRanks(ranges: nil)

  private init(ranges: [ClosedRange<Int>]?) {
    self.ranges = ranges
  }

  /// The ranks of some ranges.
  public init(_ ranges: [ClosedRange<Int>]) {
    self.ranges = ranges
  }

  /// Reads ranks and ranges joined by commas: `0-7,12`.
  ///
  /// - Throws: ``TraceError/badRanks(found:)``.
  public init(parsing text: String) throws(TraceError) {
    var ranges: [ClosedRange<Int>] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { NumberText.trim(String($0)) }
      guard ends.count <= 2, let first = ends.first.flatMap(Self.rank), let last = ends.last.flatMap(Self.rank),
        first <= last
      else { throw .badRanks(found: text) }
      ranges.append(first...last)
    }
    self.ranges = ranges
  }

  /// A rank in plain digits.
  private static func rank(_ text: String) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
  }

  /// Checks that every rank takes part in a run.
  ///
  /// - Throws: ``TraceError/noSuchRank(found:worldSize:)``.
  public func validate(worldSize: Int) throws(TraceError) {
    for range in ranges ?? [] where range.upperBound >= worldSize {
      throw .noSuchRank(found: range.upperBound, worldSize: worldSize)
    }
  }

  /// For each rank of a run, whether it is shown.
  func mask(worldSize: Int) -> [Bool] {
    guard let ranges else { return [Bool](repeating: true, count: worldSize) }
    var mask = [Bool](repeating: false, count: worldSize)
    for range in ranges where range.lowerBound < worldSize {
      for rank in range.clamped(to: 0...worldSize - 1) { mask[rank] = true }
    }
    return mask
  }
}

extension TraceRanks: CustomStringConvertible {
  /// The ranks as they are given on the command line; `all` for all.
  public var description: String {
    guard let ranges else { return "all" }
    return ranges.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
