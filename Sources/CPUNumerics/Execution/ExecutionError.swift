/// Why a program could not be executed with real data.
public enum ExecutionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Operations wait for one another, or for something that never comes.
  case deadlock(finished: Int, total: Int)
  /// An operation uses a buffer outside its life.
  case notLive(operation: String, buffer: String)
  /// A slice reaches past its buffer.
  case outOfBounds(operation: String, buffer: String)
  /// An operation reads what nothing has written.
  case unwritten(operation: String, buffer: String)
  /// What a message carries changes while it is under way.
  case race(operation: String)
  /// The operands of an operation do not have the sizes that its action and the workload give them.
  case badOperands(operation: String, expected: String)
  /// An input has another number of elements than its buffer.
  case badInput(buffer: String, found: Int, expected: Int)

  /// An input holds a number that is none, or an infinite one.
  case notFinite(tensor: String, element: Int, found: String)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .deadlock(let finished, let total): "deadlock after \(finished) of \(total) operations"
    case .notLive(let operation, let buffer): "\(operation) uses \(buffer), which is not live"
    case .outOfBounds(let operation, let buffer): "\(operation) reaches past the end of \(buffer)"
    case .unwritten(let operation, let buffer): "\(operation) reads \(buffer), where nothing has been written"
    case .race(let operation): "\(operation) carries what changes while it is under way"
    case .badOperands(let operation, let expected): "\(operation) has operands of the wrong size; expected \(expected)"
    case .notFinite(let tensor, let element, let found):
      "element \(element) of the \(tensor) is \(found); expected finite numbers"
    case .badInput(let buffer, let found, let expected):
      "\(buffer) takes \(expected) elements, found \(found)"
    }
  }
}
