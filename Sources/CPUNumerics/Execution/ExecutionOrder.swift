/// The order in which an executor takes operations whose dependencies have finished.
public enum ExecutionOrder: Hashable, Sendable {
  /// By chance; messages stay under way for a while. Any legal order may come up, and a program is right only when all
  /// of them give the same.
  case random(seed: UInt64)
  /// As given, such as by the finish times of a simulation; the operations of the program, each once.
  case given([Int32])
}
