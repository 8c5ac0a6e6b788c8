import Devices
import Quantities

extension KernelDevice {
  /// The device that a shipped profile describes and whose kernels were measured; nil for any other.
  ///
  /// - Parameter profile: The name of the profile, such as `h100-sxm`.
  public static func measured(profile: String) -> KernelDevice? {
    switch profile {
    case "a100-sxm-80gb": a100
    case "h100-sxm": h100
    default: nil
    }
  }

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
}
