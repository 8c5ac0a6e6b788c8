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

  /// The given operations, in the form that needs the least memory.
  public init(_ operations: [OperationID]) {
    switch operations.count {
    case 0: self = .none
    case 1: self = .one(operations[0])
    case 2: self = .two(operations[0], operations[1])
    default: self = .all(operations)
    }
  }

  /// These and one more, when there is one.
  @inlinable
  public func and(_ operation: OperationID?) -> Dependencies {
    guard let operation else { return self }
    switch self {
    case .none: return .one(operation)
    case .one(let first): return .two(first, operation)
    case .two(let first, let second): return .all([first, second, operation])
    case .all(let all): return all.isEmpty ? .one(operation) : .all(all + [operation])
    }
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
