import Quantities

/// One kernel and what it costs: the arithmetic and memory traffic from which a device's roofline gives its time.
public struct Kernel: Hashable, Sendable {
  /// What it computes.
  public var action: Action
  /// Its arithmetic.
  public var flops: FLOPs
  /// The bytes that it reads from and writes to the device's memory.
  public var bytes: Bytes
  /// The type of its arithmetic.
  public var type: DataType
  /// Whether it is launched on its own and pays the device's launch overhead; false for work fused into a kernel
  /// that already runs, as the reductions of a collective are.
  public var launched: Bool

  /// Creates a kernel; see the properties for the meaning of each value.
  public init(action: Action, flops: FLOPs, bytes: Bytes, type: DataType, launched: Bool) {
    self.action = action
    self.flops = flops
    self.bytes = bytes
    self.type = type
    self.launched = launched
  }

  /// The kernel that starts communication: it pays the launch overhead and nothing else.
  ///
  /// - Parameter type: The type of what is communicated.
  public static func launch(_ type: DataType) -> Kernel {
    Kernel(action: .launch, flops: .zero, bytes: .zero, type: type, launched: true)
  }
}
