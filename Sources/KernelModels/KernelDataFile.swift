import Fitting

/// A file of measured kernel times as read: every row is among the measurements, the bad ones or those set aside.
public struct KernelDataFile: MeasuredRows, Sendable {
  /// The file's name.
  public let name: String
  /// The phase that its rows are of.
  public let phase: KernelPhase
  /// The rows that can be used, in the order of the file.
  public let measurements: [MeasuredKernel]
  /// The rows that can't be used, and why.
  public let bad: [MeasurementRemark]
  /// The rows that are sound but of no use for this phase, and why.
  public let setAside: [MeasurementRemark]
  /// Rows among the measurements that physics contradicts, and how.
  public let flags: [MeasurementRemark]
}
