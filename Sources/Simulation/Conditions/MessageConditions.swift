import Topologies

/// What single messages meet on their way by a run's conditions: jitter, and what a message of a size reaches.
struct MessageConditions {
  /// Whether no message meets anything.
  let isPlain: Bool
  private let seed: UInt64
  private let jitters: [Distribution?]
  private let efficiencies: [EfficiencyCurve?]
  private let classOfLink: [Int32]

  init(topology: Topology, conditions: Conditions) {
    let hasJitter = conditions.messageJitters.contains { $0 != nil }
    let hasCurves = conditions.efficiencies.contains { $0 != nil }
    isPlain = !hasJitter && !hasCurves
    seed = SeededHash.mix(conditions.seed, 0, 2)
    jitters = hasJitter ? conditions.messageJitters : []
    efficiencies = hasCurves ? conditions.efficiencies : []
    classOfLink = isPlain ? [] : topology.graph.links.map(\.linkClass)
  }

  /// The extra latency of a message, in seconds: a sample for every link with jitter that it crosses.
  func extraLatency(ofMessage message: Int, on route: Route) -> Double {
    guard !jitters.isEmpty else { return 0 }
    var extra = 0.0
    for (place, link) in route.links.enumerated() {
      guard let jitter = jitters[Int(classOfLink[Int(link)])] else { continue }
      extra += jitter.sample(seed: seed, UInt64(message), UInt64(place))
    }
    return extra
  }

  /// The bytes for which a message takes the links of its route, at the full bandwidth.
  func wireBytes(_ bytes: Int64, on route: Route) -> Double {
    guard !efficiencies.isEmpty else { return Double(bytes) }
    var share = 1.0
    for link in route.links {
      if let curve = efficiencies[Int(classOfLink[Int(link)])] { share = min(share, curve.share(of: bytes)) }
    }
    return Double(bytes) / share
  }
}
