import Quantities

/// What an element of a buffer holds, by where it comes from instead of by a number.
///
/// Beside it every element has an index: its place in the tensor that the term names, such as head × value dim + element
/// of an output, whatever buffer it lies in. So what ends up in another place than its own is found.
///
/// A state is what belongs to one query token of one head of one sequence. Where the parts of a state lie side by side,
/// their tensor is one of packed states, so that what all states have in common is said once.
enum CoverageTerm: Hashable, Sendable {
  /// The queries of some tokens, of all heads and sequences; the number is one of ``CoverageNames/queries``.
  case queries(Int32)
  /// The keys, then the values, of the tokens that a rank begins with; or the same with KV heads repeated.
  case cache(owner: Int32, expanded: Bool)
  /// Attention to some tokens; the number is one of ``CoverageNames/tokens``, here and below.
  case output(tokens: Int32)
  /// The log of the sum of the exponentials of some tokens' logits.
  case logSumExp(tokens: Int32)
  /// The largest of some numbers; see ``CoverageNames/Maximum``.
  case maximum(Int32)
  /// Σ e^(s−m)·v over some tokens, m being a maximum.
  case numerators(tokens: Int32, scale: Int32)
  /// Σ e^(s−m) over the same.
  case denominators(tokens: Int32, scale: Int32)
  /// Of each state the output and its LSE.
  case packedOutputs(tokens: Int32)
  /// Of each state the numerators and their denominator.
  case packedSums(tokens: Int32, scale: Int32)
  /// Of each state the numerators, the largest logit and the denominator.
  case packedStates(tokens: Int32)
  /// Something that means nothing; a fault says why.
  case wrong

  /// The same kind of term over no tokens.
  var ofNoTokens: CoverageTerm {
    switch self {
    case .queries, .cache, .wrong: self
    case .output: .output(tokens: 0)
    case .logSumExp, .maximum: .maximum(0)
    case .numerators: .numerators(tokens: 0, scale: 0)
    case .denominators: .denominators(tokens: 0, scale: 0)
    case .packedOutputs: .packedOutputs(tokens: 0)
    case .packedSums: .packedSums(tokens: 0, scale: 0)
    case .packedStates: .packedStates(tokens: 0)
    }
  }
}

/// Numbers for sets of tokens and for maxima, so that comparing them is comparing numbers.
struct CoverageNames {
  /// What a maximum is taken over.
  enum Maximum: Hashable {
    /// The logits of some tokens.
    case logits(tokens: Int32)
    /// The LSEs of some sets of tokens.
    case logSumExps(Set<Int32>)
  }

  private(set) var queries: [TokenRuns] = []
  private(set) var tokens: [CoveredTokens] = [.none]
  private var tokenNumbers: [CoveredTokens: Int32] = [.none: 0]
  private var sums: [Int64: Int32] = [:]
  private(set) var maxima: [Maximum] = []
  private var maximumNumbers: [Maximum: Int32] = [:]

  /// No tokens.
  static let noTokens: Int32 = 0

  /// Keys that nobody has are no tokens, whoever the queries are.
  mutating func number(of covered: CoveredTokens) -> Int32 {
    if covered.keys.runs.isEmpty { return Self.noTokens }
    if let known = tokenNumbers[covered] { return known }
    let number = Int32(tokens.count)
    tokens.append(covered)
    tokenNumbers[covered] = number
    return number
  }

  mutating func number(of runs: TokenRuns) -> Int32 {
    if let known = queries.firstIndex(of: runs) { return Int32(known) }
    queries.append(runs)
    return Int32(queries.count - 1)
  }

  mutating func number(of maximum: Maximum) -> Int32 {
    if let known = maximumNumbers[maximum] { return known }
    let number = Int32(maxima.count)
    maxima.append(maximum)
    maximumNumbers[maximum] = number
    return number
  }

  /// The keys of both; nil where they are for different queries.
  mutating func sum(_ first: Int32, _ second: Int32) -> Int32? {
    if first == Self.noTokens { return second }
    if second == Self.noTokens { return first }
    let key = Int64(min(first, second)) << 32 | Int64(max(first, second))
    if let known = sums[key] { return known }
    let (left, right) = (tokens[Int(first)], tokens[Int(second)])
    guard left.queries == right.queries else { return nil }
    let sum = number(of: CoveredTokens(queries: left.queries, keys: left.keys.adding(right.keys)))
    sums[key] = sum
    return sum
  }
}
