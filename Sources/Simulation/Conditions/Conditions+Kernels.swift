import Quantities

extension Conditions {
  /// The time that a kernel is given on a device profile; nil where launch overhead and roofline tell it.
  public func kernelTime(profile: Int, kernel: Int) -> Seconds? {
    guard kernelTimes.indices.contains(profile), kernelTimes[profile].indices.contains(kernel) else { return nil }
    return kernelTimes[profile][kernel]
  }
}
