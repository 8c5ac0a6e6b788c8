import Quantities
import Simulation
import Topologies

extension Scenario {
  /// What a run meets: every name looked up in a cluster, and everything drawn that is drawn once a run.
  ///
  /// Each sample is named by the seed, the replication, its entry and its rank or link, and not drawn from a stream: a
  /// replication is the same whatever ran before it, and entries that are added change none of the others.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - ranks: The number of ranks of the run, from the first of the cluster.
  ///   - replication: The number of the replication, from 0.
  /// - Throws: ``ScenarioError`` when a rank, link class or vertex is not there, or what entries together make of a rank
  ///   or link is out of range.
  public func conditions(
    for topology: Topology, ranks: Int, replication: Int
  ) throws(ScenarioError) -> Conditions {
    var conditions = Conditions()
    let seed = SeededHash.mix(seed, 0, UInt64(max(replication, 0)))
    conditions.seed = SeededHash.mix(seed, 1, 0)
    let run = "the run's \(ranks) rank\(ranks == 1 ? "" : "s")"
    var linkFactors = [Double](repeating: 1, count: topology.graph.links.count)
    for (index, straggler) in stragglers.enumerated() {
      let seed = SeededHash.mix(seed, 2, UInt64(index))
      switch straggler.target {
      case .ranks(let selector):
        if conditions.slowdowns.isEmpty { conditions.slowdowns = [Double](repeating: 1, count: ranks) }
        for rank in try selector.ranks(below: ranks, of: run) {
          conditions.slowdowns[rank] *= straggler.slowdown.sample(seed: seed, rank)
          guard conditions.slowdowns[rank] <= Straggler.mostTogether else {
            throw selector.error(
              "the slow-downs of rank \(rank) multiply to \(Self.short(conditions.slowdowns[rank]))x; expected "
                + "\(Self.short(Straggler.mostTogether))x at most")
          }
        }
      case .links(let selector):
        for link in try selector.links(in: topology) {
          linkFactors[link] /= straggler.slowdown.sample(seed: seed, link)
          try Self.check(linkFactors[link], ofLink: link, by: selector, on: topology)
        }
      }
    }
    for (index, delay) in delays.enumerated() {
      if conditions.startDelays.isEmpty { conditions.startDelays = [Seconds](repeating: .zero, count: ranks) }
      let seed = SeededHash.mix(seed, 3, UInt64(index))
      for rank in try delay.ranks.ranks(below: ranks, of: run) {
        conditions.startDelays[rank] += Seconds(delay.delay.sample(seed: seed, rank))
      }
    }
    conditions.kernelJitter = kernelJitter?.distribution
    try addTraffic(to: &conditions, &linkFactors, on: topology)
    try addTraits(to: &conditions, on: topology)
    conditions.linkChanges = try LinkHistory(events, on: topology).changes
    if linkFactors.contains(where: { $0 < 1 }) { conditions.linkFactors = linkFactors }
    return conditions
  }

  private func addTraffic(
    to conditions: inout Conditions, _ linkFactors: inout [Double], on topology: Topology
  ) throws(ScenarioError) {
    let cluster = "'\(topology.name)'"
    var loads: [Double] = []
    for traffic in background {
      switch traffic {
      case .load(let selector, let share):
        if loads.isEmpty { loads = [Double](repeating: 0, count: linkFactors.count) }
        for link in try selector.links(in: topology) {
          loads[link] += share
          guard loads[link] <= OtherTraffic.mostLoad else {
            throw selector.error(
              "the loads of \(LinkSelector.describe(link, in: topology)) add up to \(YAMLText.share(loads[link])); "
                + "expected \(YAMLText.share(OtherTraffic.mostLoad)) at most")
          }
        }
      case .messages(let flow):
        // Not only between ranks of the run: a neighbour's traffic shares its links.
        guard let from = try flow.from.ranks(below: topology.deviceCount, of: cluster).first,
          let to = try flow.to.ranks(below: topology.deviceCount, of: cluster).first
        else { continue }
        conditions.background.append(
          BackgroundFlow(
            from: from, to: to, bytes: flow.size, start: flow.start, interval: flow.interval, end: flow.end))
      }
    }
    for (link, load) in loads.enumerated() { linkFactors[link] *= 1 - load }
    for case .load(let selector, _) in background {
      for link in try selector.links(in: topology) {
        try Self.check(linkFactors[link], ofLink: link, by: selector, on: topology)
      }
    }
  }

  private func addTraits(to conditions: inout Conditions, on topology: Topology) throws(ScenarioError) {
    let count = topology.graph.linkClasses.count
    for jitter in messageJitters {
      if conditions.messageJitters.isEmpty { conditions.messageJitters = [Distribution?](repeating: nil, count: count) }
      for index in try jitter.links.classes(in: topology) {
        conditions.messageJitters[index] = jitter.latency.distribution
      }
    }
    for traits in links {
      for index in try traits.links.classes(in: topology) {
        if let isHalfDuplex = traits.isHalfDuplex {
          if conditions.halfDuplex.isEmpty { conditions.halfDuplex = [Bool](repeating: false, count: count) }
          conditions.halfDuplex[index] = isHalfDuplex
        }
        if let efficiency = traits.efficiency {
          if conditions.efficiencies.isEmpty {
            conditions.efficiencies = [EfficiencyCurve?](repeating: nil, count: count)
          }
          conditions.efficiencies[index] = efficiency
        }
      }
    }
    conditions.copyEngines = device.copyEngines
    conditions.communicationShare = device.communicationShare ?? 0
    conditions.receiveBuffer = device.receiveBuffer ?? .zero
  }

  /// Checks what slow-downs and loads leave of a link's bandwidth.
  private static func check(
    _ left: Double, ofLink link: Int, by selector: LinkSelector, on topology: Topology
  ) throws(ScenarioError) {
    guard Shares.areAllowed(left) else {
      throw selector.error(Shares.tooLittle(left, of: LinkSelector.describe(link, in: topology)))
    }
  }

  private static func short(_ factor: Double) -> String { NumberText.format(factor, significantDigits: 6) }
}
