/// An all-reduce algorithm that treats all ranks alike, whatever node they sit in.
public enum FlatAlgorithm: String, Sendable, Hashable, CaseIterable {
  /// Reduce-scatter, then all-gather, both around a ring: 2(p−1) steps of n/p, the least bytes that any all-reduce can
  /// send (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms", JPDC 2009).
  case ring
  /// Reduction up and broadcast down one in-order binary tree: 2·⌊log₂ p⌋ steps of the whole payload.
  case binaryTree = "binary-tree"
  /// Two binary trees, of which no rank is interior to both, each with half of the payload (Sanders, Speck and Träff,
  /// "Two-tree algorithms for full bandwidth broadcast, reduction and scan", Parallel Computing 2009; NCCL's tree).
  case doubleBinaryTree = "double-binary-tree"
  /// Recursive halving, then recursive doubling: 2·log₂ p steps of n/2, n/4, … (Rabenseifner, ICCS 2004), with a fold
  /// to the next lower power of two (Thakur, Rabenseifner and Gropp, IJHPCA 2005).
  case halvingDoubling = "halving-doubling"
  /// Every rank sends everything to every other and reduces on its own: one step (the "one-shot" of NVLink boxes).
  case oneShot = "one-shot"
  /// Direct reduce-scatter, then direct all-gather: two steps of n/p to every other rank.
  case twoShot = "two-shot"

  /// The name in files and tables.
  public var name: String { rawValue }

  /// Whether it is a reduce-scatter followed by an all-gather, so that a hierarchy can put another collective between.
  public var scatters: Bool {
    switch self {
    case .ring, .halvingDoubling, .twoShot: true
    case .binaryTree, .doubleBinaryTree, .oneShot: false
    }
  }

  /// Whether every rank sends to every other, p(p−1) messages a step.
  public var direct: Bool { self == .oneShot || self == .twoShot }
}
