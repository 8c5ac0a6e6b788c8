/// The rule by which messages find their way.
///
/// A router is deterministic: the same ranks and salt give the same links on every run. The salt stands for what
/// equal-cost multi-path hashes in a real fabric (the flow's five-tuple); the simulator passes a seeded value per pair.
public protocol Router: Sendable {
  /// Appends the links of the way from one device to another.
  ///
  /// - Parameters:
  ///   - source: The rank that sends.
  ///   - destination: The rank that receives; different from `source`.
  ///   - salt: What chooses among equal paths.
  ///   - links: Where the indices of the links are appended, in order.
  /// - Returns: False when no way exists.
  func appendRoute(from source: Int, to destination: Int, salt: UInt64, into links: inout [Int32]) -> Bool
}
