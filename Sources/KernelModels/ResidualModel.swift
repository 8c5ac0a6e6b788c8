/// Tier 2: what is left of ln(measured time / tier 1), as a sum of three small tables for each kernel, head dim and window:
/// over items and tokens, over group size and items, over group size and tokens.
///
/// It explains itself: shapes of this class run so many percent slower than the physics says at this many CTAs and tokens.
public struct ResidualModel: Hashable, Sendable {
  /// The tables.
  private(set) var tables: [ResidualTable]
  /// Whether items are counted in multiprocessors.
  let inWaves: Bool

  /// The nodes of all tables.
  public var nodeCount: Int { tables.reduce(0) { $0 + $1.keys.count } }

  /// Tables without nodes, which leave every time as tier 1 has it.
  ///
  /// - Parameters:
  ///   - tokenStep: The distance of nodes along the tokens in the first table, in octaves.
  ///   - inWaves: Whether items are counted in multiprocessors.
  init(tokenStep: Double = 1, inWaves: Bool = false) {
    tables = [
      ResidualTable(firstStep: 0.5, secondStep: tokenStep), ResidualTable(firstStep: 0.5, secondStep: 1),
      ResidualTable(firstStep: 0.5, secondStep: 1),
    ]
    self.inWaves = inWaves
  }

  init(tables: [ResidualTable]) {
    self.tables = tables
    inWaves = false
  }

  /// The axes of a table.
  static func axes(_ table: Int, _ place: ResidualCoordinates) -> (first: Double, second: Double) {
    switch table {
    case 0: (place.items, place.tokens)
    case 1: (place.group, place.items)
    default: (place.group, place.tokens)
    }
  }

  /// ln(time / tier 1) at a place, whether any table says something of it, and whether the first one does, which knows
  /// items and tokens.
  func value(_ place: ResidualCoordinates) -> (sum: Double, isKnown: Bool, isNear: Bool) {
    guard let grid = place.grid else { return (0, false, false) }
    var sum = 0.0
    var isKnown = false
    var isNear = false
    for (index, table) in tables.enumerated() {
      let (first, second) = Self.axes(index, place)
      guard let value = table.value(ResidualCell(grid: grid, first: first, second: second, steps: table.steps)) else {
        continue
      }
      sum += value
      isKnown = true
      if index == 0 { isNear = true }
    }
    return (sum, isKnown, isNear)
  }

  mutating func replace(_ index: Int, with table: ResidualTable) { tables[index] = table }
}
