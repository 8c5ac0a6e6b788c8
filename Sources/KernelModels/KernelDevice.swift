import Quantities

/// What the kernel model needs of a device: figures of its data sheet.
public struct KernelDevice: Hashable, Sendable {
  /// What it is called, such as `A100`.
  public let name: String
  /// The streaming multiprocessors.
  public let multiprocessors: Int
  /// The clock that the dense peak implies, in GHz: peak / (``multiprocessors`` · ``flopsPerCycle``).
  public let gigahertz: Double
  /// The nominal rate of the memory.
  public let memoryBandwidth: BytesPerSecond
  /// The size of the L2 cache.
  public let cache: Bytes
  /// The compute capability times ten: 80 for 8.0.
  public let capability: Int
  /// The dense bf16 operations that the tensor cores of a multiprocessor do in a cycle.
  public let flopsPerCycle: Double

  /// Creates a device.
  ///
  /// - Parameters:
  ///   - name: What it is called.
  ///   - multiprocessors: The streaming multiprocessors, 1 to 4096.
  ///   - gigahertz: The clock that the dense peak implies, 0.1 to 10.
  ///   - memoryBandwidth: The nominal rate of the memory, 1 GB/s to 1 PB/s.
  ///   - cache: The size of the L2 cache, 1 kB to 1 TB.
  ///   - capability: The compute capability times ten, 70 to 999.
  ///   - flopsPerCycle: The dense bf16 operations of a multiprocessor in a cycle, 1 to 10^6.
  /// - Throws: ``KernelModelError/device(name:field:found:expected:)`` for a figure out of its range.
  public init(
    name: String, multiprocessors: Int, gigahertz: Double, memoryBandwidth: BytesPerSecond, cache: Bytes,
    capability: Int, flopsPerCycle: Double
  ) throws(KernelModelError) {
    func check(_ field: String, _ value: Double, _ range: ClosedRange<Double>) throws(KernelModelError) {
      guard range.contains(value) else {
        throw .device(
          name: name, field: field, found: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check("multiprocessors", Double(multiprocessors), 1...4096)
    try check("clock in GHz", gigahertz, 0.1...10)
    try check("memory bandwidth in B/s", memoryBandwidth.baseUnits, 1e9...1e15)
    try check("cache in bytes", cache.baseUnits, 1e3...1e12)
    try check("compute capability times ten", Double(capability), 70...999)
    try check("operations of a multiprocessor in a cycle", flopsPerCycle, 1...1e6)
    self.init(
      unchecked: name, multiprocessors: multiprocessors, gigahertz: gigahertz, memoryBandwidth: memoryBandwidth,
      cache: cache, capability: capability, flopsPerCycle: flopsPerCycle)
  }

  private init(
    unchecked name: String, multiprocessors: Int, gigahertz: Double, memoryBandwidth: BytesPerSecond, cache: Bytes,
    capability: Int, flopsPerCycle: Double
  ) {
    self.name = name
    self.multiprocessors = multiprocessors
    self.gigahertz = gigahertz
    self.memoryBandwidth = memoryBandwidth
    self.cache = cache
    self.capability = capability
    self.flopsPerCycle = flopsPerCycle
  }

  /// The A100 SXM4 80 GB, figures of NVIDIA's data sheet and its "A100 Tensor Core GPU Architecture" white paper:
  /// 312 TFLOP/s of dense bf16 on 108 multiprocessors of 2048 a cycle are 1.41 GHz. Its cache is counted as 40 MB.
  public static let a100 = KernelDevice(
    unchecked: "A100", multiprocessors: 108, gigahertz: 1.41, memoryBandwidth: BytesPerSecond(2.039e12),
    cache: Bytes(40_000_000), capability: 80, flopsPerCycle: 2048)

  /// The H100 SXM5 80 GB, figures of NVIDIA's data sheet and its "H100 Tensor Core GPU Architecture" white paper:
  /// 989 TFLOP/s of dense bf16 on 132 multiprocessors of 4096 a cycle are 1.83 GHz. Its cache is counted as 50 MB.
  public static let h100 = KernelDevice(
    unchecked: "H100", multiprocessors: 132, gigahertz: 1.83, memoryBandwidth: BytesPerSecond(3.352e12),
    cache: Bytes(50_000_000), capability: 90, flopsPerCycle: 4096)

  /// The devices with measured kernels, oldest first.
  public static let measured = [a100, h100]

  /// The device that drivers call so, such as `NVIDIA A100-SXM4-80GB`; nil for one without figures here.
  public static func named(_ name: String) -> KernelDevice? {
    switch name {
    case "NVIDIA A100-SXM4-80GB": a100
    case "NVIDIA H100 80GB HBM3": h100
    default: measured.first { $0.name == name }
    }
  }
}
