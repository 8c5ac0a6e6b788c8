import Configuration
import Quantities
import Simulation

/// How links of a class carry messages: `ndr: {duplex: half, efficiency: [[1KB, 30%], [1MB, 95%]]}`. Of several traits
/// of one class the last counts.
public struct LinkTraits: Sendable {
  let links: LinkSelector
  /// Whether both directions of a cable share the bandwidth of one; nil to leave it as it is.
  let isHalfDuplex: Bool?
  /// The share of the bandwidth that messages of a size reach; nil to leave it as it is.
  let efficiency: EfficiencyCurve?

  init(of name: Field, _ field: Field, option: String?) throws(ConfigurationError) {
    links = try LinkSelector(name, option: option)
    let mapping = try field.mapping(allowed: ["duplex", "efficiency"])
    guard !mapping.entries.isEmpty else { throw field.error("expected 'duplex' or 'efficiency'") }
    if let duplex = mapping.optional("duplex") {
      isHalfDuplex = try duplex.name(among: ["full", "half"], noun: "duplex mode") == "half"
    } else {
      isHalfDuplex = nil
    }
    efficiency = try mapping.optional("efficiency").map(Self.curve)
  }

  private init(links: LinkSelector, isHalfDuplex: Bool?, efficiency: EfficiencyCurve?) {
    self.links = links
    self.isHalfDuplex = isHalfDuplex
    self.efficiency = efficiency
  }

  /// These traits with those of others that are given.
  func overridden(by others: LinkTraits) -> LinkTraits {
    LinkTraits(
      links: links, isHalfDuplex: others.isHalfDuplex ?? isHalfDuplex, efficiency: others.efficiency ?? efficiency)
  }

  private static func curve(_ field: Field) throws(ConfigurationError) -> EfficiencyCurve {
    var points: [EfficiencyCurve.Point] = []
    for item in try field.list() {
      let pair = try item.list()
      guard pair.count == 2, let size = pair.first, let share = pair.last else {
        throw item.error("expected a point such as [1KB, 30%]: the size of a message, and the share that it reaches")
      }
      let point = EfficiencyCurve.Point(
        size: try size.quantity(in: Bytes(1)...Bytes(1_000_000_000_000_000)),
        share: try Shares.read(share, in: 0.001...1))
      if let last = points.last, last.size >= point.size {
        throw size.error(
          "found \(size.found), expected a size above \(YAMLText.size(last.size)), that of the point before")
      }
      points.append(point)
    }
    guard !points.isEmpty else { throw field.error("found an empty list, expected points such as [1KB, 30%]") }
    return EfficiencyCurve(points: points)
  }

  /// The entry of `links` as YAML.
  var text: String {
    var parts: [String] = []
    if let isHalfDuplex { parts.append("duplex: \(isHalfDuplex ? "half" : "full")") }
    if let efficiency {
      let points = efficiency.points.map { "[\(YAMLText.size($0.size)), \(YAMLText.share($0.share))]" }
      parts.append("efficiency: [\(points.joined(separator: ", "))]")
    }
    return "\(links.text): {\(parts.joined(separator: ", "))}"
  }
}
