import Quantities

/// What a PCI device id or a compute capability says of a GPU.
public struct GPUModel: Hashable, Sendable {
  /// The PCI device id.
  public var deviceID: Int
  /// The vendor's name.
  public var title: String
  /// The device profile's name, where one comes with the program under that name.
  public var profile: String

  /// The data-centre and desktop GPUs whose ids are known (pci.ids, The PCI ID Repository, vendors 10de and 1002).
  public static let known: [GPUModel] = [
    GPUModel(deviceID: 0x1db1, title: "NVIDIA V100 SXM2 16GB", profile: "v100-sxm2-16gb"),
    GPUModel(deviceID: 0x1db5, title: "NVIDIA V100 SXM2 32GB", profile: "v100-sxm2-32gb"),
    GPUModel(deviceID: 0x20b0, title: "NVIDIA A100 SXM4 40GB", profile: "a100-sxm-40gb"),
    GPUModel(deviceID: 0x20b2, title: "NVIDIA A100 SXM4 80GB", profile: "a100-sxm-80gb"),
    GPUModel(deviceID: 0x20b5, title: "NVIDIA A100 PCIe 80GB", profile: "a100-pcie-80gb"),
    GPUModel(deviceID: 0x20f1, title: "NVIDIA A100 PCIe 40GB", profile: "a100-pcie-40gb"),
    GPUModel(deviceID: 0x26b9, title: "NVIDIA L40S", profile: "l40s"),
    GPUModel(deviceID: 0x2330, title: "NVIDIA H100 SXM5 80GB", profile: "h100-sxm"),
    GPUModel(deviceID: 0x2331, title: "NVIDIA H100 PCIe", profile: "h100-pcie"),
    GPUModel(deviceID: 0x2335, title: "NVIDIA H200 SXM 141GB", profile: "h200-sxm"),
    GPUModel(deviceID: 0x2684, title: "NVIDIA GeForce RTX 4090", profile: "rtx4090"),
    GPUModel(deviceID: 0x2901, title: "NVIDIA B200", profile: "b200-sxm"),
    GPUModel(deviceID: 0x2941, title: "NVIDIA GB200", profile: "gb200"),
    GPUModel(deviceID: 0x74a1, title: "AMD Instinct MI300X", profile: "mi300x"),
  ]

  /// The model of a PCI device id; nil for one that is not known.
  public static func model(ofDevice deviceID: Int) -> GPUModel? { known.first { $0.deviceID == deviceID } }
}
