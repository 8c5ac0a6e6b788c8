import Quantities

/// What one accelerator can do: the figures from which kernel times and memory limits follow.
public struct DeviceProfile: Hashable, Sendable {
  /// The name that topologies use, such as `h100-sxm`.
  public var name: String
  /// The vendor's name, such as "NVIDIA H100 SXM5 80GB".
  public var title: String
  /// The size of the device's memory.
  public var memory: Bytes
  /// The nominal rate of the device's memory.
  public var memoryBandwidth: BytesPerSecond
  /// The share of ``memoryBandwidth`` that a streaming kernel reaches, above 0 and at most 1 (files: from 0.001).
  public var memoryEfficiency: Double
  /// The dense peak rate of matrix arithmetic for each data type that the device supports.
  public var peak: [DataType: FLOPsPerSecond]
  /// The share of the peak that an attention kernel reaches, above 0 and at most 1.
  public var peakEfficiency: Double
  /// The time from the launch of a kernel to its first instruction, when nothing hides it.
  public var launchOverhead: Seconds
  /// The number of streaming multiprocessors or compute units.
  public var multiprocessors: Int
  /// The compute capability times ten, 90 for 9.0, of a device that runs CUDA; nil for any other, and where it is not said.
  public var computeCapability: Int?
  /// The dense bf16 operations (fp16 where there is no bf16) that the tensor cores of a multiprocessor do in a cycle; nil
  /// where it is not said.
  public var tensorFLOPsPerCycle: Double?
  /// The size of the last-level cache.
  public var cache: Bytes
  /// Where the figures come from.
  public var provenance: Provenance
  /// The document that the figures come from.
  public var source: String

  /// Creates a profile; see the properties for the meaning and units of each value.
  public init(
    name: String, title: String, memory: Bytes, memoryBandwidth: BytesPerSecond, memoryEfficiency: Double = 1,
    peak: [DataType: FLOPsPerSecond], peakEfficiency: Double = 1, launchOverhead: Seconds = .zero,
    multiprocessors: Int = 1, computeCapability: Int? = nil, tensorFLOPsPerCycle: Double? = nil, cache: Bytes = .zero,
    provenance: Provenance = .assumed, source: String = ""
  ) {
    self.name = name
    self.title = title
    self.memory = memory
    self.memoryBandwidth = memoryBandwidth
    self.memoryEfficiency = memoryEfficiency
    self.peak = peak
    self.peakEfficiency = peakEfficiency
    self.launchOverhead = launchOverhead
    self.multiprocessors = multiprocessors
    self.computeCapability = computeCapability
    self.tensorFLOPsPerCycle = tensorFLOPsPerCycle
    self.cache = cache
    self.provenance = provenance
    self.source = source
  }

  /// The rate at which kernels stream the memory: ``memoryBandwidth`` times ``memoryEfficiency``.
  public var achievedMemoryBandwidth: BytesPerSecond { memoryBandwidth * memoryEfficiency }

  /// The rate of arithmetic that kernels reach for a type; nil when the device has none for it.
  public func achievedPeak(_ type: DataType) -> FLOPsPerSecond? {
    peak[type].map { $0 * peakEfficiency }
  }

  /// The time of a kernel by the roofline model (Williams, Waterman and Patterson, CACM 2009): the larger of its
  /// arithmetic and its memory traffic. The launch is not in it.
  ///
  /// - Parameters:
  ///   - flops: The arithmetic.
  ///   - bytes: The bytes read from and written to the device's memory.
  ///   - type: The type of the arithmetic; a type that the device lacks runs at the rate of `bf16`, `fp16` or `fp32`,
  ///     the first that it has, as kernels for such devices convert on load.
  public func rooflineTime(flops: FLOPs, bytes: Bytes, type: DataType) -> Seconds {
    let rate = achievedPeak(type) ?? achievedPeak(.bf16) ?? achievedPeak(.fp16) ?? achievedPeak(.fp32)
    let arithmetic = rate.map { flops / $0 } ?? .zero
    return max(arithmetic, bytes / achievedMemoryBandwidth)
  }
}
