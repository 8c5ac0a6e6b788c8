/// The path of a value in a document, such as `links.ndr.bandwidth` or `fabric.levels[1].up`, as its steps.
struct FieldPath {
  /// The keys and indices from the root down.
  let steps: [String]

  /// Reads a path: keys joined by points, and items as an index in brackets or as one more step.
  ///
  /// - Returns: Nil when a step is empty or a bracket stands alone or holds no index.
  init?(_ text: String) {
    var steps: [String] = []
    for (place, part) in text.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let key = pieces.first, !key.contains("]") else { return nil }
      // Only the document itself can be a list without a key before it.
      guard !key.isEmpty || (place == 0 && pieces.count > 1) else { return nil }
      if !key.isEmpty { steps.append(String(key)) }
      for piece in pieces.dropFirst() {
        guard piece.last == "]", let index = Int(piece.dropLast()), index >= 0 else { return nil }
        steps.append(String(index))
      }
    }
    self.steps = steps
  }
}
