import Quantities
import Topologies

/// What every all-reduce algorithm would take for one group of ranks of one cluster, by a step-synchronous estimate.
///
/// All messages of a step are taken to be under way together. A step ends when each message has been posted by its
/// sender, one after another, has crossed its route and has brought its bytes; when each link has carried all that
/// crosses it; and when the receivers have reduced what came. A collective is the sum of its steps, of which those that
/// are alike, as all those of a ring, are counted and not repeated. This is the alpha-beta-gamma model (Thakur,
/// Rabenseifner and Gropp, IJHPCA 2005) with the posting of LogP (Culler et al. 1993) and with congestion of links in
/// place of one beta, like the tables of latency and bandwidth by which NCCL chooses (`ncclTopoTuneModel` in NCCL's
/// `tuning.cc`).
///
/// Routes are walked once, when the model is made; after that a cost is a few multiplications for each kind of step.
/// Where everybody sends to everybody in a group of more than 33, a fixed sample of 16 shifts stands for all of them.
///
///     let model = CollectiveCostModel(topology: topology, group: Array(0..<128))
///     let cost = model.cost(of: .ring, payload: payload)
public struct CollectiveCostModel: Sendable {
  /// The ranks, in order.
  public let group: [Int]
  /// The members in each node, in the order of their first member.
  public let nodes: [[Int]]
  /// What the model was made for, in the order in which ties are broken.
  public let algorithms: [CollectiveAlgorithm]
  /// The least memory of a device of the group.
  public let memory: Bytes

  private let launch: Seconds
  private var flat: [FlatAlgorithm: Schedule] = [:]
  private var scatters: [FlatAlgorithm: Schedule] = [:]
  private var gathers: [FlatAlgorithm: Schedule] = [:]
  private var rises: [Bool: Schedule] = [:]
  private var descents: [Bool: Schedule] = [:]
  private var acrossPlaces: [FlatAlgorithm: Schedule] = [:]
  private var acrossLeaders: [FlatAlgorithm: Schedule] = [:]

  /// Walks the routes of every algorithm.
  ///
  /// - Parameters:
  ///   - topology: The cluster; every rank of the group is one of its devices.
  ///   - group: The ranks, in order.
  ///   - algorithms: Those that will be asked about; nil for all that make sense on the nodes of the group.
  ///   - payloads: Those that will be chosen for: the routes of an algorithm that ``Selection`` passes over for all of
  ///     them are not walked. nil to walk those of every algorithm.
  /// - Complexity: O(p·log p) routes, and O(p) for each direct exchange.
  public init(
    topology: Topology, group: [Int], algorithms: [CollectiveAlgorithm]? = nil, payloads: [Payload]? = nil
  ) {
    self.group = group
    nodes = Self.nodes(of: group, in: topology)
    launch = group.map { topology.profile(ofRank: $0).launchOverhead }.max() ?? .zero
    memory = group.map { topology.profile(ofRank: $0).memory }.min() ?? .zero
    self.algorithms = algorithms ?? Self.candidates(nodes: nodes)
    guard group.count > 1 else { return }
    var profiler = StepProfiler(topology: topology, group: group)
    let everyone = [Array(group.indices)]
    for algorithm in self.algorithms {
      if let payloads, payloads.allSatisfy({ Selection.passesOver(algorithm, payload: $0, on: self) }) { continue }
      switch algorithm {
      case .flat(let flat):
        prepareFlat(flat, everyone, &profiler)
      case .hierarchical(let inside, let across):
        switch NodePlan(nodes: nodes, inside: inside) {
        case .inside: prepareFlat(inside, everyone, &profiler)
        case .across: prepareFlat(across, everyone, &profiler)
        case .scattered: prepareScattered(inside, across, &profiler)
        case .leaders: prepareLeaders(inside, across, &profiler)
        }
      }
    }
  }

  /// The members of a group by node, in the order of their first member.
  public static func nodes(of group: [Int], in topology: Topology) -> [[Int]] {
    topology.membersByNode(of: group)
  }

  /// Every algorithm that makes sense on some nodes: the flat ones, and where there is more than one node and more than
  /// one rank in a node, the hierarchies that differ from one another.
  public static func candidates(nodes: [[Int]]) -> [CollectiveAlgorithm] {
    let flat = FlatAlgorithm.allCases.map { CollectiveAlgorithm.flat($0) }
    let sizes = Set(nodes.map(\.count))
    guard nodes.count > 1, let largest = sizes.max(), largest > 1 else { return flat }
    // With leaders every algorithm inside that is not direct is the same tree, and both direct ones the same star.
    let insides: [FlatAlgorithm] =
      sizes.count > 1 ? [.binaryTree, .oneShot] : FlatAlgorithm.allCases.filter { $0 != .doubleBinaryTree }
    return flat
      + insides.flatMap { inside in
        FlatAlgorithm.allCases.map { CollectiveAlgorithm.hierarchical(inside: inside, across: $0) }
      }
  }

  /// The estimated cost of an all-reduce.
  ///
  /// - Parameters:
  ///   - algorithm: How it is done.
  ///   - payload: What each rank brings.
  /// - Returns: nil when the model was not made for the algorithm, or not with payloads for which it is considered.
  public func cost(of algorithm: CollectiveAlgorithm, payload: Payload) -> CollectiveCost? {
    guard group.count > 1, payload.units > 0, payload.elementsPerUnit > 0 else { return .zero }
    return body(of: algorithm, units: payload.units, bytesPerUnit: payload.bytesPerUnit.baseUnits).map {
      CollectiveCost(launch: launch) + $0
    }
  }

  private func body(of algorithm: CollectiveAlgorithm, units: Int, bytesPerUnit: Double) -> CollectiveCost? {
    switch algorithm {
    case .flat(let flat):
      return self.flat[flat]?.cost(units: units, bytesPerUnit: bytesPerUnit)
    case .hierarchical(let inside, let across):
      switch NodePlan(nodes: nodes, inside: inside) {
      case .inside:
        return flat[inside]?.cost(units: units, bytesPerUnit: bytesPerUnit)
      case .across:
        return flat[across]?.cost(units: units, bytesPerUnit: bytesPerUnit)
      case .scattered:
        guard let scatter = scatters[inside], let outer = acrossPlaces[across], let gather = gathers[inside] else {
          return nil
        }
        let places = inside == .halvingDoubling ? HalvingOrder(count: nodes[0].count).active : nodes[0].count
        let share = Chunks(of: units, count: places).largest
        return scatter.cost(units: units, bytesPerUnit: bytesPerUnit)
          + outer.cost(
            units: share, bytesPerUnit: bytesPerUnit, presence: min(1, Double(units) / Double(nodes[0].count)))
          + gather.cost(units: units, bytesPerUnit: bytesPerUnit)
      case .leaders:
        guard let rise = rises[inside.direct], let outer = acrossLeaders[across], let descent = descents[inside.direct]
        else { return nil }
        return rise.cost(units: units, bytesPerUnit: bytesPerUnit)
          + outer.cost(units: units, bytesPerUnit: bytesPerUnit)
          + descent.cost(units: units, bytesPerUnit: bytesPerUnit)
      }
    }
  }

  private mutating func prepareFlat(_ algorithm: FlatAlgorithm, _ groups: [[Int]], _ profiler: inout StepProfiler) {
    if flat[algorithm] == nil { flat[algorithm] = profiler.allReduce(algorithm, groups) }
  }

  private mutating func prepareScattered(
    _ inside: FlatAlgorithm, _ across: FlatAlgorithm, _ profiler: inout StepProfiler
  ) {
    if scatters[inside] == nil {
      let scatter = profiler.reduceScatter(inside, nodes)
      scatters[inside] = scatter
      gathers[inside] = profiler.gather(of: inside, scatter, nodes)
    }
    if acrossPlaces[across] == nil {
      let places = nodes[0].indices.map { place in nodes.map { $0[place] } }
      acrossPlaces[across] = profiler.allReduce(across, places)
    }
  }

  private mutating func prepareLeaders(
    _ inside: FlatAlgorithm, _ across: FlatAlgorithm, _ profiler: inout StepProfiler
  ) {
    if rises[inside.direct] == nil {
      rises[inside.direct] = profiler.reduceToFirst(direct: inside.direct, nodes)
      descents[inside.direct] = profiler.broadcastFromFirst(direct: inside.direct, nodes)
    }
    if acrossLeaders[across] == nil {
      acrossLeaders[across] = profiler.allReduce(across, [nodes.map { $0[0] }])
    }
  }
}
