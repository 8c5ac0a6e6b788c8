import Topologies

/// When everything happened in a run: the raw record that results are read from.
///
/// Arrays are indexed by operation or by message, in program order; times are seconds from the start.
public struct Timeline: Sendable {
  /// When each operation started: when its dependencies had finished.
  public let starts: [Double]
  /// When each operation finished.
  public let finishes: [Double]
  /// For each operation the dependency that finished last; -1 when it had none.
  public let causes: [Int32]
  /// When each message started: when both its sides had been reached.
  public let messageStarts: [Double]
  /// When each message was posted: when its sender's software was done with it and all that it posted before.
  public let messagePosts: [Double]
  /// For each message the index of its route.
  public let routeOfMessage: [Int32]
  /// The distinct routes: those planned, then those taken around failed links and by background traffic.
  public let routes: [Route]
  /// For each message how long it waited for a copy engine or for room at its receiver, in seconds; empty where no
  /// condition makes messages wait.
  public let holds: [Double]
  /// What each route carried of the messages that failed links sent another way or made wait, in the order of ends.
  public let legs: [Leg]
  /// What background traffic moved.
  public let backgroundTransfers: [BackgroundTransfer]
  let ledger: MemoryLedger
}
