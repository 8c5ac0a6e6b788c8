/// A named part of a program, such as one hop of a ring or one all-reduce: for listings, traces and explanations, and
/// for an executor that replaces a whole collective by a library's call.
public struct Region: Hashable, Sendable {
  /// What the part is, such as "all-reduce max".
  public var name: String
  /// How it is done, such as "double binary tree"; empty where that needs no word.
  public var detail: String
  /// The region that it is part of, as an index into ``Program/regions``; nil for a part of the whole program.
  public var parent: Int32?
  /// The all-reduce that the part amounts to; nil for every other part, and in a program that keeps no operands.
  public var reduction: RegionReduction?

  /// Creates a region; see the properties for the meaning of each value.
  public init(name: String, detail: String = "", parent: Int32? = nil, reduction: RegionReduction? = nil) {
    self.name = name
    self.detail = detail
    self.parent = parent
    self.reduction = reduction
  }
}
