import Configuration
import Quantities

extension DeviceProfile {
  /// Reads a profile from its mapping in a device file, or in the `devices` section of a topology.
  ///
  ///     memory: {capacity: 80 GB, bandwidth: 3.35 TB/s, efficiency: 0.9}
  ///     peak: {bf16: 989 TFLOP/s, fp8: 1979 TFLOP/s}
  ///     launch-overhead: 2 us
  ///
  /// - Parameters:
  ///   - field: The mapping.
  ///   - name: The name that topologies use; a `name` key in the mapping must agree with it.
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(reading field: Field, name: String) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: [
      "name", "title", "memory", "peak", "peak-efficiency", "launch-overhead", "multiprocessors",
      "compute-capability", "tensor-flops-per-cycle", "cache",
      "provenance", "source",
    ])
    if let own = mapping.optional("name"), try own.string() != name {
      throw own.error("found \(own.found), expected '\(name)', the name that this profile is known by")
    }
    let memory = try mapping.required("memory").mapping(allowed: ["capacity", "bandwidth", "efficiency"])
    // Wide enough for any device, and narrow enough that no time worked out from them leaves the range of a Double.
    let share = 0.001...1.0
    let bandwidths = BytesPerSecond(1e6)...BytesPerSecond(1e18)
    let rates = FLOPsPerSecond(1e6)...FLOPsPerSecond(1e21)
    let peaks = try mapping.required("peak").mapping(allowed: DataType.allCases.map(\.rawValue))
    var peak: [DataType: FLOPsPerSecond] = [:]
    for (key, value) in peaks.entries {
      guard let type = DataType(rawValue: key) else { continue }
      peak[type] = try value.quantity(in: rates)
    }
    guard !peak.isEmpty else {
      throw peaks.field.error("found no rate, expected one for at least one of fp32, bf16, fp16, fp8")
    }
    self.init(
      name: name,
      title: try mapping.string("title", default: name),
      memory: try memory.required("capacity").quantity(in: Bytes(1)...Bytes(1_000_000_000_000_000)),
      memoryBandwidth: try memory.required("bandwidth").quantity(in: bandwidths),
      memoryEfficiency: try memory.number("efficiency", in: share, default: 1),
      peak: peak,
      peakEfficiency: try mapping.number("peak-efficiency", in: share, default: 1),
      launchOverhead: try mapping.quantity("launch-overhead", in: Seconds.zero...Seconds(1), default: .zero),
      multiprocessors: try mapping.integer("multiprocessors", in: 1...1_000_000, default: 1),
      computeCapability: try mapping.optional("compute-capability").map { field throws(ConfigurationError) in
        Int((try field.number(in: 1...99) * 10).rounded())
      },
      tensorFLOPsPerCycle: try mapping.optional("tensor-flops-per-cycle").map { field throws(ConfigurationError) in
        try field.number(in: 1...1e6)
      },
      cache: try mapping.quantity("cache", in: Bytes.zero...Bytes(1_000_000_000_000), default: .zero),
      provenance: try mapping.provenance(default: .assumed),
      source: try mapping.string("source", default: ""))
  }

  /// Reads a profile from a device file of its own, whose `name` key names it.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(document: Document) throws(ConfigurationError) {
    let name = try document.root.mapping().required("name").string()
    try self.init(reading: document.root, name: name)
  }
}
