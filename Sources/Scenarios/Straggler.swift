import Configuration

/// Ranks or links that are slower than described: `{ranks: [3], slowdown: 2x}`, `{links: ndr, slowdown: 1.5x}`.
///
/// The factor is drawn once a replication for each rank or directed link, and stretches kernels with their launches, or
/// divides the bandwidth. Factors of several stragglers multiply.
public struct Straggler: Sendable {
  /// What is slow.
  enum Target: Sendable {
    case ranks(RankSelector)
    case links(LinkSelector)
  }

  /// The most by which all stragglers of a rank together may slow it down.
  static let mostTogether = 1e9

  let target: Target
  let slowdown: Draw

  init(_ field: Field, option: String?) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["ranks", "links", "slowdown"])
    slowdown = try Draw(mapping.required("slowdown"), .factor)
    switch (mapping.optional("ranks"), mapping.optional("links")) {
    case (let ranks?, nil): target = .ranks(try RankSelector(ranks, option: option))
    case (nil, let links?): target = .links(try LinkSelector(links, option: option))
    default: throw field.error("expected either 'ranks' or 'links' that are slow")
    }
  }

  /// The straggler as YAML.
  var text: String {
    switch target {
    case .ranks(let ranks): "{ranks: \(ranks.text), slowdown: \(slowdown.text)}"
    case .links(let links): "{links: \(links.text), slowdown: \(slowdown.text)}"
    }
  }
}
