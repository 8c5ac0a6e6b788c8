import Quantities

/// Queries and the keys that were attended to for them, whether a query sees them or not: what each query has of them is
/// the mask's matter, so that a sum over the blocks of a causal step is as short as one of a full step.
struct CoveredTokens: Hashable, Sendable {
  var queries: TokenRuns
  var keys: TokenCounts

  /// Nothing for nobody.
  static let none = CoveredTokens(queries: .none, keys: .none)

  /// What must be said of each run of queries that does not have every token that it sees once, in the order of the
  /// queries.
  ///
  /// - Parameters:
  ///   - queries: Queries that have these keys, as runs in order.
  ///   - mask: Which keys a query sees.
  ///   - tokens: The tokens of the sequence.
  func complaints(of queries: [Range<Int>], mask: AttentionMask, tokens: Int) -> [String] {
    queries.flatMap { run -> [String] in
      // Those who see a token that is wrong are the last of a run.
      var verbs: [(first: Int, words: [String])] = []
      func add(_ verb: (one: String, many: String), _ start: Int, _ end: Int, _ suffix: String = "") {
        let first = mask == .causal ? max(run.lowerBound, start) : run.lowerBound
        guard first < run.upperBound, start < end else { return }
        let verb = first == run.upperBound - 1 ? verb.one : verb.many
        let last = mask == .causal ? min(end, run.upperBound) : end
        let isWhole = mask == .full || first >= last - 1
        let words = "\(verb) \(isWhole ? "" : "what they see of ")\(TokenCounts.name(start, last))\(suffix)"
        if let place = verbs.firstIndex(where: { $0.first == first }) {
          verbs[place].words.append(words)
        } else {
          verbs.append((first, [words]))
        }
      }
      for part in keys.runs where part.count > 1 {
        add(("has", "have"), part.start, part.end, part.count == 2 ? " twice" : " \(part.count) times")
      }
      for gap in keys.gaps(tokens: tokens) { add(("lacks", "lack"), gap.lowerBound, gap.upperBound) }
      return verbs.sorted { $0.first < $1.first }.map { entry in
        let queries = TokenRuns(entry.first..<run.upperBound)
        return "\(queries.count == 1 ? "query" : "queries") \(queries) \(entry.words.joined(separator: " and "))"
      }
    }
  }
}
