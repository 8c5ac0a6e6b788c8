import Quantities

/// What a device profile takes from measurements of plain kernels.
public struct MeasuredRates: Sendable {
  /// The rate of plain traffic.
  public struct Traffic: Sendable {
    /// Bytes a second at the median: for a copy those read and those written.
    public let rate: Double
    /// The bytes of each buffer.
    public let size: Bytes
    /// How many samples.
    public let samples: Int

    /// Such as `1 GiB at 3.1e12 B/s, median of 20`.
    var text: String { "\(size) at \(NumberText.format(rate / 1e9, significantDigits: 4)) GB/s, median of \(samples)" }
  }

  /// The read of the largest buffer.
  public let read: Traffic?
  /// The copy of the largest buffer.
  public let copy: Traffic?
  /// What launching an empty kernel by itself takes, and of how many samples.
  public let launch: (time: Seconds, samples: Int)?

  /// Picks out what a profile needs.
  public init(_ measurements: [KernelMeasurement]) {
    func largest(_ kernel: MemoryKernel, buffers: Int64) -> Traffic? {
      measurements.compactMap { one -> Traffic? in
        guard one.kernel == kernel.name, case .bytes(let bytes) = one.work, let rate = one.rate else { return nil }
        return Traffic(rate: rate, size: Bytes(bytes / buffers), samples: one.times.samples.count)
      }.max { $0.size < $1.size }
    }
    read = largest(.read, buffers: 1)
    copy = largest(.copy, buffers: 2)
    launch = measurements.first { $0.kernel == "empty" && $0.options.hasPrefix("way=launches") }.map {
      (Seconds($0.times.median), $0.times.samples.count)
    }
  }
}
