import CollectiveModels
import Experiments
import Quantities
import Testing

@Suite("Topologies as machines of collectives")
struct CollectiveTopologyTests {
  static func machine(_ name: String, gpus: Int? = nil, set: [String] = []) throws -> CollectiveMachine {
    let topology = try ResolvedTopology(
      name, from: Shipped.library, overrides: try set.map { try Override(parsing: $0) })
    return try CollectiveMachine(topology.topology, gpus: gpus)
  }

  @Test(
    "Presets are the machines that the texts of measurements describe",
    arguments: [
      ("dgx-a100-1", "A100", "NVSwitch NVLink3", 8, 1), ("dgx-h100-1", "H100", "NVSwitch NVLink4", 8, 1),
      ("dgx-a100-16", "A100", "InfiniBand 8x200Gb HDR", 128, 16), ("aws-p4d", "A100", "EFA 4x100Gb/node", 128, 16),
      ("dgx-h100-2", "H100", "InfiniBand 8x400Gb NDR", 16, 2), ("aws-p5", "H100", "EFA 8x400Gb", 128, 16),
      ("dgx-h200-16", "H200", "InfiniBand 8x400Gb NDR", 128, 16), ("mi300x-8", "MI300X", "xGMI", 8, 1),
      ("mi300x-4", "MI300X", "xGMI", 4, 1), ("rtx4090-pcie-2", "RTX 4090", "PCIe4 x16, no P2P", 2, 1),
      ("dgx-b200-16", "B200", "InfiniBand 8x400Gb NDR", 128, 16),
    ])
  func presets(name: String, gpu: String, links: String, gpus: Int, nodes: Int) throws {
    let found = try Self.machine(name)
    #expect(found == (try CollectiveMachine(gpu: gpu, interconnect: links, gpus: gpus, nodes: nodes)))
  }

  @Test("Some of the ranks are fewer nodes, links that were changed keep their rate, and what can't be is said")
  func parts() throws {
    let two = try Self.machine("dgx-h100-16", gpus: 16)
    #expect(two.nodes == 2 && two.gpusPerNode == 8)
    #expect(try Self.machine("dgx-h100-16", gpus: 4).network == nil)
    let faster = try Self.machine("dgx-h100-1", set: ["links.nvlink4.bandwidth=900GB/s"])
    #expect(abs(faster.width.baseUnits / (900e9 * 0.824) - 1) < 1e-9 && faster.assumptions.count == 1)
    func message(_ name: String, _ gpus: Int?) -> String {
      do {
        return "\(try Self.machine(name, gpus: gpus))"
      } catch {
        return "\(error)"
      }
    }
    #expect(message("dgx-h100-2", 12).contains("found 12 in 2 nodes"))
    #expect(message("dgx-h100-1", 9).contains("expected 2 to 8"))
    #expect(message("tpu-v5p-64", nil).contains("gpu: found 'tpu-v5p'"))
  }
}
