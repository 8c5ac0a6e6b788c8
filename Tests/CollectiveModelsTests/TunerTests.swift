import CollectiveModels
import Quantities
import Testing

@Suite("NCCL's choice")
struct TunerTests {
  /// A machine and the choices that an independent implementation of the tuner makes there, with the octave of the size
  /// from which each holds.
  struct Case: Sendable {
    let gpu: String
    let links: String
    let gpus: Int
    let nodes: Int
    let kind: CollectiveKind
    let choices: [(title: String, octave: Int)]

    init(
      _ gpu: String, _ links: String, _ gpus: Int, _ nodes: Int, _ kind: CollectiveKind,
      _ choices: [(title: String, octave: Int)]
    ) {
      self.gpu = gpu
      self.links = links
      self.gpus = gpus
      self.nodes = nodes
      self.kind = kind
      self.choices = choices
    }
  }

  private static let (ll, ll128, simple) = ("Ring LL", "Ring LL128", "Ring Simple")
  private static let (nvlink3, nvlink4) = ("NVSwitch NVLink3", "NVSwitch NVLink4")
  private static let roce = "RoCE 400Gb CX-7, 1 GPU+1 NIC per node"
  private static let hdr: [(title: String, octave: Int)] = [
    ("Tree LL", 3), ("Tree LL128", 18), ("Ring LL128", 24), ("Ring Simple", 28),
  ]

  static let cases = [
    Case("A100-SXM4", nvlink3, 2, 1, .allGather, [(ll, 3), (simple, 21)]),
    Case("A100-SXM4", nvlink3, 2, 1, .allReduce, [(ll, 3), (simple, 20)]),
    Case("A100-SXM4", nvlink3, 2, 1, .reduceScatter, [(ll, 3), (simple, 21)]),
    Case("A100-SXM4", nvlink3, 4, 1, .allGather, [(ll, 3), (simple, 21)]),
    Case("A100-SXM4", nvlink3, 4, 1, .allReduce, [(ll, 3), (ll128, 21), (simple, 23)]),
    Case("A100-SXM4", nvlink3, 4, 1, .reduceScatter, [(ll, 3), (simple, 21)]),
    Case("H100 80GB HBM3", nvlink4, 2, 1, .allGather, [(ll, 3), (simple, 22)]),
    Case("H100 80GB HBM3", nvlink4, 2, 1, .allReduce, [(ll, 3), (simple, 21)]),
    Case("H100 80GB HBM3", nvlink4, 4, 1, .allGather, [(ll, 3), (simple, 22)]),
    Case("H100 80GB HBM3", nvlink4, 4, 1, .allReduce, [(ll, 3), (ll128, 22), (simple, 24)]),
    Case("H100 80GB HBM3", nvlink4, 4, 1, .reduceScatter, [(ll, 3), (simple, 22)]),
    Case("A100-40GB p4d.24xlarge", "EFA 4x100Gb/node", 16, 2, .allReduce, [("Tree Simple", 3), (simple, 24)]),
    Case("DGX A100", "InfiniBand 8x200Gb HDR CX-6 per node", 16, 2, .allReduce, hdr),
    Case("A100-40GB ND96asr_v4", "InfiniBand 8x200Gb HDR (SR-IOV) per node", 16, 2, .allReduce, hdr),
    Case("H200", roce, 2, 2, .allGather, [(ll, 3), (ll128, 20), (simple, 23)]),
    Case("H200", roce, 2, 2, .allReduce, [(ll, 3), (ll128, 20), (simple, 24)]),
    Case("AMD Instinct MI300X", "xGMI full mesh (7x64GB/s)", 8, 1, .allReduce, [(ll, 3), (simple, 23)]),
    Case("RTX 2080 Ti", "PCIe3 x16, no P2P (SHM)", 2, 1, .allGather, [(ll, 3), (simple, 17)]),
    Case("RTX 2080 Ti", "PCIe3 x16, no P2P (SHM)", 2, 1, .allReduce, [(ll, 3), (simple, 17)]),
  ]

  @Test("Choices change at the sizes where an independent implementation changes them", arguments: cases)
  func choices(test: Case) throws {
    let machine = try CollectiveMachine(gpu: test.gpu, interconnect: test.links, gpus: test.gpus, nodes: test.nodes)
    var found: [(title: String, octave: Int)] = []
    for octave in 3...30 {
      let title = machine.choice(for: call(test.kind, octave: octave)).title
      if found.last?.title != title { found.append((title, octave)) }
    }
    #expect(found.elementsEqual(test.choices, by: ==), "\(found)")
  }

  @Test("The choice is the least of all estimates, and messages between pairs are not chosen")
  func least() throws {
    let machine = try CollectiveMachine(gpu: "H100", interconnect: "InfiniBand 8x400Gb NDR", gpus: 32, nodes: 4)
    for octave in 3...33 {
      let call = call(.allReduce, octave: octave)
      let choices = machine.choices(for: call)
      #expect(choices.count == 7 && machine.choice(for: call).estimate == choices.map(\.estimate).min())
    }
    #expect(machine.choices(for: call(.allToAll, octave: 20)).map(\.title) == ["p2p"])
    let single = try CollectiveMachine(gpu: "H100", interconnect: "InfiniBand NDR", gpus: 4, nodes: 4)
    #expect(single.choices(for: call(.allGather, octave: 20)).map(\.title).contains("PAT"))
  }
}
