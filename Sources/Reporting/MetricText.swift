import Quantities
import ResultStore

/// Metrics in words.
enum MetricText {
  /// A value with its unit as a person would write it.
  static func describe(_ metric: MetricRecord) -> String {
    describe(metric.value, unit: metric.unit)
  }

  /// A value with its unit as a person would write it.
  static func describe(_ value: MetricValue, unit: String) -> String {
    switch (unit, value) {
    case ("s", _): Seconds(value.real).description
    case ("B", .integer(let count)): Bytes(count).description
    case ("", .integer(let count)): NumberText.grouped(count)
    case ("B/s", _): BytesPerSecond(value.real).description
    case ("FLOP/s", _): FLOPsPerSecond(value.real).description
    case (_, .integer(let count)): "\(count) \(unit)"
    case (_, .real(let real)):
      NumberText.format(real, significantDigits: 4) + (unit.isEmpty ? "" : " " + unit)
    }
  }
}
