import Quantities

/// The algorithms that can be asked for by name.
public enum AlgorithmChoice: String, Sendable, Hashable, CaseIterable {
  /// Tree decoding.
  case tree
  /// Ring decoding.
  case ring
  /// All of K and V gathered on every rank.
  case allGather = "all-gather"
  /// One device that holds everything.
  case single
}
