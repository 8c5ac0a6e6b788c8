import RealModule

/// Minimises F(ζ) − z·ζ over ζ by Newton's method: solves ∇F(ζ) = z.
///
/// F is generalised self-concordant: |D³F[d, d, d]| ≤ ρ·D²F[d, d] with ρ the range of d·v over the keys, because a third
/// central moment is at most the variance times the range. So the damped step t = log(1 + ρ)/ρ of a Newton direction
/// never raises the objective (Sun and Tran-Dinh, arXiv 1703.04599, theorem 2, for ν = 2), from wherever it starts, and
/// t → 1 near the minimiser, where convergence is quadratic.
struct NewtonSolve {
  /// Where it ended.
  private(set) var zeta: [Double]
  /// ‖∇F(ζ) − z‖ there.
  private(set) var gradientNorm: Double
  /// The steps taken.
  private(set) var steps: Int

  /// Solves from a start until the gradient is within its rounding error.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - target: z.
  ///   - start: Where to start.
  ///   - tolerance: The norm of the gradient at which to stop.
  ///   - limit: The most steps.
  init(_ head: EnergyHead, target: [Double], from start: [Double], tolerance: Double, limit: Int = 200) {
    zeta = start
    steps = 0
    gradientNorm = .infinity
    while true {
      let point = SoftmaxPoint(head, at: zeta)
      let gradient = zip(point.mean, target).map { $0 - $1 }
      gradientNorm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard gradientNorm > tolerance, steps < limit else { return }
      let eigen = SymmetricEigen(point.covariance, order: head.width)
      let direction = eigen.solve(gradient, above: Double(head.width) * Double.ulpOfOne * eigen.norm)
      var (low, high) = (Double.infinity, -Double.infinity)
      for key in head.logits.indices {
        let along = direction.indices.reduce(0) { $0 + direction[$1] * head.values[key * head.width + $1] }
        low = min(low, along)
        high = max(high, along)
      }
      let range = high - low
      // log(1 + ρ)/ρ; its limit for small ρ is 1.
      let step = range > 0 ? Double.log(onePlus: range) / range : 1
      for index in zeta.indices { zeta[index] -= step * direction[index] }
      steps += 1
    }
  }
}
