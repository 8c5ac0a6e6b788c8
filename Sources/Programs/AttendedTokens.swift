import Quantities

/// Which tokens the operands of an attend kernel are of, and which of the keys each query sees: all that an executor
/// needs to mask, so that visibility is a statement of the program and not a guess from the order of its blocks.
///
/// A simulation needs none of it, since a ``Kernel`` has its amounts: so it stands beside the operands, and only in
/// programs that keep them.
public struct AttendedTokens: Hashable, Sendable {
  /// Which keys a query sees.
  public var mask: AttentionMask
  /// The tokens of the queries, in the order in which they lie within a head.
  public var queries: TokenRuns
  /// The tokens of each block of keys and values, in the order of the operands.
  public var keys: [TokenRuns]

  /// Creates a description; see the properties for the meaning of each value.
  public init(mask: AttentionMask, queries: TokenRuns, keys: [TokenRuns]) {
    self.mask = mask
    self.queries = queries
    self.keys = keys
  }
}

extension AttendedTokens: CustomStringConvertible {
  /// Such as "causal, queries 12-23 to keys 0-11"; blocks are separated by semicolons.
  public var description: String {
    "\(mask.rawValue), queries \(queries) to keys " + keys.map(\.description).joined(separator: "; ")
  }
}
