import RealModule

/// The eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's cyclic method (Golub and Van Loan, "Matrix
/// Computations", 4th edition, section 8.5).
struct SymmetricEigen {
  /// The eigenvalues, in no order.
  private(set) var values: [Double]
  /// Their vectors, one a row.
  private(set) var vectors: [[Double]]
  /// ‖A·V − V·Λ‖ in the Frobenius norm: how far from eigenvectors these are.
  private(set) var residual: Double
  /// ‖A‖ in the Frobenius norm.
  let norm: Double

  /// Decomposes a symmetric matrix, order × order.
  init(_ matrix: [Double], order: Int) {
    var a = matrix
    var vectors = (0..<order).map { row in (0..<order).map { $0 == row ? 1.0 : 0 } }
    norm = Self.root(of: matrix)
    // Convergence is quadratic: a handful of sweeps do, and what they leave shows in the residual.
    for _ in 0..<30 {
      var off = 0.0
      for row in 0..<order { for column in 0..<row { off += a[row * order + column] * a[row * order + column] } }
      guard off.squareRoot() > Double.ulpOfOne * norm * 0.01 else { break }
      for p in 0..<order { for q in p + 1..<max(order, p + 1) { Self.rotate(&a, &vectors, p, q, order) } }
    }
    self.values = (0..<order).map { a[$0 * order + $0] }
    self.vectors = vectors
    var misses: [Double] = []
    for (value, vector) in zip(values, vectors) {
      for row in 0..<order {
        var sum = CompensatedSum<Double>()
        for column in 0..<order { sum.add(matrix[row * order + column] * vector[column]) }
        misses.append(sum.total - value * vector[row])
      }
    }
    residual = Self.root(of: misses)
  }

  private static func root(of numbers: [Double]) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Makes the entry (p, q) zero by a rotation of rows and columns p and q.
  private static func rotate(_ a: inout [Double], _ vectors: inout [[Double]], _ p: Int, _ q: Int, _ order: Int) {
    let entry = a[p * order + q]
    guard entry != 0 else { return }
    let theta = (a[q * order + q] - a[p * order + p]) / (2 * entry)
    let tangent = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    let sine = tangent * cosine
    for k in 0..<order {
      let (x, y) = (a[k * order + p], a[k * order + q])
      a[k * order + p] = cosine * x - sine * y
      a[k * order + q] = sine * x + cosine * y
    }
    for k in 0..<order {
      let (x, y) = (a[p * order + k], a[q * order + k])
      a[p * order + k] = cosine * x - sine * y
      a[q * order + k] = sine * x + cosine * y
      let (v, w) = (vectors[p][k], vectors[q][k])
      vectors[p][k] = cosine * v - sine * w
      vectors[q][k] = sine * v + cosine * w
    }
  }

  /// The vector x of least length with A·x nearest to a vector, passing over eigenvalues up to a threshold, which
  /// rounding can't tell from zero.
  func solve(_ vector: [Double], above threshold: Double) -> [Double] {
    var result = [Double](repeating: 0, count: vector.count)
    for (value, axis) in zip(values, vectors) where value > threshold {
      let part = zip(axis, vector).reduce(0) { $0 + $1.0 * $1.1 } / value
      for index in result.indices { result[index] += part * axis[index] }
    }
    return result
  }
}
