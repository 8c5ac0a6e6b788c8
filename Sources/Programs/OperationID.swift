/// The name of an operation of a ``Program``: its place in program order.
public struct OperationID: Hashable, Sendable, Comparable {
  /// The place in program order, from 0.
  public let index: Int32

  /// Creates the name of the operation at a place.
  @inlinable
  public init(_ index: Int32) {
    self.index = index
  }

  /// Orders by place.
  @inlinable
  public static func < (left: OperationID, right: OperationID) -> Bool {
    left.index < right.index
  }
}
