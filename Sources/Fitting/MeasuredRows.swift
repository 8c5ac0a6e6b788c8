/// What came of reading a file of measurements: every row is among those that can be used, the bad ones or those set aside.
public protocol MeasuredRows {
  /// A row that can be used.
  associatedtype Measurement

  /// The rows that can be used, in the order of the file.
  var measurements: [Measurement] { get }
  /// The rows that can't be used, and why.
  var bad: [MeasurementRemark] { get }
  /// The rows that are sound but of no use, and why.
  var setAside: [MeasurementRemark] { get }
}

extension MeasuredRows {
  /// The rows of the file.
  public var rowCount: Int { measurements.count + bad.count + setAside.count }

  /// The rows of the file, and of them those used, bad and set aside.
  public var rowCounts: [Int] { [rowCount, measurements.count, bad.count, setAside.count] }
}
