/// How an all-reduce is done.
///
///     let algorithm = try CollectiveAlgorithm(parsing: "hierarchical(ring,double-binary-tree)")
///     print(algorithm)  // hierarchical(ring,double-binary-tree)
public enum CollectiveAlgorithm: Hashable, Sendable {
  /// One algorithm over all ranks.
  case flat(FlatAlgorithm)
  /// One algorithm inside each node and another across nodes.
  ///
  /// Where all nodes hold equally many ranks and `inside` scatters: reduce-scatter inside, an all-reduce of each chunk
  /// across the ranks of equal place, all-gather inside. Otherwise: reduction to the first rank of each node, an
  /// all-reduce across those leaders, broadcast; `inside` is then direct for `one-shot` and `two-shot`, and a binary
  /// tree for the others. With one node it is `inside` alone, with one rank a node `across` alone.
  case hierarchical(inside: FlatAlgorithm, across: FlatAlgorithm)

  /// See ``FlatAlgorithm/ring``.
  public static let ring = CollectiveAlgorithm.flat(.ring)
  /// See ``FlatAlgorithm/binaryTree``.
  public static let binaryTree = CollectiveAlgorithm.flat(.binaryTree)
  /// See ``FlatAlgorithm/doubleBinaryTree``.
  public static let doubleBinaryTree = CollectiveAlgorithm.flat(.doubleBinaryTree)
  /// See ``FlatAlgorithm/halvingDoubling``.
  public static let halvingDoubling = CollectiveAlgorithm.flat(.halvingDoubling)
  /// See ``FlatAlgorithm/oneShot``.
  public static let oneShot = CollectiveAlgorithm.flat(.oneShot)
  /// See ``FlatAlgorithm/twoShot``.
  public static let twoShot = CollectiveAlgorithm.flat(.twoShot)

  /// The name in files and tables.
  public var name: String {
    switch self {
    case .flat(let flat): flat.name
    case .hierarchical(let inside, let across): "hierarchical(\(inside.name),\(across.name))"
    }
  }
}

extension CollectiveAlgorithm: CustomStringConvertible {
  /// The name in files and tables.
  public var description: String { name }
}
