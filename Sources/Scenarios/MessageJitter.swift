import Configuration

/// Extra latency of messages that cross links of a class, drawn anew for every message and link crossed:
/// `{links: ndr, latency: {exponential: 1us}}`. Of several for one class the last counts.
public struct MessageJitter: Sendable {
  let links: LinkSelector
  let latency: Draw

  init(_ field: Field, option: String?) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["links", "latency"])
    links = try LinkSelector(mapping.required("links"), option: option)
    latency = try Draw(mapping.required("latency"), .time)
  }

  /// The jitter as YAML.
  var text: String { "{links: \(links.text), latency: \(latency.text)}" }
}
