import Simulation

/// The order in which an executor takes operations whose dependencies have finished.
public enum ExecutionOrder: Hashable, Sendable {
  /// By chance; messages stay under way for a while. Any legal order may come up, and a program is right only when all
  /// of them give the same.
  case random(seed: UInt64)
  /// As given, such as by the finish times of a simulation; the operations of the program, each once.
  case given([Int32])
}

extension SimulationRun {
  /// All operations in the order in which they finish; of those that finish at once, as the program has them.
  var finishOrder: [Int32] {
    let finishes = timeline.finishes
    return finishes.indices.sorted { (finishes[$0], $0) < (finishes[$1], $1) }.map { Int32($0) }
  }
}
