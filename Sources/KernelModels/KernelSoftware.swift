/// The serving software whose kernels are modelled.
public enum KernelSoftware: String, Sendable, Hashable, CaseIterable {
  /// TensorRT-LLM.
  case trtllm
  /// vLLM.
  case vllm

  /// What it calls itself.
  public var title: String {
    switch self {
    case .trtllm: "TensorRT-LLM"
    case .vllm: "vLLM"
    }
  }

  /// What measurements call it, without its version.
  public var label: String {
    switch self {
    case .trtllm: "TRTLLM"
    case .vllm: "VLLM"
    }
  }
}
