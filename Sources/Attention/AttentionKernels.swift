import Devices
import Programs
import Quantities
import Workloads

/// The kernels of a decode step and what each costs; memory traffic counts every operand once, read or written.
struct AttentionKernels {
  let workload: AttentionWorkload

  /// Flash attention of the queries on so many tokens: reads Q, K and V, writes a partial output and an LSE.
  func attend(tokens: Int) -> Kernel {
    Kernel(
      action: .attend, flops: workload.attendFLOPs(tokens: tokens),
      bytes: workload.cacheBytes(tokens: tokens) + workload.queryBytes + workload.numeratorBytes
        + workload.scalarBytes, type: workload.type, launched: true)
  }

  /// The same into a finished output, which needs no LSE to be kept.
  func attendToOutput(tokens: Int) -> Kernel {
    Kernel(
      action: .attend, flops: workload.attendFLOPs(tokens: tokens),
      bytes: workload.cacheBytes(tokens: tokens) + workload.queryBytes + workload.outputBytes, type: workload.type,
      launched: true)
  }

  /// The same folded into a running state (m, d, n), which is read and written.
  func attendInto(tokens: Int) -> Kernel {
    Kernel(
      action: .attendInto, flops: workload.attendFLOPs(tokens: tokens),
      bytes: workload.cacheBytes(tokens: tokens) + workload.queryBytes + stateBytes * 2, type: workload.type,
      launched: true)
  }

  /// n = o·e^(lse−m), d = e^(lse−m), in place: reads o, lse and m, writes n and d.
  var rescale: Kernel {
    Kernel(
      action: .rescale, flops: FLOPs(Double(outputElements + 2 * scalars)),
      bytes: workload.numeratorBytes * 2 + workload.scalarBytes * 3, type: workload.partialType, launched: true)
  }

  /// z = n/d: reads n and d, writes the output.
  var normalise: Kernel {
    Kernel(
      action: .normalise, flops: FLOPs(Double(outputElements)),
      bytes: workload.numeratorBytes + workload.scalarBytes + workload.outputBytes, type: workload.partialType,
      launched: true)
  }

  /// Repeats so many tokens' K and V to every query head: reads the cache, writes the expanded copy.
  func expand(tokens: Int) -> Kernel {
    var expanded = workload
    expanded.shape = workload.shape.expanded
    return Kernel(
      action: .expandHeads, flops: .zero,
      bytes: workload.cacheBytes(tokens: tokens) + expanded.cacheBytes(tokens: tokens), type: workload.type,
      launched: true)
  }

  /// The elements of an output or a numerator over the batch.
  var outputElements: Int { workload.batch * workload.shape.outputElements }
  /// One scalar a query head, over the batch.
  var scalars: Int { workload.batch * workload.shape.queryHeads }
  /// A state (m, d, n) in bytes.
  var stateBytes: Bytes { workload.numeratorBytes + workload.scalarBytes * 2 }

  /// The time of a kernel on a device, its launch included when it is launched on its own.
  static func time(_ kernel: Kernel, on device: DeviceProfile) -> Seconds {
    (kernel.launched ? device.launchOverhead : .zero)
      + device.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
  }
}
