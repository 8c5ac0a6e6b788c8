/// The four nodes of a grid around a place, and how near it is to each.
struct ResidualCell: Sendable {
  /// The keys of the nodes.
  let keys: (Int64, Int64, Int64, Int64)
  /// Their bilinear weights.
  let weights: (Double, Double, Double, Double)

  /// The cell of a place.
  ///
  /// - Parameters:
  ///   - grid: The grid.
  ///   - first: The place along the first axis.
  ///   - second: The place along the second axis.
  ///   - steps: The distances of nodes along the axes, whose nodes lie at their multiples.
  init(grid: Int64, first: Double, second: Double, steps: (Double, Double)) {
    let (low, other) = ((first / steps.0).rounded(.down), (second / steps.1).rounded(.down))
    let (across, along) = (first / steps.0 - low, second / steps.1 - other)
    let key = Self.key(grid: grid, first: Int(low), second: Int(other))
    keys = (key, key + 1, key + Self.row, key + Self.row + 1)
    weights = ((1 - across) * (1 - along), (1 - across) * along, across * (1 - along), across * along)
  }

  /// The keys of a row of nodes.
  private static let row: Int64 = 4096
  /// Makes the numbers of nodes positive.
  private static let origin: Int64 = 2000

  /// The key of a node by its number along each axis.
  static func key(grid: Int64, first: Int, second: Int) -> Int64 {
    (grid * row + Int64(first) + origin) * row + Int64(second) + origin
  }

  /// The grid and the numbers of a node.
  static func node(of key: Int64) -> (grid: Int64, first: Int, second: Int) {
    let upper = key / row
    return (upper / row, Int(upper % row - origin), Int(key % row - origin))
  }
}
