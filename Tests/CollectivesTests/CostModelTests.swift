import Programs
import Quantities
import Simulation
import TestSupport
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
    Clusters.cluster([Int](repeating: 8, count: 8), railed: true),
    Clusters.cluster([Int](repeating: 8, count: 8), railed: false, spines: 2),
    Clusters.cluster([Int](repeating: 1, count: 24), railed: true, spines: 2),
    Clusters.star(48), Clusters.torus(6, 6),
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

  /// Measured over all clusters, candidates and sizes: the estimate is between 0.89 and 1.47 times the simulated time
  /// (86 % of 1734 within 5 %), and the choice at most 8.4 % slower than the best.
  ///
  /// It is low by a tenth where ranks leave one phase at different times and then meet on a link, and high where the
  /// slowest messages of successive steps belong to different ranks (by half: halving-doubling over unequal nodes; by a
  /// third: direct exchanges on a torus).
  @Test(arguments: clusters.indices) func estimatesAreCloseAndChoicesNearTheBest(index: Int) throws {
    let topology = Self.clusters[index]
    let model = CollectiveCostModel(topology: topology, group: Array(0..<topology.deviceCount))
    // What the debug build can simulate in a few seconds.
    let sizes = topology.deviceCount > 40 ? [2048] : Self.sizes
    for units in sizes {
      let payload = Payload(units: units, elementsPerUnit: 130, type: .fp32)
      let selection = Selection.choose(payload: payload, on: model)
      var best = Double.infinity
      var ofChosen = Double.nan
      for algorithm in model.algorithms {
        let time = try Self.simulate(algorithm, payload, on: topology, nodes: model.nodes)
        let estimate = try #require(model.cost(of: algorithm, payload: payload))
        let ratio = estimate.total.seconds / time
        #expect(ratio > 0.88 && ratio < 1.5, "\(topology.name), \(algorithm), \(units) units: \(ratio)")
        best = min(best, time)
        if algorithm == selection.algorithm { ofChosen = time }
      }
      #expect(ofChosen <= 1.1 * best, "\(topology.name), \(units) units: \(selection.algorithm) \(ofChosen / best)")
    }
  }

  /// One step of equal messages on equal links: nothing is left to estimate.
  @Test(arguments: [2, 3, 8, 16, 33]) func oneStepShapesAreExact(count: Int) throws {
    for topology in [Clusters.mesh(count), Clusters.star(count)] {
      let model = CollectiveCostModel(topology: topology, group: Array(0..<count))
      for algorithm in [CollectiveAlgorithm.oneShot, .twoShot, .ring, .halvingDoubling] {
        // The fold of other counts is shared by some and not by others.
        if algorithm == .halvingDoubling, count & (count - 1) != 0, topology.name.hasPrefix("leafed") { continue }
        for units in [64 * count, 65_536 * count] {
          let payload = Payload(units: units, elementsPerUnit: 130, type: .fp32)
          let time = try Self.simulate(algorithm, payload, on: topology, nodes: model.nodes)
          let estimate = try #require(model.cost(of: algorithm, payload: payload))
          let gap = TimeTests.gap(Seconds(time), estimate.total)
          // The ranks of a two-shot leave its first step at slightly different times, and then share links unevenly.
          let tolerance = algorithm == .twoShot && topology.name.hasPrefix("leafed") ? 1e-3 : 1e-9
          #expect(gap < tolerance, "\(topology.name), \(algorithm): \(gap)")
        }
      }
    }
  }

  /// On a full mesh the estimate and the closed form are two ways to the same number, part by part; save that the
  /// estimate charges every step down a tree with the wait of a right child, and forgets what a leaf of two trees posts.
  @Test(arguments: [2, 3, 7, 12, 16]) func agreesWithTheClosedFormOnAMesh(count: Int) throws {
    let topology = Clusters.mesh(count, nodeSize: count.isMultiple(of: 2) ? 2 : nil)
    let model = CollectiveCostModel(topology: topology, group: Array(0..<count))
    let network = try TimeTests.network(topology)
    let allReduce = AllReduce(
      group: Array(0..<count), payload: Payload(units: 64 * count, elementsPerUnit: 7, type: .fp32), reduction: .sum)
    for algorithm in model.algorithms {
      let estimate = try #require(model.cost(of: algorithm, payload: allReduce.payload))
      let exact = allReduce.time(algorithm, nodes: model.nodes, on: network)
      for part in [\CollectiveCost.launch, \.overhead, \.latency, \.bandwidth, \.reduction] {
        let gap = abs(estimate[keyPath: part].seconds - exact[keyPath: part].seconds)
        let posts = algorithm.name.contains("tree") && part == \.overhead ? 2.0 : 0
        #expect(
          gap <= posts * network.overhead.seconds + 1e-12 * exact.total.seconds, "\(algorithm), p = \(count)")
      }
      #expect(allReduce.cost(of: algorithm, on: topology) == estimate)
    }
  }

  @Test func candidatesAreHierarchicalOnlyWhereThereIsAHierarchy() {
    #expect(CollectiveCostModel.candidates(nodes: [[0, 1, 2]]).count == 6)
    #expect(CollectiveCostModel.candidates(nodes: [[0], [1], [2]]).count == 6)
    #expect(CollectiveCostModel.candidates(nodes: [[0, 1], [2, 3]]).count == 6 + 5 * 6)
    #expect(CollectiveCostModel.candidates(nodes: [[0, 1], [2]]).count == 6 + 2 * 6)
  }

  @Test func skippedCandidatesSayWhy() throws {
    let model = CollectiveCostModel(topology: Clusters.star(8), group: Array(0..<8))
    let payload = Payload(units: 1 << 32, elementsPerUnit: 1, type: .fp32)
    let selection = Selection.choose(payload: payload, on: model)
    let oneShot = try #require(selection.table.first { $0.algorithm == .oneShot })
    #expect(oneShot.cost == nil)
    #expect(oneShot.skipped == "it needs 120.3 GB of scratch on a rank, which has 80 GB")
    #expect(selection.table.count == 6)
    #expect(selection.table.allSatisfy { ($0.cost == nil) != ($0.skipped == nil) })
    #expect(Selection.choose(payload: payload, on: model) == selection)
  }

  @Test func oneRankOrNothingCostsNothing() {
    let model = CollectiveCostModel(topology: Clusters.star(3), group: [1])
    let payload = Payload(units: 5, type: .fp32)
    #expect(Selection.choose(payload: payload, on: model).cost == .zero)
    let all = CollectiveCostModel(topology: Clusters.star(3), group: [2, 0, 1])
    #expect(Selection.choose(payload: Payload(units: 0, type: .fp32), on: all).cost == .zero)
  }

  /// No member needs more scratch than the constant-time bound, and some member nearly as much.
  @Test(arguments: 2...40) func mostScratchIsThatOfSomeMember(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let nodes = Groups.nodes(count, equal: count.isMultiple(of: 3) ? 3 : nil, using: &generator)
    let payload = Payload(units: Int.random(in: 1...4 * count, using: &generator), type: .fp32)
    let allReduce = AllReduce(group: Array(0..<count), payload: payload, reduction: .sum)
    for algorithm in Groups.flat + Groups.hierarchical {
      let most = (0..<count).map { allReduce.traffic(of: $0, algorithm, nodes: nodes).peakScratch }.max() ?? .zero
      let bound = allReduce.mostScratch(algorithm, nodes: nodes)
      #expect(most <= bound, "\(algorithm)")
      #expect(bound.count - most.count <= Int64(2 * count) * payload.bytesPerUnit.count, "\(algorithm)")
    }
  }
}
