/// The processes that measure together, each with ranks of its own.
///
/// They must take the same steps: how often to repeat follows from numbers that all of them have.
public protocol CollectiveProcesses {
  /// The largest of each number over all processes, which all of them get.
  func largest(_ numbers: [Double]) throws -> [Double]
  /// Does what waits for other processes, in a function of a library that knows no time limit.
  func limited<Value>(_ what: String, _ body: () throws -> Value) throws -> Value
}

extension CollectiveProcesses {
  /// What this process has found to be wrong, or that another one has; nil where none has. So all of them stop together.
  ///
  /// - Parameters:
  ///   - problem: What this process has found.
  ///   - rank: Its first rank.
  func agreed(_ problem: String?, rank: Int) throws -> String? {
    let wrong = try largest([problem == nil ? 0 : Double(rank + 1)])
    if let problem { return problem }
    guard let rank = wrong.first, rank > 0 else { return nil }
    return "rank \(Int(rank) - 1) says more"
  }
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
