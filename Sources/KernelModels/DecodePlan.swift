/// How a decode kernel is laid out on a device: its CTAs, and the split of KV among them.
public struct DecodePlan: Hashable, Sendable {
  /// The kernel.
  public let family: KernelFamily
  /// The CTAs of one split.
  public let ctas: Int
  /// The splits of KV that have work.
  public let splits: Int
  /// The CTAs that are launched and find no work: windowed XQA splits the whole context.
  public let idleCTAs: Int
  /// The tokens of a block of KV.
  public let blockTokens: Int
  /// The blocks of KV that the queries see.
  public let blocks: Int

  /// The plan of a decode step.
  public init(_ kernel: AttentionKernel, _ software: KernelSoftware, on device: KernelDevice) {
    let family = KernelFamily.choose(kernel, software, on: device)
    let group = kernel.groupSize
    let work = kernel.batch * kernel.kvHeads
    let visible = kernel.visibleTokens
    let multiprocessors = device.multiprocessors
    let block = family == .fa2 ? (kernel.headDim <= 64 ? 256 : kernel.headDim <= 128 ? 128 : 64) : 128
    let blocks = visible.parts(block)
    var ctas = work * group.parts(64)
    var splits = 1
    var idle = 0
    switch family {
    case .xqa:
      ctas = work
      let launched = max(1, min(max(1, kernel.contextTokens / 128), 8 * multiprocessors / work))
      splits = kernel.isWindowed ? min(launched, visible.parts(128) + 1) : launched
      idle = ctas * (launched - splits)
    case .mmha:
      ctas = kernel.batch * kernel.queryHeads
      splits = max(1, min(visible / 256, 3 * multiprocessors / ctas))
    case .fa2:
      if group > 1 {
        splits = SplitHeuristic.splits(ctas: Double(ctas), slots: Double(2 * multiprocessors), blocks: blocks)
      }
    case .fa3, .tri, .fm2, .fm3:
      let perCTA = (1.1 * Double(blocks) * Double(ctas) / Double(multiprocessors)).rounded(.up)
      splits = max(1, Int((Double(blocks) / perCTA).rounded(.up)))
    }
    self.family = family
    self.ctas = ctas
    self.splits = splits
    self.idleCTAs = idle
    self.blockTokens = block
    self.blocks = blocks
  }
}
