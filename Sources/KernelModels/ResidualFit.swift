/// The fit of tier 2's tables by backfitting (Hastie and Tibshirani, "Generalized Additive Models", 1990): each table in
/// turn takes what the others leave.
struct ResidualFit {
  /// How much a node is drawn to zero, in rows.
  static let shrinkage = 1.0
  /// The weight of rows without which a node has no value.
  static let leastWeight = 0.3
  /// How often every table is renewed.
  static let sweeps = 4

  /// One table's nodes around each row.
  private struct Assembly {
    var keys: [Int64] = []
    /// Four a row, into `keys`.
    var nodes: [Int] = []
    /// Four a row.
    var weights: [Double] = []
    let steps: (Double, Double)

    init(_ index: Int, _ places: [ResidualCoordinates], steps: (Double, Double)) {
      self.steps = steps
      var numbers: [Int64: Int] = [:]
      nodes.reserveCapacity(4 * places.count)
      weights.reserveCapacity(4 * places.count)
      for place in places {
        let (first, second) = ResidualModel.axes(index, place)
        // Rows without a grid weigh nothing.
        let cell = ResidualCell(grid: place.grid ?? 0, first: first, second: second, steps: steps)
        for key in [cell.keys.0, cell.keys.1, cell.keys.2, cell.keys.3] {
          let number = numbers[key] ?? keys.count
          if number == keys.count {
            numbers[key] = number
            keys.append(key)
          }
          nodes.append(number)
        }
        let share = place.grid == nil ? 0.0 : 1.0
        weights += [
          cell.weights.0 * share, cell.weights.1 * share, cell.weights.2 * share, cell.weights.3 * share,
        ]
      }
    }

    /// The value of each node for what the rows leave; nil where rows say too little.
    func values(_ residuals: [Double]) -> [Double?] {
      var weight = Array(repeating: 0.0, count: keys.count)
      var sum = weight
      for row in residuals.indices {
        let share = 1 / max(1, abs(residuals[row]) / ParameterFit.scale)
        for corner in 4 * row..<4 * row + 4 {
          let part = weights[corner] * share
          weight[nodes[corner]] += part
          sum[nodes[corner]] += part * residuals[row]
        }
      }
      return zip(weight, sum).map { $0 > ResidualFit.leastWeight ? $1 / ($0 + ResidualFit.shrinkage) : nil }
    }

    /// The table's value at each row.
    func predictions(_ values: [Double?]) -> [Double] {
      (0..<nodes.count / 4).map { row in
        var weight = 0.0
        var sum = 0.0
        for corner in 4 * row..<4 * row + 4 {
          guard let value = values[nodes[corner]] else { continue }
          weight += weights[corner]
          sum += weights[corner] * value
        }
        return weight > 1e-9 ? sum / weight : 0
      }
    }
  }

  /// Fits tables to residuals ln(time / tier 1).
  static func fit(
    _ places: [ResidualCoordinates], _ residuals: [Double], tokenStep: Double = 1, inWaves: Bool = false
  ) -> ResidualModel {
    var model = ResidualModel(tokenStep: tokenStep, inWaves: inWaves)
    let assemblies = model.tables.enumerated().map { Assembly($0.offset, places, steps: $0.element.steps) }
    var shares = assemblies.map { _ in Array(repeating: 0.0, count: residuals.count) }
    for sweep in 1...sweeps {
      for (index, assembly) in assemblies.enumerated() {
        let left = residuals.indices.map { row in
          residuals[row] - shares.reduce(0) { $0 + $1[row] } + shares[index][row]
        }
        let values = assembly.values(left)
        shares[index] = assembly.predictions(values)
        guard sweep == sweeps else { continue }
        let nodes = zip(assembly.keys, values).compactMap { key, value in value.map { (key, $0) } }
        model.replace(
          index,
          with: ResidualTable(firstStep: assembly.steps.0, secondStep: assembly.steps.1, nodes: nodes))
      }
    }
    return model
  }
}
