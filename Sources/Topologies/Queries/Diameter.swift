import Quantities

/// The longest routes of a topology, in links and in latency.
///
/// All pairs of ranks are asked up to a size; beyond it, a seeded sample of pairs, which gives a lower bound.
public struct Diameter: Hashable, Sendable, CustomStringConvertible {
  /// The most links of a route.
  public let links: Int
  /// The largest sum of link latencies of a route.
  public let latency: Seconds
  /// The largest sum of message overhead and link latencies: the time of an empty message.
  public let emptyMessage: Seconds
  /// The number of ordered pairs asked.
  public let pairs: Int
  /// Whether every pair was asked; else the figures are lower bounds.
  public let isExact: Bool

  /// Asks the routes.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - exactRanks: The most ranks for which every pair is asked.
  ///   - samples: The pairs to ask otherwise.
  ///   - seed: Chooses the sample.
  public init(_ topology: Topology, exactRanks: Int = 512, samples: Int = 65_536, seed: UInt64 = 0) {
    let ranks = topology.deviceCount
    var longest = (links: 0, latency: Seconds.zero, empty: Seconds.zero)
    func ask(_ source: Int, _ destination: Int) {
      guard let route = topology.route(from: source, to: destination) else { return }
      longest.links = max(longest.links, route.links.count)
      longest.latency = max(longest.latency, route.latency)
      longest.empty = max(longest.empty, route.latency + route.messageOverhead)
    }
    isExact = ranks <= exactRanks
    if isExact {
      for source in 0..<ranks {
        for destination in 0..<ranks where destination != source { ask(source, destination) }
      }
      pairs = ranks * max(0, ranks - 1)
    } else {
      for sample in 0..<samples {
        let source = Int(SeededHash.mix(seed, UInt64(sample), 0) % UInt64(ranks))
        let step = 1 + Int(SeededHash.mix(seed, UInt64(sample), 1) % UInt64(ranks - 1))
        ask(source, (source + step) % ranks)
      }
      pairs = samples
    }
    links = longest.links
    latency = longest.latency
    emptyMessage = longest.empty
  }

  /// One line for a person.
  public var description: String {
    let basis = isExact ? "all \(pairs) ordered pairs" : "a lower bound, from \(pairs) seeded samples"
    return "diameter: \(links) links, \(latency) latency, \(emptyMessage) for an empty message (\(basis))"
  }
}
