import Programs
import Quantities
import Simulation
import Testing
import Topologies

@testable import Collectives

/// Closed forms of time against the simulator on a full mesh, where every pair has links of its own.
@Suite struct TimeTests {
  static func gap(_ simulated: Seconds, _ expected: Seconds) -> Double {
    abs(simulated.seconds - expected.seconds) / expected.seconds
  }

  static func network(_ topology: Topology) throws -> AlphaBeta {
    AlphaBeta(route: try #require(topology.route(from: 0, to: 1)), device: Clusters.device)
  }

  @Test(arguments: Array(2...20) + [31, 32, 33]) func flatAlgorithmsAreExactOnAMesh(count: Int) throws {
    let topology = Clusters.mesh(count)
    let network = try Self.network(topology)
    for algorithm in Groups.flat {
      for scale in [1, 4096] {
        // Divisible by the ranks, by 2, and by the powers of two of halving.
        let payload = Payload(units: 64 * count * scale, elementsPerUnit: 3, type: .fp32)
        let allReduce = AllReduce(group: Array(0..<count).reversed(), payload: payload, reduction: .onlineSoftmax)
        let run = try Simulator(topology: topology).run(LoweredProgram(allReduce, algorithm).program)
        let gap = Self.gap(run.makespan, allReduce.time(algorithm, on: network).total)
        #expect(gap < 1e-9, "\(algorithm), p = \(count): \(gap)")
        // The traffic that the simulator counts is that of the closed forms.
        for (member, rank) in allReduce.group.enumerated() {
          let traffic = allReduce.traffic(of: member, algorithm)
          let state = payload.bytes
          #expect(run.bytesSentByRank[rank] == traffic.bytes)
          #expect(run.peakBytesByRank[rank] == state + traffic.peakScratch, "\(algorithm), p = \(count)")
        }
      }
    }
  }

  @Test(arguments: [(2, 2), (4, 2), (2, 4), (3, 5), (4, 4), (6, 3), (3, 6)])
  func hierarchiesAreExactOnAMesh(nodeCount: Int, nodeSize: Int) throws {
    let topology = Clusters.mesh(nodeCount * nodeSize, nodeSize: nodeSize)
    let network = try Self.network(topology)
    let group = Array(0..<topology.deviceCount)
    let nodes = CollectiveCostModel.nodes(of: group, in: topology)
    for algorithm in Groups.hierarchical {
      let payload = Payload(units: 64 * nodeCount * nodeSize, elementsPerUnit: 3, type: .fp32)
      let allReduce = AllReduce(group: group, payload: payload, reduction: .sum)
      let run = try Simulator(topology: topology).run(LoweredProgram(allReduce, algorithm, nodes: nodes).program)
      let gap = Self.gap(run.makespan, allReduce.time(algorithm, nodes: nodes, on: network).total)
      #expect(gap < 1e-9, "\(algorithm), \(nodeCount) nodes of \(nodeSize): \(gap)")
    }
  }

  @Test(arguments: 1...16) func allGathersAreExactOnAMesh(count: Int) throws {
    let topology = Clusters.mesh(max(2, count))
    let network = try Self.network(topology)
    for algorithm in AllGather.Algorithm.allCases {
      for inPlace in [false, true] where count > 1 || !inPlace {
        let gather = AllGather(
          group: Array(0..<count), counts: [Int](repeating: 100_000, count: count), type: .bf16)
        let run = try Simulator(topology: topology).run(
          AllGatherTests.lower(gather, algorithm, inPlace: inPlace).program)
        let gap = Self.gap(run.makespan, gather.time(algorithm, copies: !inPlace, on: network).total)
        #expect(gap < 1e-9, "\(algorithm), p = \(count): \(gap)")
      }
    }
  }
}
