/// A small symmetric matrix of normal equations.
public struct SquareMatrix: Sendable {
  /// The rows, and the columns.
  public let size: Int
  private var elements: [Double]

  /// A matrix of zeros.
  public init(size: Int) {
    self.size = size
    elements = Array(repeating: 0, count: size * size)
  }

  /// An element.
  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * size + column] }
    set { elements[row * size + column] = newValue }
  }

  /// The lower triangle L of L·Lᵀ = this (Cholesky); nil unless this is positive definite.
  private var factor: SquareMatrix? {
    var lower = SquareMatrix(size: size)
    for row in 0..<size {
      for column in 0...row {
        var sum = self[row, column]
        for index in 0..<column { sum -= lower[row, index] * lower[column, index] }
        if row == column {
          guard sum > 0, sum.isFinite else { return nil }
          lower[row, row] = sum.squareRoot()
        } else {
          lower[row, column] = sum / lower[column, column]
        }
      }
    }
    return lower
  }

  /// The x of this·x = b; nil unless this is positive definite.
  public func solve(_ right: [Double]) -> [Double]? {
    factor.map { $0.substitute(right) }
  }

  /// The diagonal of the inverse; nil unless this is positive definite.
  public var inverseDiagonal: [Double]? {
    guard let factor else { return nil }
    return (0..<size).map { index in
      var unit = Array(repeating: 0.0, count: size)
      unit[index] = 1
      return factor.substitute(unit)[index]
    }
  }

  /// This with its diagonal raised by a share (Marquardt).
  public func damped(by share: Double) -> SquareMatrix {
    var result = self
    for index in 0..<size { result[index, index] *= 1 + share }
    return result
  }

  /// The x of L·Lᵀ·x = b, where this is L.
  private func substitute(_ right: [Double]) -> [Double] {
    var result = right
    for row in 0..<size {
      for column in 0..<row { result[row] -= self[row, column] * result[column] }
      result[row] /= self[row, row]
    }
    for row in (0..<size).reversed() {
      for column in (row + 1)..<size where column < size { result[row] -= self[column, row] * result[column] }
      result[row] /= self[row, row]
    }
    return result
  }
}
