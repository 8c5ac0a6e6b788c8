import Quantities

/// Shares and changes as percentages.
enum Percent {
  /// Such as "62.1 %"; a share that would be printed as 0.00001 is "< 0.001 %".
  static func text(_ share: Double) -> String {
    if share > 0, share < 1e-5 { return "< 0.001 %" }
    return NumberText.format(100 * share, significantDigits: 3) + " %"
  }

  /// Such as "-9.09 %" or "+0.5 %".
  static func change(_ change: Double) -> String {
    (change > 0 ? "+" : "") + NumberText.format(100 * change, significantDigits: 3) + " %"
  }
}
