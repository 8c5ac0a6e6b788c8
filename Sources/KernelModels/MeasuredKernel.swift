import Quantities

/// One measured time of an attention kernel.
public struct MeasuredKernel: Hashable, Sendable {
  /// The line of its file.
  public let line: Int
  /// The shape.
  public let kernel: AttentionKernel
  /// The software.
  public let software: KernelSoftware
  /// The software with its version, such as `VLLM 0.14.0`.
  public let version: String
  /// The device.
  public let device: KernelDevice
  /// The time, above zero.
  public let time: Seconds

  /// Creates a measurement.
  public init(
    line: Int, kernel: AttentionKernel, software: KernelSoftware, version: String, device: KernelDevice, time: Seconds
  ) {
    self.line = line
    self.kernel = kernel
    self.software = software
    self.version = version
    self.device = device
    self.time = time
  }

  /// Shapes that are left out together: what one family of models has in common.
  var shapeFamily: [Int] { [kernel.queryHeads, kernel.kvHeads, kernel.headDim] }
}
