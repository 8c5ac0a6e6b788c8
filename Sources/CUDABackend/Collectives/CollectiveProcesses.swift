/// The processes that measure together, each with ranks of its own.
///
/// They must take the same steps: how often to repeat follows from numbers that all of them have.
public protocol CollectiveProcesses {
  /// The largest of each number over all processes, which all of them get.
  func largest(_ numbers: [Double]) throws -> [Double]
  /// Does what waits for other processes, in a function of a library that knows no time limit.
  func limited<Value>(_ what: String, _ body: () throws -> Value) throws -> Value
}

/// One process alone, which has all ranks.
public struct LoneProcess: CollectiveProcesses {
  /// Creates it.
  public init() {}

  /// The numbers themselves.
  public func largest(_ numbers: [Double]) -> [Double] { numbers }

  /// Does it.
  public func limited<Value>(_ what: String, _ body: () throws -> Value) rethrows -> Value { try body() }
}
