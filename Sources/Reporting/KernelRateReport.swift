import CPUNumerics
import Quantities

/// Rates that were measured on this machine, for a terminal.
public struct KernelRateReport: Sendable {
  private let machine: [String]
  private let rates: [KernelRate]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - machine: What they were measured on, a line each.
  ///   - rates: The rates.
  public init(machine: [String], rates: [KernelRate]) {
    self.machine = machine
    self.rates = rates
  }

  /// The report, line by line, at most 100 columns wide; what the machine is, and a table where there are rates.
  public var lines: [String] {
    let about = machine.flatMap { TextTable.wrap($0, TextTable.widest) }
    guard let count = rates.first?.rates.count else { return about }
    var table = TextTable(columns: ["measured on this CPU", "median", "least", "most", "limit", "of it"])
    for rate in rates {
      let limit = Self.text(rate.limitMedian, rate.unit)
      table.add([
        rate.name, Self.text(rate.median, rate.unit), Self.text(rate.rates.min() ?? 0, rate.unit),
        Self.text(rate.rates.max() ?? 0, rate.unit), "\(limit) (\(rate.limit))",
        NumberText.format(rate.ofLimit, significantDigits: 2),
      ])
    }
    return about + [""] + table.lines
      + TextTable.wrap(
        """
        Medians of \(count) repeats in turns with their limit, on as many threads: a plain read of the same bytes, or \
        OpenBLAS's products of whole matrices. Prefill counts the operations that the causal mask lets through.
        """, TextTable.widest)
  }

  private static func text(_ rate: Double, _ unit: KernelRate.Unit) -> String {
    switch unit {
    case .bytesPerSecond: BytesPerSecond(rate).formatted(significantDigits: 3)
    case .flopsPerSecond: FLOPsPerSecond(rate).formatted(significantDigits: 3)
    }
  }
}
