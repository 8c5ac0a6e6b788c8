/// How the tokens that one query token attends to are split over the blocks of a decode kernel.
enum SplitPlan {
  /// A split shorter than a few tiles of a block, which are 16 tokens a warp, wastes its start.
  static let fewestTokens = 256

  /// The tokens of a split: as many splits as fill the device once, none shorter than ``fewestTokens``.
  ///
  /// - Parameters:
  ///   - tokens: The tokens, at least 1.
  ///   - blocksPerSplit: The blocks that each split has: KV heads, groups of 16 query heads, sequences.
  ///   - residentBlocks: The blocks that the device holds at once.
  static func splitTokens(of tokens: Int, blocksPerSplit: Int, residentBlocks: Int) -> Int {
    let wanted = max(1, residentBlocks / max(blocksPerSplit, 1))
    return max((tokens + wanted - 1) / wanted, min(tokens, fewestTokens))
  }
}
