import Quantities

extension CollectiveAlgorithm {
  /// Reads a name such as `ring` or `hierarchical(ring,double-binary-tree)`; blanks around the parts don't matter.
  ///
  /// - Throws: ``CollectiveNameError`` with the nearest name.
  public init(parsing text: String) throws(CollectiveNameError) {
    let trimmed = text.trimmed
    if let flat = FlatAlgorithm(rawValue: trimmed) {
      self = .flat(flat)
      return
    }
    guard trimmed.hasPrefix("hierarchical") else {
      throw CollectiveNameError(
        found: text,
        expected: "one of \(Self.flatNames) or hierarchical(INSIDE,ACROSS)"
          + NearestName.suggestion(for: trimmed, among: FlatAlgorithm.allCases.map(\.name) + ["hierarchical"]))
    }
    let rest = String(trimmed.dropFirst("hierarchical".count)).trimmed
    guard rest.first == "(", rest.last == ")" else {
      throw CollectiveNameError(found: text, expected: "hierarchical(INSIDE,ACROSS), each one of \(Self.flatNames)")
    }
    let parts = rest.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw CollectiveNameError(found: text, expected: "hierarchical(INSIDE,ACROSS), each one of \(Self.flatNames)")
    }
    self = .hierarchical(
      inside: try Self.part(String(parts[0]), of: text), across: try Self.part(String(parts[1]), of: text))
  }

  private static var flatNames: String { FlatAlgorithm.allCases.map(\.name).joined(separator: ", ") }

  private static func part(_ part: String, of text: String) throws(CollectiveNameError) -> FlatAlgorithm {
    guard let flat = FlatAlgorithm(rawValue: part.trimmed) else {
      throw CollectiveNameError(
        found: text,
        expected: "one of \(flatNames) in place of '\(part.trimmed)'"
          + NearestName.suggestion(for: part.trimmed, among: FlatAlgorithm.allCases.map(\.name)))
    }
    return flat
  }
}

extension String {
  /// The text without blanks at its ends.
  fileprivate var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }
}
