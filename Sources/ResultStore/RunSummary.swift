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
  /// The name of the machine that it was measured on; nil for no measurement.
  public let machineName: String?
  /// How many results it has.
  public let resultCount: Int
}
