import Programs
import Quantities
import Simulation
import Testing
import Topologies

@testable import Collectives

/// The estimate against the simulator, and the choice against the simulated best.
@Suite struct CostModelTests {
  static let clusters: [Topology] = [
    Clusters.mesh(8), Clusters.star(8), Clusters.star(7), Clusters.torus(4, 4), Clusters.torus(3, 5),
    Clusters.cluster([4, 4], railed: true), Clusters.cluster([8, 8], railed: true),
    Clusters.cluster([4, 4, 4, 4], railed: false, spines: 4), Clusters.cluster([4, 4, 4, 4], railed: false, spines: 1),
    Clusters.cluster([8, 8, 8, 8], railed: true), Clusters.cluster([2, 4, 3], railed: true),
    Clusters.cluster([6, 6], railed: false, spines: 2),
  ]

  /// The units of 130 floats, from one query head to a batch of long prompts.
  static let sizes = [1, 8, 32, 256, 2048, 65_536]

  static func simulate(
    _ algorithm: CollectiveAlgorithm, _ payload: Payload, on topology: Topology, nodes: [[Int]]
  ) throws -> Double {
    let allReduce = AllReduce(group: Array(0..<topology.deviceCount), payload: payload, reduction: .sum)
    let lowered = LoweredProgram(allReduce, algorithm, nodes: nodes, keepsOperands: false)
    return try Simulator(topology: topology).run(lowered.program).makespan.seconds
  }

  @Test func dump() throws {
    for topology in Self.clusters {
      let model = CollectiveCostModel(topology: topology, group: Array(0..<topology.deviceCount))
      var byAlgorithm: [String: (Double, Double)] = [:]
      for units in Self.sizes {
        let payload = Payload(units: units, elementsPerUnit: 130, type: .fp32)
        let chosen = Selection.choose(payload: payload, on: model).algorithm
        var best = Double.infinity
        var bestName = ""
        var ofChosen = 0.0
        for algorithm in model.algorithms {
          let time = try Self.simulate(algorithm, payload, on: topology, nodes: model.nodes)
          let ratio = model.cost(of: algorithm, payload: payload)!.total.seconds / time
          let known = byAlgorithm[algorithm.name] ?? (ratio, ratio)
          byAlgorithm[algorithm.name] = (min(known.0, ratio), max(known.1, ratio))
          if time < best { (best, bestName) = (time, algorithm.name) }
          if algorithm == chosen { ofChosen = time }
        }
        print("CHOICE", topology.name, units, chosen, "best", bestName, "regret", ofChosen / best)
      }
      for (name, range) in byAlgorithm.sorted(by: { $0.key < $1.key }) where range.0 < 0.95 || range.1 > 1.05 {
        print("RATIO", topology.name, name, range)
      }
    }
  }
}
