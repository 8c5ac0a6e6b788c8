/// The operator by which a reduction combines two values; each is associative and commutative up to rounding.
public enum Reduction: String, Sendable, Hashable, CaseIterable {
  /// The larger, element by element.
  case maximum = "max"
  /// The sum, element by element.
  case sum
  /// The online-softmax operator on states (m, d, n): with m = max(m₁, m₂), d = d₁·e^(m₁−m) + d₂·e^(m₂−m) and n alike
  /// (Milakov and Gimelshein, arXiv 1805.02867; Tree Attention, arXiv 2408.04093, section 4).
  case onlineSoftmax = "online softmax"

  /// The arithmetic for each element of a state whose numerators dominate: one operation to combine, two more
  /// multiplications to rescale.
  public var flopsPerElement: Double {
    self == .onlineSoftmax ? 3 : 1
  }
}
