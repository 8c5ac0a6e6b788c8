import Configuration
import Quantities

/// The link classes of a file, by name.
struct LinkTable {
  /// The names, in the order of the file.
  private(set) var names: [String] = []
  /// The classes, in the order of the file.
  private(set) var classes: [LinkClass] = []
  private var indices: [String: Int] = [:]

  /// No classes.
  init() {}

  /// Reads the `links` section.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  init(reading field: Field) throws(ConfigurationError) {
    for (name, value) in try field.mapping().entries {
      let mapping = try value.mapping(allowed: [
        "bandwidth", "latency", "message-overhead", "efficiency", "provenance", "source",
      ])
      let time = Seconds.zero...Seconds(1)
      let linkClass = LinkClass(
        name: name,
        bandwidth: try mapping.required("bandwidth").quantity(in: BytesPerSecond(1)...BytesPerSecond(1e15)),
        latency: try mapping.required("latency").quantity(in: time),
        messageOverhead: try mapping.quantity("message-overhead", in: time, default: .zero),
        efficiency: try mapping.number("efficiency", in: 1e-6...1, default: 1),
        provenance: try mapping.provenance(default: .assumed),
        source: try mapping.string("source", default: ""))
      indices[name] = classes.count
      names.append(name)
      classes.append(linkClass)
    }
  }

  /// The index of the class that a value names.
  ///
  /// - Throws: ``ConfigurationError`` with the nearest name when there is none.
  func index(naming field: Field) throws(ConfigurationError) -> Int {
    let name = try field.string()
    if let index = indices[name] { return index }
    guard !names.isEmpty else { throw field.error("no link '\(name)': the file has no 'links'") }
    return indices[try field.name(among: names, noun: "link")] ?? 0
  }
}
