import Quantities

/// Work of a device that can be done again and again, and checked.
public struct PreparedKernel {
  /// How much is done each time.
  public enum Work: Hashable, Sendable {
    /// Bytes that are read or written.
    case bytes(Int64)
    /// Floating-point operations that the mask lets through.
    case flops(Double)
  }

  /// What it is, such as `read 64 MiB`.
  public let label: String
  /// The kernel that does most of it.
  public let kernel: String
  /// Its sizes in a canonical text.
  public let options: String
  /// How much is done; nil for a launch of nothing.
  public let work: Work?
  /// Puts it on the session's stream.
  let enqueue: () throws(CUDAError) -> Void
  /// Compares what it gave with the CPU: the largest error as a share of its bound.
  let check: () throws(CUDAError) -> Double
}
