/// A run as a line of a list.
public struct RunSummary: Sendable, Hashable {
  /// The number of the run.
  public let id: Int64
  /// The run.
  public let run: RunRecord
  /// The name of its topology.
  public let topologyName: String?
  /// The name of its model.
  public let modelName: String?
  /// How many results it has.
  public let resultCount: Int
}
