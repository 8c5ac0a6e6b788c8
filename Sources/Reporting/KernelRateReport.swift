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
    var table = TextTable(columns: ["measured on this CPU", "in", "median", "least", "most", "limit", "share"])
    for rate in rates {
      table.add(
        [rate.name, "G" + rate.unit.rawValue]
          + [rate.median, rate.rates.min() ?? 0, rate.rates.max() ?? 0, rate.limitMedian].map {
            NumberText.format($0 / 1e9, significantDigits: 3)
          } + [NumberText.format(rate.ofLimit, significantDigits: 2)])
    }
    return about + [""] + table.lines
      + TextTable.wrap(
        """
        Medians of \(count) repeats in turns with their limit on as many threads: a plain read of the same bytes, or \
        OpenBLAS's products of whole matrices; the share is the median of neighbouring repeats'. Prefill counts the \
        operations that the causal mask lets through. On a busy machine shares say more than rates.
        """, TextTable.widest)
  }
}
