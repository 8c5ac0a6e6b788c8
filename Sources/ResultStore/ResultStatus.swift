/// Whether a configuration could be run.
public enum ResultStatus: String, Sendable, Hashable, CaseIterable {
  /// The figures describe a configuration that runs.
  case ok
  /// The configuration needs more memory than a device has.
  case doesNotFit = "does not fit"
}
