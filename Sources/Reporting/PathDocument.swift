import Quantities
import Topologies

/// The path between two ranks as JSON, in base units.
public struct PathDocument: Encodable, Sendable {
  struct Step: Encodable, Sendable {
    var from: String
    var to: String
    var linkClass: String
    var tier: String
    var bytesPerSecond: Double
    var latencySeconds: Double
  }

  let from: Int
  let to: Int
  let steps: [Step]
  let messageOverheadSeconds: Double
  let latencySeconds: Double
  let bytesPerSecond: Double?
  let bottleneck: Int?

  /// Describes a path.
  public init(_ report: PathReport) {
    from = report.source
    to = report.destination
    steps = report.steps.map {
      Step(
        from: $0.from, to: $0.to, linkClass: $0.linkClass.name, tier: $0.tier.rawValue,
        bytesPerSecond: $0.linkClass.payloadBandwidth.bytesPerSecond, latencySeconds: $0.linkClass.latency.seconds)
    }
    messageOverheadSeconds = report.route.messageOverhead.seconds
    latencySeconds = report.route.latency.seconds
    bytesPerSecond = report.steps.isEmpty ? nil : report.route.bandwidth.bytesPerSecond
    bottleneck = report.bottleneck
  }
}
