/// How many blocks and warps of a kernel a multiprocessor of an architecture holds at once, in theory.
public struct KernelOccupancy: Hashable, Sendable {
  /// The architecture.
  public let limits: MultiprocessorLimits
  /// What the kernel takes.
  public let resources: KernelResources
  /// Bytes of shared memory of a block, static and dynamic.
  public let shared: Int
  /// Blocks.
  public let blocks: Int
  /// Warps.
  public let warps: Int

  /// The splits at which kernels that need shared memory for each are counted.
  public static let splits = 132

  /// Works it out.
  public init(_ kernel: KernelTable.Kernel, _ resources: KernelResources, on limits: MultiprocessorLimits) {
    self.limits = limits
    self.resources = resources
    shared = resources.staticShared + kernel.shared(splits: Self.splits)
    blocks = limits.residentBlocks(registers: resources.registers, shared: shared, threads: kernel.threads)
    warps = blocks * kernel.threads / 32
  }

  /// The share of the warps that a multiprocessor can hold, in whole percent.
  public var percent: Int { 100 * warps / limits.warps }
}
