import Fitting

/// A file of measured collective times as read: every row is among the measurements, the bad ones or those set aside.
public struct CollectiveDataFile: MeasuredRows, Sendable {
  /// The file's name.
  public let name: String
  /// The rows that can be used, in the order of the file, each with its machine.
  public let measurements: [MeasuredCollective]
  /// The rows that can't be used, and why.
  public let bad: [MeasurementRemark]
  /// The rows that are sound but of no use, and why.
  public let setAside: [MeasurementRemark]
}

/// A measured time of a collective and the machine that its texts describe.
public struct MeasuredCollective: Hashable, Sendable {
  /// The row.
  public let row: CollectiveRow
  /// The machine.
  public let machine: CollectiveMachine

  /// Puts a row and its machine together.
  public init(row: CollectiveRow, machine: CollectiveMachine) {
    self.row = row
    self.machine = machine
  }

  /// The call.
  public var call: CollectiveCall {
    CollectiveCall(collective: row.collective, bytes: row.bytes, isByteIntegers: row.isByteIntegers)
  }
}
