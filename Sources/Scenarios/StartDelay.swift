import Configuration

/// Ranks that begin late: `{ranks: all, delay: {uniform: [0s, 1ms]}}`, drawn once a replication for each rank. Several
/// delays of a rank add up.
public struct StartDelay: Sendable {
  let ranks: RankSelector
  let delay: Draw

  init(_ field: Field, option: String?) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["ranks", "delay"])
    ranks = try RankSelector(mapping.required("ranks"), option: option)
    delay = try Draw(mapping.required("delay"), .time)
  }

  /// The delay as YAML.
  var text: String { "{ranks: \(ranks.text), delay: \(delay.text)}" }
}
