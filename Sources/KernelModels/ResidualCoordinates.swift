import RealModule

/// Where a kernel lies in the tables of residuals: a grid of its own for each kernel, head dim and window, over the
/// logarithms of its work items, tokens and group size.
struct ResidualCoordinates: Sendable {
  /// The grid; nil for a window that is no power of two, which has none.
  let grid: Int64?
  /// log2 of the CTAs of a split (decode) or of batch times query heads (prefill).
  let items: Double
  /// log2 of the context (decode: at least of 2 tokens).
  let tokens: Double
  /// log2 of the group size.
  let group: Double

  /// The place of a kernel.
  ///
  /// - Parameters:
  ///   - model: The kernel.
  ///   - family: The kernel whose tables are meant.
  ///   - inWaves: Whether items are counted in multiprocessors, by which devices of other sizes are set beside each other.
  init(_ model: KernelModel, family: KernelFamily, inWaves: Bool = false) {
    let kernel = model.kernel
    grid = Self.grid(family, headDim: kernel.headDim, window: kernel.window ?? 0)
    let items = kernel.phase == .decode ? model.ctas : kernel.batch * kernel.queryHeads
    let scale = inWaves ? Double.log2(Double(model.device.multiprocessors)) : 0
    self.items = Double.log2(Double(items)) - scale
    tokens = Double.log2(Double(max(kernel.contextTokens, kernel.phase == .decode ? 2 : 1)))
    group = Double.log2(Double(kernel.groupSize))
  }

  /// The grid of a kernel, head dim and window, 0 for none; nil for a window that is no power of two.
  static func grid(_ family: KernelFamily, headDim: Int, window: Int) -> Int64? {
    guard window & (window - 1) == 0 else { return nil }
    let place = Int64(family.number) * 1024 + Int64(headDim)
    return place * 32 + Int64(window > 0 ? window.trailingZeroBitCount + 1 : 0)
  }
}
