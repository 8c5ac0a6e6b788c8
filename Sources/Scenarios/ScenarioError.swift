import Configuration

/// A scenario that can be read but does not suit the cluster or the ranks that it is to be met by: a rank, a link class
/// or a vertex that is not there.
public struct ScenarioError: Error, Hashable, Sendable, CustomStringConvertible {
  private let error: ConfigurationError

  init(_ error: ConfigurationError) {
    self.error = error
  }

  /// The place, what was found, what was expected, and the nearest name.
  public var description: String { error.description }
}
