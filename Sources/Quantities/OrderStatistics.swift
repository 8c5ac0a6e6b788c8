/// What values in ascending order say of how they are distributed.
public enum OrderStatistics {
  /// A quantile, between the two values around it by their distance (Hyndman and Fan, The American Statistician 50, 1996,
  /// definition 7; NumPy's default).
  ///
  /// - Parameters:
  ///   - share: The share of the values below it, from 0 to 1.
  ///   - sorted: The values in ascending order.
  /// - Returns: Nil for no values.
  public static func quantile(_ share: Double, ofSorted sorted: [Double]) -> Double? {
    guard let last = sorted.last else { return nil }
    let place = share * Double(sorted.count - 1)
    let below = Int(place.rounded(.down))
    guard below + 1 < sorted.count else { return last }
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - Double(below))
  }

  /// The same of values in any order.
  public static func quantile(_ share: Double, of values: [Double]) -> Double? {
    quantile(share, ofSorted: values.sorted())
  }

  /// The middle value; the mean of the two of an even count, 0 for none.
  public static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
