import RealModule

/// The energy of one query over its keys, F(ζ) = log Σₐ exp(sₐ + ζ·vₐ) with the logits sₐ = q·kₐ, whose gradient at
/// ζ = 0 is attention (Tree Attention, arXiv 2408.04093, section 4).
///
/// The gradient at ζ is the softmax-weighted mean of the values, pₐ ∝ exp(sₐ + ζ·vₐ), the Hessian their covariance, and
/// derivatives of higher order their cumulants: F is the cumulant-generating function of the values, hence convex. For
/// many heads and for a causal sequence the energy is the sum of those of every head and position, each with a ζ of its
/// own and its own prefix of the keys.
///
/// What is said about rounding uses u = 2⁻⁵³; logarithms and exponentials are taken to be right to one unit in the last
/// place, which is 2u at most. Second-order terms are covered by a factor of 1.01.
public struct EnergyHead: Sendable {
  /// The logits, one a key; at least one.
  public let logits: [Double]
  /// The values, keys × width, with the element running fastest; more keys than logits may follow.
  public let values: [Double]
  /// The elements of a value.
  public let width: Int

  /// The unit roundoff.
  static let u = Double.ulpOfOne / 2
  /// What covers terms of second order in the unit roundoff.
  static let slack = 1.01

  /// Creates a head from its numbers.
  ///
  /// - Parameters:
  ///   - logits: The logits, one a key; at least one.
  ///   - values: The values of at least as many keys.
  ///   - width: The elements of a value.
  public init(logits: [Double], values: [Double], width: Int) {
    self.logits = logits
    self.values = values
    self.width = width
  }

  /// F(ζ), in any numbers that can be differentiated.
  ///
  /// Sums run over a balanced tree: each term meets ⌈log₂ n⌉ roundings.
  public func energy<Number: SmoothNumber>(at zeta: [Number]) -> Number where Number.Plain == Double {
    var terms: [Number] = []
    terms.reserveCapacity(logits.count)
    for (key, logit) in logits.enumerated() {
      var dot = Number(constant: 0)
      for element in 0..<width { dot = dot + zeta[element] * Number(constant: values[key * width + element]) }
      terms.append(Number(constant: logit) + dot)
    }
    var maximum = -Double.infinity
    for term in terms { maximum = max(maximum, term.plain) }
    let shift = Number(constant: maximum)
    for key in terms.indices { terms[key] = Number.exp(terms[key] - shift) }
    return shift + Number.log(Self.treeSum(&terms))
  }

  /// ∂F/∂ζⱼ by automatic differentiation.
  public func derivative(_ element: Int, at zeta: [Double]) -> Double {
    var seeded = zeta.map { Dual<Double>(constant: $0) }
    seeded[element].tangent = 1
    return energy(at: seeded).tangent
  }

  /// ∂²F/∂ζⱼ∂ζₖ by automatic differentiation, twice.
  public func secondDerivative(_ first: Int, _ second: Int, at zeta: [Double]) -> Double {
    var seeded = zeta.map { Dual<Dual<Double>>(constant: $0) }
    seeded[first].tangent.value = 1
    seeded[second].value.tangent = 1
    return energy(at: seeded).tangent.tangent
  }

  /// A sum over a balanced tree; the terms are used up.
  static func treeSum<Number: SmoothNumber>(_ terms: inout [Number]) -> Number {
    var count = terms.count
    guard count > 0 else { return Number(constant: 0) }
    while count > 1 {
      let half = (count + 1) / 2
      for index in 0..<count / 2 { terms[index] = terms[index] + terms[half + index] }
      count = half
    }
    return terms[0]
  }

  /// The levels of a balanced tree over the keys.
  var levels: Double { Double(Int.bitWidth - max(logits.count - 1, 0).leadingZeroBitCount) }

  /// A bound on the rounding error of ``energy(at:)`` in `Double` at ζ, given the logits.
  ///
  /// With xₐ = sₐ + ζ·vₐ, m their maximum, yₐ = m − xₐ, and e = Σₐ exp(−yₐ): a logit is wrong by u·|xₐ| + w·u·Σⱼ|ζⱼvₐⱼ|
  /// (w products and sums), the difference to m by u·yₐ, each exponential by 2u, the sum by ⌈log₂ n⌉·u; weighted with
  /// the softmax this is the relative error of e, which the logarithm makes absolute. The logarithm itself adds
  /// 2u·log e, and adding m adds u·|F|.
  public func energyBound(at zeta: [Double]) -> Double {
    let point = SoftmaxPoint(self, at: zeta)
    let logSum = Double.log(point.sum)
    return Self.slack * Self.u
      * (point.meanMagnitude + point.meanDepth + 2 + levels + 2 * abs(logSum) + abs(point.maximum + logSum))
  }

  /// A bound on the rounding error of each element of the mean of the values, from the closed form or by automatic
  /// differentiation alike, relative to the largest magnitude of a value.
  ///
  /// Numerator and denominator share the weights exp(−yₐ), wrong by (yₐ + 2)·u and what the logits are wrong by, and
  /// their sums add ⌈log₂ n⌉·u each over a tree and 2u when compensated, the product with the value and the quotient u each.
  public func meanBound(at zeta: [Double]) -> Double {
    let point = SoftmaxPoint(self, at: zeta)
    return Self.slack * Self.u * (2 * (point.meanDepth + point.meanMagnitude + 2 + max(levels, 2)) + 2)
  }

  /// The largest magnitude of a value.
  public var scale: Double { values.prefix(logits.count * width).reduce(0) { max($0, abs($1)) } }
}
