/// A file of measured kernel times as read: every row is among the measurements, the bad ones or those set aside.
public struct KernelDataFile: Sendable {
  /// A row and what is to be said of it.
  public struct Remark: Hashable, Sendable, CustomStringConvertible {
    /// The file's name.
    public let file: String
    /// The line.
    public let line: Int
    /// What is to be said.
    public let message: String

    /// One sentence for a person.
    public var description: String { "\(file):\(line): \(message)" }
  }

  /// The file's name.
  public let name: String
  /// The phase that its rows are of.
  public let phase: KernelPhase
  /// The rows that can be used, in the order of the file.
  public let measurements: [MeasuredKernel]
  /// The rows that can't be used, and why.
  public let bad: [Remark]
  /// The rows that are sound but of no use for this phase, and why.
  public let setAside: [Remark]
  /// Rows among the measurements that physics contradicts, and how.
  public let flags: [Remark]

  /// The rows of the file.
  public var rowCount: Int { measurements.count + bad.count + setAside.count }
}
