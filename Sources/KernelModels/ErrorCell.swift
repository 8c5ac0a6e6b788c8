/// Kernels whose predictions are about as good as each other's: an interval belongs to each cell.
public struct ErrorCell: Hashable, Sendable {
  /// The kernel.
  public let family: KernelFamily
  /// The elements of a head.
  public let headDim: Int
  /// Whether it has a window.
  public let hasWindow: Bool
  /// What bounds it.
  public let regime: KernelRegime

  /// Creates a cell.
  public init(family: KernelFamily, headDim: Int, hasWindow: Bool, regime: KernelRegime) {
    self.family = family
    self.headDim = headDim
    self.hasWindow = hasWindow
    self.regime = regime
  }

  /// Orders cells for files.
  var order: [Int] { [family.number, headDim, hasWindow ? 1 : 0, regime.number] }
}
