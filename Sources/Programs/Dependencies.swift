/// The operations that must finish before another starts, written without an allocation in the common cases.
public enum Dependencies: Sendable {
  /// None: the operation waits only for its stream.
  case none
  /// One operation.
  case one(OperationID)
  /// Two operations.
  case two(OperationID, OperationID)
  /// Any number of operations.
  case all([OperationID])

  /// One operation when there is one, none otherwise.
  @inlinable
  public static func maybe(_ operation: OperationID?) -> Dependencies {
    operation.map { .one($0) } ?? .none
  }

  /// The operations of these dependencies.
  @inlinable public var operations: [OperationID] {
    switch self {
    case .none: []
    case .one(let first): [first]
    case .two(let first, let second): [first, second]
    case .all(let all): all
    }
  }
}
