import RealModule

/// Order statistics.
enum Statistics {
  /// A quantile with linear interpolation between order statistics (Hyndman and Fan's type 7, NumPy's default).
  ///
  /// - Returns: Nil for no values.
  static func quantile(_ share: Double, of values: [Double]) -> Double? {
    quantile(share, ofSorted: values.sorted())
  }

  /// A quantile of values in ascending order.
  static func quantile(_ share: Double, ofSorted sorted: [Double]) -> Double? {
    guard let last = sorted.last else { return nil }
    let place = share * Double(sorted.count - 1)
    let low = Int(place.rounded(.down))
    guard low + 1 < sorted.count else { return last }
    return sorted[low] + (sorted[low + 1] - sorted[low]) * (place - Double(low))
  }
}
