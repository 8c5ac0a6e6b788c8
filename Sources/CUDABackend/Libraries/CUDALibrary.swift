/// A library of NVIDIA's that is opened at run time, and how to come by it.
public enum CUDALibrary: String, Hashable, Sendable, CaseIterable {
  /// The driver.
  case driver = "the CUDA driver"
  /// The compiler of kernels.
  case nvrtc = "the compiler NVRTC"
  /// The driver's monitoring.
  case nvml = "the monitoring library NVML"
  /// Collectives between devices.
  case nccl = "the library of collectives NCCL"

  /// The names that it is looked for by, in turn.
  public var names: [String] {
    switch self {
    case .driver: ["libcuda.so.1"]
    case .nvrtc: ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]
    case .nvml: ["libnvidia-ml.so.1"]
    case .nccl: ["libnccl.so.2"]
    }
  }

  /// Folders outside of the loader's that are looked in before.
  var folders: [String] {
    switch self {
    case .driver, .nvml, .nccl: []
    // Where NVIDIA's packages put the toolkit, which tell no loader.
    case .nvrtc: ["/usr/local/cuda/lib64"]
    }
  }

  /// How to install it, as the end of a sentence.
  public var remedy: String {
    switch self {
    case .driver:
      "install NVIDIA's driver 525 or later (Debian: nvidia-driver and libcuda1; Ubuntu: ubuntu-drivers install), or name "
        + "the folder that holds it by --libraries"
    case .nvrtc:
      "install it, by pip install nvidia-cuda-nvrtc-cu12==12.9.86 or with the CUDA toolkit, and name the folder that holds "
        + "it by --libraries"
    case .nvml:
      "it comes with NVIDIA's driver (Debian: libnvidia-ml1); install it, or name the folder that holds it by --libraries"
    case .nccl:
      "install it, by pip install nvidia-nccl-cu12 or from NVIDIA's repository (libnccl2), and name the folder that holds it "
        + "by --libraries"
    }
  }
}
