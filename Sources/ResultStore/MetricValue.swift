/// The value of a metric, exact: a whole number keeps every bit of an `Int64`, a real number every bit of a `Double`.
///
/// The `value` column of the table `metric` has no declared type, so SQLite stores what it is given. A `REAL` column
/// would round byte counts above 2^53, and a `NUMERIC` one would hand 500.0 back as the integer 500.
public enum MetricValue: Sendable, Hashable, CustomStringConvertible {
  /// A count: bytes, messages, launches.
  case integer(Int64)
  /// A time, a rate, a ratio; finite.
  case real(Double)

  /// The value as a real number, rounded when a whole number is above 2^53 in magnitude.
  public var real: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    }
  }

  /// This value less another: exact among whole numbers unless it overflows.
  public func difference(from other: MetricValue) -> MetricValue {
    if case .integer(let left) = self, case .integer(let right) = other {
      let (difference, overflow) = left.subtractingReportingOverflow(right)
      if !overflow { return .integer(difference) }
    }
    return .real(real - other.real)
  }

  /// The shortest text that reads back as the same value.
  public var description: String {
    switch self {
    case .integer(let value): String(value)
    case .real(let value): String(value)
    }
  }
}
