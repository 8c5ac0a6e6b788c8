import Quantities

extension Scenario {
  /// The scenario as YAML that reads back as the same scenario: same content, same text, however it was asked for. With
  /// the number of replications in it, it is all that is needed to draw the same conditions again.
  public var text: String {
    var lines = ["name: \(YAMLText.scalar(name))"]
    if !summary.isEmpty { lines.append("description: \(YAMLText.quoted(summary))") }
    lines.append("provenance: \(provenance.rawValue)")
    if !source.isEmpty { lines.append("source: \(YAMLText.quoted(source))") }
    lines += ["seed: \(seed)", "replications: \(replicationCount)"]
    lines += Self.list("stragglers", stragglers.map(\.text))
    lines += Self.list("delays", delays.map(\.text))
    if kernelJitter != nil || !messageJitters.isEmpty {
      lines.append("jitter:")
      if let kernelJitter { lines.append("  kernels: \(kernelJitter.text)") }
      lines += Self.list("messages", messageJitters.map(\.text)).map { "  " + $0 }
    }
    lines += Self.list("changes", events.map(\.text))
    lines += Self.list("background", background.map(\.text))
    if !links.isEmpty { lines += ["links:"] + mergedLinks.map { "  " + $0.text } }
    if !device.texts.isEmpty { lines += ["device:"] + device.texts.map { "  " + $0 } }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What happens in it, an entry each, for a person.
  public var entries: [String] {
    stragglers.map { "straggler \($0.text)" } + delays.map { "delay \($0.text)" }
      + (kernelJitter.map { ["kernel jitter \($0.text)"] } ?? [])
      + messageJitters.map { "message jitter \($0.text)" } + events.map { "change \($0.text)" }
      + background.map { "background \($0.text)" } + mergedLinks.map(\.text) + device.texts
  }

  private static func list(_ key: String, _ entries: [String]) -> [String] {
    entries.isEmpty ? [] : ["\(key):"] + entries.map { "- \($0)" }
  }

  /// The traits of links with one entry for each selector, as a mapping must have them; the last of a kind counts.
  private var mergedLinks: [LinkTraits] {
    var merged: [LinkTraits] = []
    for traits in links {
      if let place = merged.firstIndex(where: { $0.links.text == traits.links.text }) {
        merged[place] = merged[place].overridden(by: traits)
      } else {
        merged.append(traits)
      }
    }
    return merged
  }
}
