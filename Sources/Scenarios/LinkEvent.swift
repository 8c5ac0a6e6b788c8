import Configuration
import Quantities

/// Links that lose bandwidth or fail at a moment of the run, and are whole again at another if one is given:
/// `{links: ndr, bandwidth: 50%, at: 10ms, until: 20ms}`, `{links: "dgx0/gpu1 -> leaf1", fails: true, at: 1ms}`.
///
/// While several last, their shares multiply; what is left may not be below the least share that one may leave.
public struct LinkEvent: Sendable {
  let links: LinkSelector
  /// The share of the bandwidth that is left; zero for a failed link.
  let share: Double
  let start: Seconds
  let end: Seconds?

  init(_ field: Field, option: String?) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["links", "bandwidth", "fails", "at", "until"])
    links = try LinkSelector(mapping.required("links"), option: option)
    switch (mapping.optional("bandwidth"), mapping.optional("fails")) {
    case (let bandwidth?, nil): share = try Shares.read(bandwidth, in: Shares.left)
    case (nil, let fails?):
      guard try fails.boolean() else { throw fails.error("found 'false', expected true, or 'bandwidth' instead") }
      share = 0
    default: throw field.error("expected either 'bandwidth', the share that is left, or 'fails: true'")
    }
    let moments = Seconds.zero...Seconds(Measure.time.range.upperBound)
    start = try mapping.quantity("at", in: moments, default: .zero)
    end = try Self.end(mapping.optional("until"), after: start)
  }

  /// Reads the moment when something ends that has begun.
  static func end(_ field: Field?, after start: Seconds) throws(ConfigurationError) -> Seconds? {
    guard let field else { return nil }
    let end = try field.quantity(Seconds.self, in: Seconds.zero...Seconds(Measure.time.range.upperBound))
    guard end > start else {
      throw field.error("found \(field.found), expected a time after \(YAMLText.time(start.seconds)), the start")
    }
    return end
  }

  /// The event as YAML.
  var text: String {
    let what = share == 0 ? "fails: true" : "bandwidth: \(YAMLText.share(share))"
    let until = end.map { ", until: \(YAMLText.time($0.seconds))" } ?? ""
    return "{links: \(links.text), \(what), at: \(YAMLText.time(start.seconds))\(until)}"
  }
}
