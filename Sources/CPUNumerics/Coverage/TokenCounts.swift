/// How often each token is counted: runs of tokens in order, each with a count of at least one.
struct TokenCounts: Hashable, Sendable {
  struct Run: Hashable, Sendable {
    var start: Int
    var end: Int
    var count: Int
  }

  private(set) var runs: [Run]

  /// No tokens.
  static let none = TokenCounts(runs: [])

  private init(runs: [Run]) { self.runs = runs }

  /// Each token of a range once.
  init(_ range: Range<Int>) {
    runs = range.isEmpty ? [] : [Run(start: range.lowerBound, end: range.upperBound, count: 1)]
  }

  /// Each token of some ranges as often as it stands in them.
  init(_ ranges: [Range<Int>]) {
    self = ranges.reduce(.none) { $0.adding(TokenCounts($1)) }
  }

  /// The tokens of both, with their counts added.
  func adding(_ other: TokenCounts) -> TokenCounts {
    var changes = (runs + other.runs).flatMap { [($0.start, $0.count), ($0.end, -$0.count)] }
    changes.sort { $0.0 < $1.0 }
    var sum: [Run] = []
    var count = 0
    var start = 0
    for (place, change) in changes {
      if place > start, count > 0 {
        if let last = sum.last, last.end == start, last.count == count {
          sum[sum.count - 1].end = place
        } else {
          sum.append(Run(start: start, end: place, count: count))
        }
      }
      start = place
      count += change
    }
    return TokenCounts(runs: sum)
  }

  /// What must be said of these where every token of `0..<tokens` should be there once; nil when that is so.
  func complaint(tokens: Int) -> String? {
    var parts: [String] = []
    for run in runs where run.count > 1 {
      parts.append("has \(Self.name(run.start, run.end)) \(run.count == 2 ? "twice" : "\(run.count) times")")
    }
    let missing = gaps(tokens: tokens).map { Self.name($0.lowerBound, $0.upperBound) }
    if !missing.isEmpty { parts.append("lacks \(missing.joined(separator: " and "))") }
    return parts.isEmpty ? nil : parts.joined(separator: " and ")
  }

  /// The tokens of `0..<tokens` that are not there, as runs in order.
  func gaps(tokens: Int) -> [Range<Int>] {
    var gaps: [Range<Int>] = []
    var next = 0
    for run in runs + [Run(start: tokens, end: tokens, count: 1)] {
      if run.start > next { gaps.append(next..<run.start) }
      next = run.end
    }
    return gaps
  }

  /// Such as "tokens 20 to 39".
  static func name(_ start: Int, _ end: Int) -> String {
    end == start + 1 ? "token \(start)" : "tokens \(start) to \(end - 1)"
  }
}
