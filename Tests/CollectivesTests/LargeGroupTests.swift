import Programs
import Quantities
import Simulation
import Testing
import Topologies

@testable import Collectives

/// Groups of thousands of ranks against their closed forms, every message simulated.
@Suite struct LargeGroupTests {
  /// A wire for each two ranks that exchange messages: a full mesh without what nobody uses.
  private struct Wires: Router {
    var links: [UInt64: Int32] = [:]

    static func key(_ from: Int, _ to: Int) -> UInt64 { UInt64(from) << 32 | UInt64(to) }

    func appendRoute(from source: Int, to destination: Int, salt: UInt64, into links: inout [Int32]) -> Bool {
      guard let link = self.links[Self.key(source, destination)] else { return false }
      links.append(link)
      return true
    }
  }

  static func topology(for program: Program) -> Topology {
    var graph = Graph()
    let wire = graph.add(Clusters.fast)
    let devices = (0..<program.worldSize).map {
      graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: false))
    }
    var wires = Wires()
    for message in program.messages {
      let (from, to) = (Int(message.from), Int(message.to))
      guard wires.links[Wires.key(from, to)] == nil else { continue }
      wires.links[Wires.key(from, to)] = Int32(
        graph.addLink(from: devices[from], to: devices[to], linkClass: wire, tier: .scaleUp))
    }
    return Topology(
      name: "wires", graph: graph,
      devices: devices.enumerated().map { DeviceSlot(vertex: $1, node: 0, local: $0, profile: 0) },
      profiles: [Clusters.device], router: wires)
  }

  @Test(arguments: [
    (CollectiveAlgorithm.binaryTree, 1 << 14), (.binaryTree, 1 << 14 - 1), (.doubleBinaryTree, 1 << 12),
    (.halvingDoubling, 1 << 10), (.ring, 256),
  ])
  func takeTheTimeOfTheFormula(algorithm: CollectiveAlgorithm, count: Int) throws {
    let payload = Payload(units: 2 * count, elementsPerUnit: 3, type: .fp32)
    let allReduce = AllReduce(group: Array(0..<count), payload: payload, reduction: .sum)
    let program = LoweredProgram(allReduce, algorithm, keepsOperands: false).program
    let topology = Self.topology(for: program)
    let first = try #require(program.messages.first)
    let route = try #require(topology.route(from: Int(first.from), to: Int(first.to)))
    let run = try Simulator(topology: topology).run(program)
    let expected = allReduce.time(algorithm, on: AlphaBeta(route: route, device: Clusters.device)).total
    let gap = TimeTests.gap(run.makespan, expected)
    #expect(gap < 1e-9, "\(algorithm), p = \(count): \(gap)")
    let traffic = allReduce.trafficOfMembers(algorithm)
    #expect(run.bytesSentByRank == traffic.map(\.bytes))
    #expect(run.peakBytesByRank == traffic.map { payload.bytes + $0.peakScratch })
  }

  @Test func aCostModelForPayloadsChoosesAsOneForAllDoes() {
    let topology = Clusters.cluster([8, 8, 8], railed: true)
    let group = Array(0..<24)
    for units in [1, 100, 1 << 24, 1 << 31] {
      let payload = Payload(units: units, type: .fp32)
      let some = CollectiveCostModel(topology: topology, group: group, payloads: [payload])
      let all = CollectiveCostModel(topology: topology, group: group)
      let choice = Selection.choose(payload: payload, on: some)
      #expect(choice == Selection.choose(payload: payload, on: all))
      // The largest payload leaves some algorithms without the memory that they need.
      #expect((choice.table.contains { $0.skipped != nil }) == (units == 1 << 31))
    }
  }
}
