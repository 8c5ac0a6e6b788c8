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
  /// The most bytes of a problem that all are told.
  private static var mostText: Int { 1024 }

  /// What the process of the last rank that has found something wrong says of it, in all processes; nil where none has. So
  /// all of them stop together.
  ///
  /// - Parameters:
  ///   - problem: What this process has found.
  ///   - rank: Its first rank.
  func agreed(_ problem: String?, rank: Int) throws -> String? {
    guard let first = try largest([problem == nil ? 0 : Double(rank + 1)]).first, first > 0 else { return nil }
    // The bytes of what that process has found, behind those of any shorter text nothing.
    var text = [Double](repeating: 0, count: Self.mostText)
    if let problem, Int(first) == rank + 1 {
      for (place, byte) in problem.utf8.prefix(Self.mostText).enumerated() { text[place] = Double(byte) }
    }
    let found = try largest(text).prefix { $0 > 0 }.map { UInt8(clamping: Int($0)) }
    return String(decoding: found, as: UTF8.self)
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
