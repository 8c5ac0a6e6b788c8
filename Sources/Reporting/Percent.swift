import Quantities

/// Shares and changes as percentages.
enum Percent {
  /// Such as "62.1 %"; a share that would be printed as 0.00001 is "< 0.001 %".
  static func text(_ share: Double) -> String {
    if share > 0, share < 1e-5 { return "< 0.001 %" }
    return NumberText.format(100 * share, significantDigits: 3) + " %"
  }

  /// Such as "-9.09 %" or "+0.5 %"; what would be printed as 0.00001 is "~0 %".
  static func change(_ change: Double) -> String {
    guard change == 0 || abs(change) >= 1e-5 else { return "~0 %" }
    return (change > 0 ? "+" : "") + NumberText.format(100 * change, significantDigits: 3) + " %"
  }
}
