import Devices
import Quantities

extension KernelDevice {
  /// The figures of a device profile, with what it does not hold: the clock follows from its dense bf16 peak.
  ///
  /// - Parameters:
  ///   - profile: The profile.
  ///   - capability: The compute capability times ten: 89 for 8.9.
  ///   - flopsPerCycle: The dense bf16 operations that the tensor cores of a multiprocessor do in a cycle.
  /// - Throws: ``KernelModelError/device(name:field:found:expected:)`` for a figure that is missing or out of range.
  public init(_ profile: DeviceProfile, capability: Int, flopsPerCycle: Double) throws(KernelModelError) {
    guard let peak = profile.peak[.bf16] ?? profile.peak[.fp16] else {
      throw .device(name: profile.name, field: "peak", found: "none for bf16 or fp16", expected: "a dense rate for one")
    }
    let cycles = Double(profile.multiprocessors) * flopsPerCycle * 1e9
    try self.init(
      name: profile.name, multiprocessors: profile.multiprocessors,
      gigahertz: cycles > 0 ? peak.baseUnits / cycles : 0, memoryBandwidth: profile.memoryBandwidth,
      cache: profile.cache, capability: capability, flopsPerCycle: flopsPerCycle)
  }

  /// The figures of a device profile: those of the measured device that it describes, and otherwise its own.
  ///
  /// A profile describes a measured device when multiprocessors and compute capability are the same, memory bandwidth and
  /// clock within 1 %, and the cache within 10 %, as megabytes are counted in both ways: so a profile with a figure changed
  /// by more is another device, whose kernels were not measured.
  ///
  /// - Throws: ``KernelModelError/device(name:field:found:expected:)`` for a figure that is missing or out of range.
  public init(_ profile: DeviceProfile) throws(KernelModelError) {
    guard let capability = profile.computeCapability else {
      throw .device(
        name: profile.name, field: "compute-capability", found: "none",
        expected: "one such as 9.0: the kernel model is of CUDA devices")
    }
    guard let operations = profile.tensorFLOPsPerCycle else {
      throw .device(
        name: profile.name, field: "tensor-flops-per-cycle", found: "none",
        expected: "the dense bf16 operations of a multiprocessor in a cycle, such as 4096")
    }
    let own = try KernelDevice(profile, capability: capability, flopsPerCycle: operations)
    self = Self.measured.first { $0.isAlike(own) } ?? own
  }

  private func isAlike(_ other: KernelDevice) -> Bool {
    func near(_ left: Double, _ right: Double, within share: Double) -> Bool { abs(left - right) <= share * left }
    return multiprocessors == other.multiprocessors && capability == other.capability
      && near(memoryBandwidth.bytesPerSecond, other.memoryBandwidth.bytesPerSecond, within: 0.01)
      && near(gigahertz * flopsPerCycle, other.gigahertz * other.flopsPerCycle, within: 0.01)
      && near(cache.baseUnits, other.cache.baseUnits, within: 0.1)
  }
}
