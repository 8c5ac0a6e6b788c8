import Quantities

/// The measurements of one quantity, one by one, in the order in which they were taken.
public struct SampleRecord: Sendable, Hashable {
  /// What was measured, such as `time`: the name of the metric that sums it up.
  public var name: String
  /// What was found, each finite.
  public var values: [Double]
  /// The unit of the values.
  public var unit: String
  /// Where they come from: measured, or emulated.
  public var provenance: Provenance

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - name: What was measured.
  ///   - values: What was found.
  ///   - unit: The unit.
  ///   - provenance: Measured or emulated; the table takes no other.
  public init(name: String, values: [Double], unit: String, provenance: Provenance) {
    self.name = name
    self.values = values
    self.unit = unit
    self.provenance = provenance
  }
}
