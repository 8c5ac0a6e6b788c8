import Collectives
import Devices
import Programs
import Quantities
import Simulation
import Topologies

/// A ring all-reduce of a megabyte a rank and step, among ranks on one switch whose links no two messages share.
struct RingJob {
  let ranks: Int
  let topology: Topology
  let allReduce: AllReduce

  /// Makes the job.
  init(ranks: Int) {
    self.ranks = ranks
    topology = Self.star(ranks)
    allReduce = AllReduce(
      group: Array(0..<ranks), payload: Payload(units: ranks * 250_000, type: .fp32), reduction: .sum)
  }

  /// The operations of every rank.
  func program(_ algorithm: CollectiveAlgorithm = .ring) -> Program {
    var builder = ProgramBuilder(worldSize: ranks, keepsOperands: false)
    let buffers = (0..<ranks).map {
      builder.buffer(rank: $0, label: "payload", elements: allReduce.payload.elements, type: .fp32, persistent: true)
    }
    allReduce.lower(
      algorithm, buffers: buffers, ready: [Dependencies](repeating: .none, count: ranks), into: &builder)
    return builder.build()
  }

  /// The time by formula when all ranks start together.
  var closedForm: Seconds {
    guard let route = topology.route(from: 0, to: 1) else { return .zero }
    return allReduce.time(.ring, on: AlphaBeta(route: route, device: topology.profile(ofRank: 0))).total
  }

  /// Starts spread evenly over so many seconds, drawn from a seed.
  func delays(upTo most: Double) -> Conditions {
    var dice = Dice(seed: 3)
    var conditions = Conditions()
    conditions.startDelays = (0..<ranks).map { _ in Seconds(most * dice.fraction()) }
    return conditions
  }

  private static func star(_ count: Int) -> Topology {
    var graph = Graph()
    let wire = graph.add(LinkClass(name: "wire", bandwidth: BytesPerSecond(50e9), latency: Seconds(1e-6)))
    let devices = (0..<count).map { graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: false)) }
    let hub = graph.add(Vertex(name: "switch", kind: .switch, forwards: true))
    for device in devices { graph.connect(device, hub, linkClass: wire, tier: .scaleUp) }
    let profile = DeviceProfile(
      name: "chip", title: "chip", memory: Bytes(80_000_000_000), memoryBandwidth: BytesPerSecond(3e12),
      peak: [.fp32: FLOPsPerSecond(60e12)], launchOverhead: Seconds(3e-6))
    return Topology(
      name: "star", graph: graph,
      devices: devices.enumerated().map { DeviceSlot(vertex: $1, node: 0, local: $0, profile: 0) },
      profiles: [profile], router: StarRouter())
  }

  /// Link 2r leads up from rank r, link 2r + 1 down to it.
  private struct StarRouter: Router {
    func appendRoute(from source: Int, to destination: Int, salt: UInt64, into links: inout [Int32]) -> Bool {
      links.append(Int32(2 * source))
      links.append(Int32(2 * destination + 1))
      return true
    }
  }
}
