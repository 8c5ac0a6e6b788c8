/// Shares from 0 to 1 as a row of blocks, `·▁▂▃▄▅▆▇█`: a point for nothing, the lowest block for anything above it.
enum BlockChart {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The row.
  ///
  /// - Parameters:
  ///   - shares: The values; those above 1 count as 1.
  ///   - columns: How many columns each takes.
  static func row(_ shares: [Double], columns: Int) -> String {
    String(
      shares.flatMap { share -> [Character] in
        let level = Int((min(max(share, 0), 1) * Double(blocks.count)).rounded(.up))
        return [Character](repeating: level == 0 ? "·" : blocks[level - 1], count: columns)
      })
  }
}
