/// What a function of one of the libraries returned instead of success.
public struct CUDAResult: Hashable, Sendable, CustomStringConvertible {
  /// The number.
  public let code: Int32
  /// The library's name for it, such as `CUDA_ERROR_LAUNCH_FAILED`.
  public let name: String
  /// The library's sentence on it.
  public let text: String

  /// Creates a result.
  public init(code: Int32, name: String, text: String) {
    self.code = code
    self.name = name
    self.text = text
  }

  /// CUDA_ERROR_OUT_OF_MEMORY of cuda.h.
  static let outOfMemory: Int32 = 2
  /// CUDA_ERROR_NO_DEVICE.
  static let noDevice: Int32 = 100
  /// CUDA_ERROR_NOT_READY.
  static let notReady: Int32 = 600
  /// CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED.
  static let peerAccessEnabled: Int32 = 704
  /// NVML_ERROR_GPU_IS_LOST of nvml.h.
  static let gpuIsLost: Int32 = 15

  /// Whether a kernel of ours, or how it was launched, is the reason: an invalid value (1), an image that can't be loaded
  /// (200), a function that is not there (500), an illegal address (700), too many resources (701), a misaligned address
  /// (716), an illegal instruction (715), a failed launch (719) of cuda.h.
  var isOfKernel: Bool { [1, 200, 500, 700, 701, 715, 716, 719].contains(code) }

  /// Whether we use NCCL wrongly: its invalid argument (4) and usage (5) of nccl.h.
  var isWrongUseOfNCCL: Bool { [4, 5].contains(code) }

  /// Such as `CUDA_ERROR_LAUNCH_FAILED (719, unspecified launch failure)`.
  public var description: String { "\(name) (\(code)\(text.isEmpty ? "" : ", \(text)"))" }
}
