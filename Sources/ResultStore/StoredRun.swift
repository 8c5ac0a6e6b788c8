/// A run as it stands in a database, whole.
public struct StoredRun: Sendable, Hashable {
  /// The number of the run, never used again after the run is deleted.
  public let id: Int64
  /// The run.
  public let run: RunRecord
  /// The texts that it was made from, in the order in which they were saved.
  public let inputs: [InputRecord]
  /// Its results with their metrics, in the order in which they were saved.
  public let results: [ResultRecord]
}
