/// An attention kernel as serving software ships it: one set of parameters belongs to each.
///
/// Which one runs follows from the software, the device and the shape. The rules are those of the public sources of
/// TensorRT-LLM and vLLM as far as they are known, checked against measured times only: where a rule says that the kernel
/// changes, times jump.
public enum KernelFamily: String, Sendable, Hashable, CaseIterable {
  /// FlashAttention 2 (arXiv 2307.08691), which vLLM runs below compute capability 9.
  case fa2 = "FA2"
  /// FlashAttention 3 (arXiv 2407.08608), which vLLM runs from compute capability 9 (inferred from its version).
  case fa3 = "FA3"
  /// vLLM's kernel for head dims above 256, probably Triton's.
  case tri = "TRI"
  /// TensorRT-LLM's decode kernel that shares a KV head among the query heads of its group.
  case xqa = "XQA"
  /// TensorRT-LLM's masked multi-head attention: one CTA a query head.
  case mmha = "MMHA"
  /// TensorRT-LLM's fused prefill below compute capability 9.
  case fm2 = "FM2"
  /// TensorRT-LLM's fused prefill from compute capability 9.
  case fm3 = "FM3"

  /// The kernel that runs.
  public static func choose(_ kernel: AttentionKernel, _ software: KernelSoftware, on device: KernelDevice)
    -> KernelFamily
  {
    switch (kernel.phase, software) {
    case (.decode, .trtllm):
      let group = kernel.groupSize
      let parts = max(1, kernel.contextTokens / 128)
      let work = 4 * Double(kernel.batch) * Double(kernel.kvHeads) * Double(parts)
      return (2...32).contains(group) && work > Double(device.multiprocessors) ? .xqa : .mmha
    case (.prefill, .trtllm): return device.capability < 90 ? .fm2 : .fm3
    case (_, .vllm): return kernel.headDim > 256 ? .tri : device.capability < 90 ? .fa2 : .fa3
    }
  }

  /// The CTAs that a multiprocessor holds at a time, by which waves are counted (chosen, not fitted).
  public var residentCTAs: Int {
    switch self {
    case .fa2, .mmha, .fm2: 2
    case .fa3, .tri, .xqa, .fm3: 1
    }
  }

  /// How the fixed costs of a phase fall with the clock: as its power of this exponent (chosen among 0, 0.5 and 1).
  func clockExponent(in phase: KernelPhase) -> Double {
    guard phase == .decode else { return 0 }
    switch self {
    case .xqa, .mmha: return 1
    case .fa2, .fa3, .tri, .fm2, .fm3: return 0.5
    }
  }

  /// The number that stands for the family in keys of tables.
  var number: Int {
    switch self {
    case .fa2: 0
    case .fa3: 1
    case .tri: 2
    case .xqa: 3
    case .mmha: 4
    case .fm2: 5
    case .fm3: 6
    }
  }

  /// The kernel whose parameters a device of another generation would start from, itself included.
  public var lineage: [KernelFamily] {
    switch self {
    case .fa2, .fa3: [.fa2, .fa3]
    case .fm2, .fm3: [.fm2, .fm3]
    case .tri, .xqa, .mmha: [self]
    }
  }
}
