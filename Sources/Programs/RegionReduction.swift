/// What the operations of a ``Region`` amount to where they are one all-reduce: enough to ask a library for it instead.
public struct RegionReduction: Hashable, Sendable {
  /// How two ranks' elements combine.
  public var reduction: Reduction
  /// What is reduced in place, a slice a member, on the member's rank; all have equally many elements.
  public var slices: [Slice]
  /// The elements that combine together and must not be cut apart, such as one head's packed state; 1 for none.
  public var elementsPerUnit: Int

  /// Describes a reduction; see the properties for the meaning of each value.
  public init(reduction: Reduction, slices: [Slice], elementsPerUnit: Int) {
    self.reduction = reduction
    self.slices = slices
    self.elementsPerUnit = elementsPerUnit
  }
}
