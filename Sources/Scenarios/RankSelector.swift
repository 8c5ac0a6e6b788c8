import Configuration

/// Ranks as a scenario names them: `all`, `3`, `0-7,12`.
public struct RankSelector: Sendable {
  /// The ranks; nil for all.
  let indices: IndexSet?
  private let place: Place

  /// Reads a selector: a text, or a list of numbers and ranges.
  ///
  /// - Throws: ``ConfigurationError`` when it is neither, or empty.
  init(_ field: Field, option: String?) throws(ConfigurationError) {
    place = Place(field, option: option)
    let items = field.isList ? try field.list() : [field]
    guard !items.isEmpty else { throw field.error("found an empty list, expected ranks such as [0, 3], 0-7 or all") }
    var texts: [String] = []
    for item in items { texts.append(try item.string()) }
    if texts == ["all"] {
      indices = nil
      return
    }
    guard let indices = IndexSet(texts.joined(separator: ",")) else {
      throw field.error("found '\(texts.joined(separator: ","))', expected ranks such as 3, 0-7, [0, 3] or all")
    }
    self.indices = indices
  }

  /// The ranks that are meant.
  ///
  /// - Parameters:
  ///   - count: How many ranks there are.
  ///   - whole: What has so many ranks, for the message: "the run".
  /// - Throws: ``ScenarioError`` when one of them is not there, with the valid range.
  func ranks(below count: Int, of whole: String) throws(ScenarioError) -> [Int] {
    guard let indices else { return Array(0..<count) }
    guard indices.last < count else {
      throw place.error("no rank \(indices.last) in \(whole); expected 0 to \(count - 1)")
    }
    return indices.numbers
  }

  /// An error in the place where the ranks were asked for.
  func error(_ message: String) -> ScenarioError { place.error(message) }

  /// The selector as YAML.
  var text: String {
    guard let indices else { return "all" }
    return indices.ranges.count == 1 ? indices.text : "\"\(indices.text)\""
  }
}
