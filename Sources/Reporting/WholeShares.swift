import Quantities

/// Shares of a whole as whole per cent that sum up to 100, by largest remainders.
enum WholeShares {
  /// The per cent of each share, in the order given; of equal remainders the first is rounded up.
  ///
  /// - Parameter shares: The shares, which sum up to 1.
  static func percents(_ shares: [Double]) -> [Int] {
    let exact = shares.map { 100 * $0 }
    var percents = exact.map { Int($0.rounded(.down)) }
    let missing = 100 - percents.reduce(0, +)
    let byRemainder = exact.indices.sorted { left, right in
      let remainders = (exact[left] - Double(percents[left]), exact[right] - Double(percents[right]))
      return remainders.0 == remainders.1 ? left < right : remainders.0 > remainders.1
    }
    for index in byRemainder.prefix(max(0, missing)) { percents[index] += 1 }
    return percents
  }
}
