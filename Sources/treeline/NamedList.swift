import Reporting

/// A list of presets by name.
struct NamedList {
  /// One preset.
  struct Entry {
    let name: String
    /// How much of ``NamedList/counted`` it has; nil when its file can't be read.
    let count: Int?
    let description: String

    /// Reads a preset for the list; one that can't be read says why, so that a broken file does not hide the others.
    init(_ name: String, reading read: () throws -> (count: Int, description: String)) {
      self.name = name
      do {
        let found = try read()
        (count, description) = (found.count, found.description)
      } catch {
        (count, description) = (nil, "unreadable: \(error)")
      }
    }
  }

  /// What is counted: "devices".
  let counted: String
  let entries: [Entry]
  let folders: [String]

  /// Prints the list in the format asked for.
  func write(_ format: OutputOptions.Choice) throws {
    switch format {
    case .json:
      try Output.write(JSONText.encode(entries.map { Item(counted: counted, entry: $0) }))
    case .csv:
      try Output.write(
        CSVText.lines(
          header: ["name", counted, "description"],
          rows: entries.map { [$0.name, $0.count.map(String.init) ?? "", $0.description] }))
    case .text:
      try Output.write(lines)
    }
  }

  private var lines: [String] {
    guard !entries.isEmpty else { return HangingText.lines("none found in: ", folders.joined(separator: ", ")) }
    let counts = entries.map { $0.count.map(String.init) ?? "" }
    let names = entries.map(\.name.count).max() ?? 0
    let digits = counts.map(\.count).max() ?? 0
    return zip(entries, counts).flatMap { entry, count in
      let name = entry.name + String(repeating: " ", count: names - entry.name.count)
      let number = String(repeating: " ", count: digits - count.count) + count
      return HangingText.lines("\(name)  \(number)  ", entry.description)
    }
  }

  /// An entry as JSON, whose count is known by what is counted.
  private struct Item: Encodable {
    struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { return nil }
    }

    let counted: String
    let entry: Entry

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(entry.name, forKey: Key("name"))
      try container.encode(entry.count, forKey: Key(counted))
      try container.encode(entry.description, forKey: Key("description"))
    }
  }
}
