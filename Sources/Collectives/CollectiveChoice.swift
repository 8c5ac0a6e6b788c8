import Quantities

/// Which algorithm a user asks for: one by name, or the one that the cost model finds fastest.
public enum CollectiveChoice: Hashable, Sendable, CustomStringConvertible {
  /// This one.
  case fixed(CollectiveAlgorithm)
  /// The fastest by ``Selection``.
  case auto

  /// Reads `auto` or the name of an algorithm.
  ///
  /// - Throws: ``CollectiveNameError`` with the nearest name.
  public init(parsing text: String) throws(CollectiveNameError) {
    if text == "auto" {
      self = .auto
      return
    }
    do {
      self = .fixed(try CollectiveAlgorithm(parsing: text))
    } catch {
      let nearest = NearestName.nearest(to: text, among: ["auto"]).map { "; did you mean '\($0)'?" } ?? ""
      throw CollectiveNameError(found: error.found, expected: "auto, or \(error.expected)\(nearest)")
    }
  }

  /// The name in files and tables.
  public var description: String {
    switch self {
    case .fixed(let algorithm): algorithm.name
    case .auto: "auto"
    }
  }
}
