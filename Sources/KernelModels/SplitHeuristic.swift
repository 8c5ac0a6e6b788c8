/// FlashAttention's choice of the number of splits of KV (`num_splits_heuristic` in Dao-AILab/flash-attention).
enum SplitHeuristic {
  /// The splits: 1 when the CTAs fill 0.8 of the slots; else the least whose waves are 0.85 as full as those of the best.
  /// A number counts only if it changes how many blocks a CTA does.
  ///
  /// - Parameters:
  ///   - ctas: The CTAs of one split.
  ///   - slots: The CTAs that the device holds at a time.
  ///   - blocks: The blocks of KV.
  static func splits(ctas: Double, slots: Double, blocks: Int) -> Int {
    guard ctas < 0.8 * slots else { return 1 }
    let most = min(128, Int(slots), blocks)
    guard most > 1 else { return 1 }
    var fullness: [(splits: Int, share: Double)] = []
    var best = 0.0
    for splits in 1...most where splits == 1 || blocks.parts(splits) != blocks.parts(splits - 1) {
      let waves = ctas * Double(splits) / slots
      let share = waves / waves.rounded(.up)
      fullness.append((splits, share))
      best = max(best, share)
    }
    return fullness.first { $0.share >= 0.85 * best }?.splits ?? 1
  }
}

extension Int {
  /// This over a number of parts, rounded up.
  func parts(_ count: Int) -> Int { (self + count - 1) / count }
}
