import RealModule

/// Attention as an extremum: Γ(z, ζ) = z·ζ − F(ζ).
///
/// F is convex, so ζ ↦ Γ(z, ζ) is concave and has its maximum where ∇F(ζ) = z; its value there is the Legendre transform
/// of F at z. With z the attention output, ∇F(0) = z, and the maximum is at ζ = 0.
///
/// **Sign, and the paper's wording.** Tree Attention (arXiv 2408.04093, sections 3 and 4) writes Γ(ζ, z) = Σ z·ζ − F(ζ) and
/// calls ζ = 0 the maximum a posteriori (MAP) point of exp(−Γ). A MAP point of exp(−Γ) maximises exp(−Γ), so minimises Γ.
/// With that sign of Γ this is not so: Γ is concave in ζ, ζ = 0 is its *maximum*, and exp(−Γ) has its *minimum* there and
/// grows without bound away from it, along every direction in which values vary. ζ = 0 is the MAP point of exp(+Γ), the same as that of exp(−Γ′) for
/// Γ′ = F − z·ζ, which is convex. The stationary point is the same under either sign, and with it all that the paper
/// builds on it: only the word for the kind of extremum changes.
///
/// What is checked here holds for Γ = z·ζ − F: that ζ = 0 is stationary; that the Hessian of F is positive semidefinite,
/// so Γ's is negative semidefinite and the point a maximum; that no ζ tried gives a larger Γ; and that Newton's method on
/// F − z·ζ comes back to ζ = 0 from elsewhere.
extension TheoryCheck {
  func extremumRows(_ sequence: CausalSequence) -> [Residual] {
    var stationary = row("MAP: gradient of z·ζ - F at ζ = 0", source: "two means: 4u·(mean depth + log2 N + 3)·max|v|")
    var hessian = row(
      "MAP: Hessian by autodiff, covariance", source: "2u·(mean depth + log2 N + 5)·(2·max v² + range²)")
    var definite = row("MAP: covariance below zero", source: "Weyl: rounding of its entries, Jacobi's residual")
    var highest = row("MAP: z·ζ - F above its value at ζ = 0", source: "rounding of both energies and of z·ζ")
    var newton = row("MAP: Newton's way back to ζ = 0", source: "rounding of the gradient over √λmin")
    for (index, energy) in sequence.decode.enumerated() {
      let point = SoftmaxPoint(energy, at: origin)
      let mean = point.mean
      let meanBound = energy.meanBound(at: origin) * energy.scale
      for element in 0..<headDim {
        stationary.see(
          abs(Self.gamma(energy, mean, derivative: element)), within: 2 * meanBound,
          at: "head \(index), element \(element)")
      }
      let covariance = point.covariance
      let entryBound = Self.entryBound(energy, point)
      for first in 0..<headDim {
        for second in 0...first {
          let distance = energy.secondDerivative(first, second, at: origin) - covariance[first * headDim + second]
          hessian.see(abs(distance), within: entryBound, at: "head \(index), elements \(first) and \(second)")
        }
      }
      let eigen = SymmetricEigen(covariance, order: headDim)
      let order = Double(headDim)
      let eigenBound = order * entryBound + eigen.residual + 4 * order * EnergyHead.u * eigen.norm
      definite.see(max(0, 0 - (eigen.values.min() ?? 0)), within: eigenBound, at: "head \(index)")
      probe(energy, mean, meanBound, index, &highest)
      returnHome(energy, point, eigen, threshold: eigenBound, meanBound, index, &newton)
    }
    return [stationary.row, hessian.row, definite.row, highest.row, newton.row]
  }

  /// ∂Γ/∂ζⱼ at ζ = 0 by automatic differentiation of Γ as it is written.
  private static func gamma(_ energy: EnergyHead, _ mean: [Double], derivative element: Int) -> Double {
    var zeta = mean.map { _ in Dual<Double>(constant: 0) }
    zeta[element].tangent = 1
    let product = zip(mean, zeta).reduce(Dual<Double>(constant: 0)) { $0 + Dual(constant: $1.0) * $1.1 }
    return (product - energy.energy(at: zeta)).tangent
  }

  /// What an entry of the Hessian by automatic differentiation and of the covariance can differ by: both are
  /// softmax means with the weights' relative error, of vⱼvₖ less zⱼzₖ (2·max v²), and of products of centred values
  /// (range²); see ``EnergyHead/meanBound(at:)``.
  private static func entryBound(_ energy: EnergyHead, _ point: SoftmaxPoint) -> Double {
    let range = 2 * energy.scale
    return EnergyHead.slack * EnergyHead.u * (2 * point.meanDepth + 2 * energy.levels + 10)
      * (2 * energy.scale * energy.scale + range * range)
  }

  /// Γ(z, ζ) against Γ(z, 0) at random ζ, far and near.
  private func probe(
    _ energy: EnergyHead, _ mean: [Double], _ meanBound: Double, _ index: Int, _ row: inout WorstResidual
  ) {
    let atOrigin = energy.energy(at: origin)
    let boundAtOrigin = energy.energyBound(at: origin)
    for (step, exponent) in [2, 0, -4, -10, -18, -26].enumerated() {
      let length = Double(sign: .plus, exponent: exponent, significand: 1) / Double(headDim).squareRoot()
      let zeta = normals(headDim, stream: UInt64(100 + 10 * index + step)).map { $0 * length }
      var product = CompensatedSum<Double>()
      for (left, right) in zip(mean, zeta) { product.add(left * right) }
      let magnitude = zip(mean, zeta).reduce(0) { $0 + abs($1.0 * $1.1) }
      let excess = product.total - (energy.energy(at: zeta) - atOrigin)
      let bound =
        energy.energyBound(at: zeta) + boundAtOrigin + meanBound * zeta.reduce(0) { $0 + abs($1) }
        + 4 * EnergyHead.u * magnitude
      row.see(max(0, excess), within: bound, at: "head \(index), |ζ| about 2^\(exponent)")
    }
  }

  /// Newton's method from a random start. The distance from ζ = 0 is taken as the logits feel it, ‖ζ‖_H = √(ζᵀHζ), the
  /// deviation of ζ·v under the softmax: directions in which no value varies move nothing, and F can't tell them from 0.
  ///
  /// Where the computed gradient ĝ is within its error ε of zero, ‖ζ‖_H² ≈ ζ·(∇F(ζ) − ∇F(0)) ≤ ‖ζ‖·(‖ĝ‖ + ε) and
  /// ‖ζ‖ ≤ ‖ζ‖_H/√λ for the smallest eigenvalue λ of H that is not zero, so ‖ζ‖_H ≤ (‖ĝ‖ + ε)/√λ, doubled for a
  /// Hessian that changes on the way.
  private func returnHome(
    _ energy: EnergyHead, _ point: SoftmaxPoint, _ eigen: SymmetricEigen, threshold: Double, _ meanBound: Double,
    _ index: Int, _ row: inout WorstResidual
  ) {
    let error = 2 * meanBound * Double(headDim).squareRoot()
    let start = normals(headDim, stream: UInt64(50 + index)).map { $0 / Double(headDim).squareRoot() }
    let solve = NewtonSolve(energy, target: point.mean, from: start, tolerance: error)
    let mean = point.mean
    let variance = point.mean { key in
      let along = (0..<headDim).reduce(0) {
        $0 + solve.zeta[$1] * (energy.values[key * headDim + $1] - mean[$1])
      }
      return along * along
    }
    let smallest = eigen.values.filter { $0 > threshold }.min() ?? .infinity
    // Keys that all have one value leave nothing to vary, and nothing to solve.
    let bound = smallest.isFinite ? 4 * error / smallest.squareRoot() : error
    let place = "head \(index), \(solve.steps) steps"
    row.see(solve.gradientNorm <= error ? variance.squareRoot() : .infinity, within: bound, at: place)
  }
}
