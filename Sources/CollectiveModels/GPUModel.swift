import Quantities

/// A GPU as NCCL's tuner sees it.
public struct GPUModel: Hashable, Sendable {
  /// The name, such as `H100`.
  public let name: String
  /// How such GPUs reach each other in a node, unless a machine says otherwise.
  public let node: NodeClass
  /// The GB/s that NCCL counts for the links of one, in one direction; 0 for those that only have PCIe, and for a mesh.
  let width: Double
  /// The column of NCCL's tables.
  let generation: NCCLGeneration
  /// The compute capability times ten; for AMD's architecture gfx942 its first digits.
  public let capability: Int
  /// The generation of PCIe that it has.
  let pcie: Int
  /// Texts in names of this GPU, in upper case.
  let keys: [String]

  private init(
    _ name: String, _ node: NodeClass, _ width: Double, _ generation: NCCLGeneration, _ capability: Int, pcie: Int,
    keys: [String] = []
  ) {
    self.name = name
    self.node = node
    self.width = width
    self.generation = generation
    self.capability = capability
    self.pcie = pcie
    self.keys = keys.isEmpty ? [name.uppercased()] : keys
  }

  /// The GPUs that are known. Widths are NCCL's: 12 channels of 20 GB/s for an A100, 360 GB/s from the speeds that its search
  /// tries for an H100 (`speedArray` of search.cc @5067397c2676), and so on; A800 and H800 have 8 of the links.
  ///
  /// A name that contains another's stands before it.
  public static let known: [GPUModel] = [
    GPUModel("V100", .nvl2, 120, .volta, 70, pcie: 3), GPUModel("A100", .nvl3, 240, .ampere, 80, pcie: 4),
    GPUModel("A800", .nvl3, 160, .ampere, 80, pcie: 4), GPUModel("H100", .nvl4, 360, .hopper, 90, pcie: 5),
    GPUModel("H800", .nvl4, 160, .hopper, 90, pcie: 5), GPUModel("H200", .nvl4, 360, .hopper, 90, pcie: 5),
    GPUModel("H20", .nvl4, 360, .hopper, 90, pcie: 5), GPUModel("B200", .nvl5, 720, .blackwell, 100, pcie: 5),
    GPUModel("B300", .nvl5, 720, .blackwell, 100, pcie: 5), GPUModel("MI300X", .xgmi, 0, .hopper, 94, pcie: 5),
    GPUModel("MI325X", .xgmi, 0, .hopper, 94, pcie: 5),
    GPUModel("RTX 2080 Ti", .shm, 0, .volta, 75, pcie: 3, keys: ["2080"]),
    GPUModel("RTX 3090", .shm, 0, .ampere, 86, pcie: 4, keys: ["3090"]),
    GPUModel("RTX 4090", .shm, 0, .ampere, 86, pcie: 4, keys: ["4090"]),
    GPUModel("RTX 5090", .shm, 0, .ampere, 86, pcie: 5, keys: ["5090"]),
    GPUModel("TITAN V", .pcie, 0, .volta, 70, pcie: 3), GPUModel("T4", .pcie, 0, .volta, 75, pcie: 3),
    GPUModel("RTX A6000", .pcie, 0, .ampere, 86, pcie: 4, keys: ["A6000"]),
    GPUModel("A10", .pcie, 0, .ampere, 86, pcie: 4), GPUModel("A30", .pcie, 0, .ampere, 80, pcie: 4),
    GPUModel("A40", .pcie, 0, .ampere, 86, pcie: 4), GPUModel("L40S", .pcie, 0, .ampere, 89, pcie: 4),
    GPUModel("L40", .pcie, 0, .ampere, 89, pcie: 4), GPUModel("L4", .pcie, 0, .ampere, 89, pcie: 4),
  ]

  /// The GPU that a text names: `NVIDIA H100 80GB HBM3`, `A100-40GB p4d.24xlarge`, `h100-sxm`; nil for none that is known.
  public static func named(_ text: String) -> GPUModel? {
    let text = text.uppercased()
    // A name within another word is another GPU: the A10 of A100, the T4 of XT40.
    return known.first { model in
      model.keys.contains { key in
        text.ranges(of: key).contains { range in
          let before = range.lowerBound == text.startIndex ? nil : text[text.index(before: range.lowerBound)]
          let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
          // GB200 is a B200 and GH200 an H200, beside a CPU.
          let isNumber = key.first?.isNumber == true
          let isAlone = before.map { !$0.isNumber && (isNumber || !$0.isLetter || $0 == "G") } ?? true
          return isAlone && !(after?.isNumber ?? false)
            && (after.map { !$0.isLetter || key.last?.isNumber == true } ?? true)
        }
      }
    }
  }
}
