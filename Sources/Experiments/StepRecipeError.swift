/// Why a stored run can't be run again.
public struct StepRecipeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number of the run.
  public var run: Int64
  /// Its command line.
  public var command: String
  /// What is wrong, as the rest of a sentence that starts with the run.
  public var reason: String

  /// Creates an error; see the properties for the meaning of each value.
  public init(run: Int64, command: String, reason: String) {
    self.run = run
    self.command = command
    self.reason = reason
  }

  /// One sentence for a person.
  public var description: String {
    // Any other command would do something else than simulate.
    command.hasPrefix("treeline simulate")
      ? "run \(run) \(reason); to simulate it anew with this version: \(command)" : "run \(run) \(reason)"
  }
}
