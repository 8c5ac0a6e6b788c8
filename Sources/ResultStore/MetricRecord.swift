import Quantities

/// One figure of a result: what was found, of what, in which unit, and where it comes from.
///
///     MetricRecord(name: "step time", value: .real(1.25e-3), unit: "s", provenance: .simulated)
///     MetricRecord(name: "bytes sent", scope: "rank 3", value: .integer(4096), unit: "B", provenance: .simulated)
///
/// A result holds at most one figure for a name, scope and provenance.
public struct MetricRecord: Sendable, Hashable {
  /// What the figure is, such as `step time`.
  public var name: String
  /// What part it is of, such as `rank 3` or `link class nvlink4`; empty for the whole.
  public var scope: String
  /// The figure, finite.
  public var value: MetricValue
  /// The unit of the value, such as `s` or `B`; empty for a pure number.
  public var unit: String
  /// Where the figure comes from.
  public var provenance: Provenance

  /// The name of the metric that the view `v_step_time` shows.
  public static let stepTimeName = "step time"

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - name: What the figure is.
  ///   - scope: What part it is of; empty for the whole.
  ///   - value: The figure.
  ///   - unit: Its unit; empty for a pure number.
  ///   - provenance: Where it comes from.
  public init(name: String, scope: String = "", value: MetricValue, unit: String, provenance: Provenance) {
    self.name = name
    self.scope = scope
    self.value = value
    self.unit = unit
    self.provenance = provenance
  }

  /// Creates a record of a time, in seconds.
  public init(name: String, scope: String = "", value: Seconds, provenance: Provenance) {
    self.init(name: name, scope: scope, value: .real(value.seconds), unit: "s", provenance: provenance)
  }

  /// Creates a record of a size, in bytes, exact.
  public init(name: String, scope: String = "", value: Bytes, provenance: Provenance) {
    self.init(name: name, scope: scope, value: .integer(value.count), unit: "B", provenance: provenance)
  }
}
