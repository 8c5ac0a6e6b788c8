import CollectiveModels
import Testing

@Suite("Machines of collectives")
struct MachineTests {
  @Test(
    "Texts of measurements name machines",
    arguments: [
      ("NVIDIA A100-SXM4-80GB", "NVSwitch NVLink3", 2, 1, NodeClass.nvl3, 240.0),
      ("NVIDIA H100 80GB HBM3", "NVSwitch NVLink4", 4, 1, .nvl4, 360),
      ("AMD Instinct MI300X", "xGMI full mesh (7x64GB/s)", 8, 1, .xgmi, 336),
      ("AMD Instinct MI300X", "xGMI full mesh (7x64GB/s)", 4, 1, .xgmi, 144),
      ("RTX 2080 Ti", "PCIe3 x16, no P2P (SHM)", 2, 1, .shm, 6),
      ("NVIDIA GeForce RTX 4090", "PCIe4 x16, no P2P", 2, 1, .shm, 12),
      ("NVIDIA L40S", "PCIe 4.0 x8", 2, 1, .pcie, 12), ("NVIDIA A100-PCIE-40GB", "PCIe4 x16", 2, 1, .pcie, 24),
      ("Tesla V100-SXM2-32GB", "NVLink2", 8, 1, .nvl2, 120), ("NVIDIA GB200", "NVSwitch NVLink5", 4, 1, .nvl5, 720),
    ])
  func texts(gpu: String, links: String, gpus: Int, nodes: Int, node: NodeClass, width: Double) throws {
    let machine = try CollectiveMachine(gpu: gpu, interconnect: links, gpus: gpus, nodes: nodes)
    #expect(machine.node == node && abs(machine.width.baseUnits / 1e9 - width) < 1e-9, "\(machine)")
    #expect(machine.network == nil && machine.gpus == gpus)
  }

  @Test(
    "Networks are read with their NICs",
    arguments: [
      ("A100-40GB p4d.24xlarge", "EFA 4x100Gb/node", 16, 2, NetworkClass.efa, 4, 48.0),
      ("DGX A100", "InfiniBand 8x200Gb HDR CX-6 per node", 16, 2, .ib, 8, 192),
      ("H200", "RoCE 400Gb CX-7, 1 GPU+1 NIC per node", 2, 2, .roce, 1, 48),
      ("H100 p5", "EFA 32x100Gb", 16, 2, .efa, 32, 384), ("H100 SXM", "InfiniBand NDR", 32, 4, .ib, 8, 384),
      ("H100", "Ethernet 8 x 400 Gbps", 16, 2, .roce, 8, 384),
    ])
  func networks(gpu: String, links: String, gpus: Int, nodes: Int, kind: NetworkClass, nics: Int, width: Double)
    throws
  {
    let network = try #require(
      try CollectiveMachine(gpu: gpu, interconnect: links, gpus: gpus, nodes: nodes).network)
    #expect(network.kind == kind && network.nics == nics && abs(network.width.baseUnits / 1e9 - width) < 1e-9)
  }

  @Test("What is not known is said, with the nearest name")
  func unknown() {
    func message(_ gpu: String, _ links: String, _ gpus: Int, _ nodes: Int) -> String {
      do {
        return "\(try CollectiveMachine(gpu: gpu, interconnect: links, gpus: gpus, nodes: nodes))"
      } catch {
        return "\(error)"
      }
    }
    #expect(message("AMD Instinct MI30X", "xGMI", 8, 1).contains("did you mean 'MI300X'?"))
    #expect(message("Gaudi 3", "Ethernet", 8, 1).contains("expected a name with one of V100, A100"))
    #expect(message("H100", "NVSwitch", 3, 2).contains("found 3 in 2 nodes"))
    #expect(message("H100", "carrier pigeons", 16, 2).contains("found 'carrier pigeons' between nodes"))
  }
}
