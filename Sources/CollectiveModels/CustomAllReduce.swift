import Quantities

/// An all-reduce of small messages by one kernel that reads the peers' buffers, as serving engines have beside NCCL's: vLLM's
/// and TensorRT-LLM's custom all-reduces, and FlashInfer's.
///
/// Nothing of it is fitted: the formulas are counts of bytes and barriers, over assumed figures. After vLLM's
/// csrc/custom_all_reduce.cuh (`cross_device_reduce_1stage` and `_2stage`), from memory.
public enum CustomAllReduce: String, CaseIterable, Hashable, Sendable {
  /// Every rank reads all other ranks' whole buffers and adds them up: (n - 1) S over its links, a barrier before and after.
  case oneShot = "one-shot"
  /// Every rank adds up its n-th part, then reads the other parts: 2 (n - 1)/n S over its links, and a barrier between.
  case twoShot = "two-shot"

  /// Launching the kernel in a captured graph: assumed.
  public static let launch = Seconds(3e-6)
  /// The software of a barrier (a store to each peer's flag and a loop that reads its own) beside two hops: assumed.
  public static let barrier = Seconds(1e-6)
  /// The share of NCCL's W that plain loads from peers reach: assumed.
  public static let share = 0.8
  /// The largest buffer that vLLM and FlashInfer use it for.
  public static let mostBytes = Bytes(8 << 20)

  /// The time; nil where a rank can't read its peers' memory (between nodes, or PCIe without peer access), and for one rank.
  public func time(_ bytes: Bytes, on machine: CollectiveMachine) -> Seconds? {
    guard machine.nodes == 1, machine.node != .shm, machine.gpus > 1 else { return nil }
    let ranks = Double(machine.gpus)
    let hop = NCCLConstants.hop(machine.node.hardware, .ring, .ll) * 1e-6
    let barriers = self == .oneShot ? 2.0 : 3.0
    let moved = self == .oneShot ? ranks - 1 : 2 * (ranks - 1) / ranks
    let rate = machine.width.baseUnits * Self.share
    return Self.launch + Seconds(barriers * (Self.barrier.seconds + 2 * hop) + bytes.baseUnits * moved / rate)
  }

  /// Which of the two vLLM runs (custom_all_reduce.cuh, from memory): one-shot for two ranks, below 512 KiB for up to four
  /// and below 256 KiB for more.
  public static func choice(_ bytes: Bytes, on machine: CollectiveMachine) -> CustomAllReduce {
    let ranks = machine.gpus
    if ranks == 2 { return .oneShot }
    return bytes.count < (ranks <= 4 ? 512 << 10 : 256 << 10) ? .oneShot : .twoShot
  }
}
