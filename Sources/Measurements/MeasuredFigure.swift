/// One figure that is neither the time of an attention kernel nor that of a collective.
public struct MeasuredFigure: Hashable, Sendable {
  /// What kind of figure it is.
  public enum Kind: String, CaseIterable, Sendable {
    /// How fast memory is read and written.
    case memory
    /// Latency or bandwidth of a link.
    case link
    /// A figure of a device's data sheet.
    case device
    /// A figure that a publication prints.
    case published
    /// What `treeline measure` found of a kernel of its own.
    case kernel
  }

  /// The line of its file.
  public var line: Int
  /// Where the figure comes from, where a row says more than its file; otherwise empty.
  public var origin: String
  /// What kind of figure it is.
  public var kind: Kind
  /// The device, machine or thing that it is of.
  public var subject: String
  /// What the figure is, such as `read bandwidth`.
  public var name: String
  /// Under which conditions, such as `block size 32, 3456 threads`; empty for none.
  public var scope: String
  /// The figure, finite.
  public var value: Double
  /// Its unit, such as `B/s`; empty for a pure number.
  public var unit: String
  /// Why it should not be relied on; empty where nothing is known against it.
  public var unverified: String

  /// Creates a figure; see the properties for the meaning of each value.
  public init(
    line: Int, origin: String = "", kind: Kind, subject: String, name: String, scope: String = "", value: Double,
    unit: String, unverified: String = ""
  ) {
    self.line = line
    self.origin = origin
    self.kind = kind
    self.subject = subject
    self.name = name
    self.scope = scope
    self.value = value
    self.unit = unit
    self.unverified = unverified
  }
}
