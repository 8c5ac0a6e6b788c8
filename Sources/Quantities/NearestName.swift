/// Suggestions for misspelt names.
public enum NearestName {
  /// The closest candidate to a misspelt name, when one is close enough to be meant.
  ///
  /// Distance counts insertions, deletions, substitutions and swaps of neighbours (Damerau-Levenshtein, restricted),
  /// ignoring case; a candidate counts when at most a third of its letters, or two, would have to change.
  ///
  /// - Returns: The nearest candidate; the first in the given order among equals; nil when none is near.
  public static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(Array(name.lowercased().prefix(64)), Array(candidate.lowercased().prefix(64)))
      guard distance <= max(2, candidate.count / 3), distance < max(name.count, candidate.count) else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
    }
    return best?.name
  }

  /// The nearest candidate as the tail of an error message: `; did you mean 'nvlink'?`, or an empty text.
  public static func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
    guard let nearest = nearest(to: name, among: candidates) else { return "" }
    return "; did you mean '\(nearest)'?"
  }

  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforePrevious = [Int](repeating: 0, count: right.count + 1)
    var previous = Array(0...right.count)
    for row in 1...left.count {
      var current = [row] + [Int](repeating: 0, count: right.count)
      for column in 1...right.count {
        let cost = left[row - 1] == right[column - 1] ? 0 : 1
        current[column] = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost)
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          current[column] = min(current[column], beforePrevious[column - 2] + 1)
        }
      }
      (beforePrevious, previous) = (previous, current)
    }
    return previous[right.count]
  }
}
