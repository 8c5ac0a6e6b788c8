/// How a causal prefill kernel is laid out on a device: its tiles, CTAs and splits.
public struct PrefillPlan: Hashable, Sendable {
  /// The kernel.
  public let family: KernelFamily
  /// The rows of a tile: queries, or queries times the heads of a group where the kernel packs them.
  public let tileRows: Int
  /// The columns of a tile: KV tokens.
  public let tileColumns: Int
  /// The CTAs of one split.
  public let ctas: Int
  /// The splits of KV.
  public let splits: Int
  /// The tiles that are worked on, over all CTAs.
  public let tiles: Int
  /// The tiles of the longest CTA.
  public let longestTiles: Int

  /// The plan of a prefill.
  public init(_ kernel: AttentionKernel, _ software: KernelSoftware, on device: KernelDevice) {
    let family = KernelFamily.choose(kernel, software, on: device)
    let (rows, columns) = Self.tile(family, headDim: kernel.headDim)
    let packs = family == .fa3
    let pack = packs ? kernel.groupSize : 1
    let heads = packs ? kernel.kvHeads : kernel.queryHeads
    let tokens = kernel.queryTokens
    let rowBlocks = (tokens * pack).parts(rows)
    var sum = 0
    var longest = 0
    for block in 0..<rowBlocks {
      let low = block * rows / pack
      let high = min(((block + 1) * rows - 1) / pack, tokens - 1)
      var tiles = high / columns + 1
      if let window = kernel.window { tiles -= max(0, low - window + 1) / columns }
      sum += tiles
      longest = max(longest, tiles)
    }
    let ctas = kernel.batch * heads * rowBlocks
    let columnBlocks = tokens.parts(columns)
    let splits =
      packs && columnBlocks > 4
      ? SplitHeuristic.splits(ctas: Double(ctas), slots: Double(device.multiprocessors), blocks: columnBlocks) : 1
    self.family = family
    self.tileRows = rows
    self.tileColumns = columns
    self.ctas = ctas
    self.splits = splits
    self.tiles = kernel.batch * heads * sum
    self.longestTiles = longest.parts(splits)
  }

  /// The rows and columns of a tile, of the kernels' public sources.
  private static func tile(_ family: KernelFamily, headDim: Int) -> (rows: Int, columns: Int) {
    switch family {
    case .fa2: (64, headDim <= 128 ? 128 : 64)
    case .fa3: headDim <= 64 ? (192, 128) : headDim <= 128 ? (128, 128) : headDim <= 192 ? (128, 96) : (128, 80)
    case .tri: (64, 64)
    case .fm2: (128, 64)
    case .fm3, .xqa, .mmha: (128, headDim <= 128 ? 128 : 64)
    }
  }
}
