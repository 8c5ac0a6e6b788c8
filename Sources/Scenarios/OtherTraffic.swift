import Configuration
import Quantities

/// Traffic that is not the step's: messages between two devices, again and again
/// (`{from: 0, to: 9, message: 4MB, every: 1ms}`; without `every`, each when the one before has arrived), or a constant
/// share of links (`{links: ndr, load: 30%}`). Several loads of a link add up.
public enum OtherTraffic: Sendable {
  /// Messages from one rank's device to another's.
  case messages(Messages)
  /// A constant load, which leaves the rest of the bandwidth.
  case load(links: LinkSelector, share: Double)

  /// The most that all loads of a link together may take of it.
  static let mostLoad = 1 - Shares.left.lowerBound

  /// Messages from one device to another.
  public struct Messages: Sendable {
    let from: RankSelector
    let to: RankSelector
    let size: Bytes
    let interval: Seconds?
    let start: Seconds
    let end: Seconds?
  }

  init(_ field: Field, option: String?) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["from", "to", "message", "every", "at", "until", "links", "load"])
    if let load = mapping.optional("load") {
      for (key, value) in mapping.entries where !["links", "load"].contains(key) {
        throw value.error("a load has no '\(key)'; expected links and load alone")
      }
      let links = try LinkSelector(mapping.required("links"), option: option)
      self = .load(links: links, share: try Shares.read(load, in: 0...Self.mostLoad))
      return
    }
    if let links = mapping.optional("links") {
      throw links.error("links need 'load'; messages go from a rank to a rank")
    }
    let times = Seconds.zero...Seconds(Measure.time.range.upperBound)
    let to = try mapping.required("to")
    let ends = (
      try Self.rank(try mapping.required("from"), option), try Self.rank(to, option)
    )
    guard ends.0.text != ends.1.text else {
      throw to.error("found \(to.found), expected another rank than that which sends")
    }
    let start = try mapping.quantity("at", in: times, default: .zero)
    self = .messages(
      Messages(
        from: ends.0, to: ends.1,
        size: try mapping.required("message").quantity(in: Bytes(1)...Bytes(1_000_000_000_000_000)),
        // Each message is an event; a nanosecond is the least that a step can bear.
        interval: try mapping.optional("every")?.quantity(in: Seconds(1e-9)...times.upperBound),
        start: start, end: try LinkEvent.end(mapping.optional("until"), after: start)))
  }

  private static func rank(_ field: Field, _ option: String?) throws(ConfigurationError) -> RankSelector {
    let ranks = try RankSelector(field, option: option)
    guard let indices = ranks.indices, indices.ranges.count == 1, indices.ranges[0].count == 1 else {
      throw field.error("found \(field.found), expected one rank")
    }
    return ranks
  }

  /// The traffic as YAML.
  var text: String {
    switch self {
    case .load(let links, let share): "{links: \(links.text), load: \(YAMLText.share(share))}"
    case .messages(let flow):
      "{from: \(flow.from.text), to: \(flow.to.text), message: \(YAMLText.size(flow.size))"
        + (flow.interval.map { ", every: \(YAMLText.time($0.seconds))" } ?? "")
        + ", at: \(YAMLText.time(flow.start.seconds))"
        + (flow.end.map { ", until: \(YAMLText.time($0.seconds))" } ?? "") + "}"
    }
  }
}
