import Quantities

/// How the tokens of a sequence are dealt out to ranks.
public enum TokenLayout: String, Sendable, Hashable, CaseIterable {
  /// One run for each rank, in rank order, as evenly as whole tokens allow: the first `tokens mod ranks` ranks hold one
  /// more than the others.
  case contiguous
  /// The tokens in 2p runs, as evenly as whole tokens allow, of which rank r has the r-th from the front and the r-th
  /// from the back: so that under a causal mask every rank has as many pairs of a query and a key to work on, where
  /// contiguous runs leave the first rank idle.
  ///
  /// Llama 3's context parallelism (arXiv 2407.21783, section 3.3.2); Brandon et al. balance by striping tokens instead
  /// (arXiv 2311.09431).
  case zigzag

  /// The places of a rank's tokens.
  ///
  /// - Parameters:
  ///   - rank: The rank, from 0 to `ranks` - 1.
  ///   - ranks: The world size, at least 1.
  ///   - tokens: The places of the tokens that are dealt out.
  public func share(ofRank rank: Int, of ranks: Int, from tokens: Range<Int>) -> TokenRuns {
    switch self {
    case .contiguous: TokenRuns(Self.run(rank, of: ranks, from: tokens))
    case .zigzag:
      TokenRuns(
        Self.run(rank, of: 2 * ranks, from: tokens), Self.run(2 * ranks - 1 - rank, of: 2 * ranks, from: tokens))
    }
  }

  /// The tokens of the rank that has most, of so many.
  public func largestShare(of tokens: Int, among ranks: Int) -> Int {
    switch self {
    case .contiguous: tokens / ranks + (tokens % ranks > 0 ? 1 : 0)
    case .zigzag:
      // Past p longer runs, some rank has two of them.
      2 * (tokens / (2 * ranks)) + (tokens % (2 * ranks) > ranks ? 2 : tokens % (2 * ranks) > 0 ? 1 : 0)
    }
  }

  private static func run(_ index: Int, of runs: Int, from tokens: Range<Int>) -> Range<Int> {
    let (length, longer) = tokens.count.quotientAndRemainder(dividingBy: runs)
    let start = tokens.lowerBound + index * length + min(index, longer)
    return start..<start + length + (index < longer ? 1 : 0)
  }
}
