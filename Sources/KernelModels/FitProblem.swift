import Fitting
import RealModule

/// The sum that a fit minimizes, over the logarithms of the parameters.
struct FitProblem<Row: ModelRow> {
  let rows: [Row]
  /// ln of the measured times in microseconds.
  let times: [Double]
  /// How much each row counts; 1 on average.
  let shares: [Double]
  /// The centre of the prior.
  let centre: [Double]
  /// The inverse of the prior's standard deviation, weighted.
  let prior: [Double]

  /// ln(tier 1 / time) of each row.
  func residuals(_ place: [Double]) -> [Double] {
    let values = place.map { Double.exp($0) }
    return values.withUnsafeBufferPointer { values in
      rows.indices.map { Double.log(rows[$0].evaluate(values).total) - times[$0] }
    }
  }

  func cost(_ residuals: [Double], _ place: [Double]) -> Double {
    let scale = ParameterFit.scale
    var sum = 0.0
    for (residual, share) in zip(residuals, shares) {
      let ratio = residual / scale
      sum += share * 2 * scale * scale * ((1 + ratio * ratio).squareRoot() - 1)
    }
    for index in place.indices {
      let pull = prior[index] * (place[index] - centre[index])
      sum += pull * pull
    }
    return sum
  }

  /// JᵀWJ + P and JᵀWr + P(θ - μ), with numeric derivatives J.
  func normalEquations(_ residuals: [Double], _ place: [Double]) -> (matrix: SquareMatrix, gradient: [Double]) {
    let step = 1e-4
    let columns = place.indices.map { index in
      var moved = place
      moved[index] += step
      return zip(self.residuals(moved), residuals).map { ($0 - $1) / step }
    }
    let weights = zip(residuals, shares).map { residual, share in
      let ratio = residual / ParameterFit.scale
      return share / (1 + ratio * ratio).squareRoot()
    }
    var matrix = SquareMatrix(size: place.count)
    var gradient = Array(repeating: 0.0, count: place.count)
    for row in place.indices {
      let weighted = zip(columns[row], weights).map { $0 * $1 }
      for column in 0...row {
        let sum = Self.product(weighted, columns[column])
        matrix[row, column] = sum
        matrix[column, row] = sum
      }
      gradient[row] = Self.product(weighted, residuals) + prior[row] * prior[row] * (place[row] - centre[row])
      matrix[row, row] += prior[row] * prior[row]
    }
    return (matrix, gradient)
  }

  private static func product(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }
}
