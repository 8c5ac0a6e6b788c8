import RealModule

/// The modern Hopfield network: attention whose keys are its values, iterated (Ramsauer et al., arXiv 2008.02217).
///
/// Energy E(ξ) = −lse(β, Xξ) + ½·ξᵀξ + log N/β + ½·M², lse(β, x) = log Σᵢ exp(β·xᵢ)/β, M the length of the longest
/// pattern; update ξ ← Σᵢ softmax(β·Xξ)ᵢ·xᵢ, one step of attention.
///
/// **Descent.** lse is convex in ξ and its gradient is the update ξ′, so lse(ξ′) ≥ lse(ξ) + ξ′·(ξ′ − ξ), hence
/// E(ξ) − E(ξ′) ≥ ½·‖ξ′ − ξ‖²: the energy falls by that much at least.
///
/// **Retrieval.** With the separation Δᵢ = minⱼ xᵢ·(xᵢ − xⱼ), the logits of a state ξ near xᵢ differ by
/// β·(xᵢ − xⱼ)·ξ ≥ β·(Δᵢ − 2M‖ξ − xᵢ‖), so that ‖ξ′ − xᵢ‖ = ‖Σⱼ pⱼ·(xⱼ − xᵢ)‖ ≤ 2M·(N − 1)·exp(−β·(Δᵢ − 2M‖ξ − xᵢ‖))
/// (theorem 4 of the paper has the same form).
struct HopfieldNetwork {
  /// The patterns, N × width.
  let patterns: [Double]
  /// The length of a pattern.
  let width: Int
  /// The inverse temperature, β.
  var beta: Double

  /// The number of patterns, N.
  var count: Int { patterns.count / width }

  /// A pattern.
  func pattern(_ index: Int) -> [Double] { Array(patterns[index * width..<(index + 1) * width]) }

  /// The length of the longest pattern, M.
  var longest: Double {
    (0..<count).reduce(0) { max($0, Self.dot(pattern($1), pattern($1))) }.squareRoot()
  }

  /// The attention of a state to the patterns.
  private func head(_ state: [Double]) -> EnergyHead {
    EnergyHead(
      logits: (0..<count).map { beta * Self.dot(pattern($0), state) }, values: patterns, width: width)
  }

  private var origin: [Double] { [Double](repeating: 0, count: width) }

  /// One update.
  func update(_ state: [Double]) -> [Double] { SoftmaxPoint(head(state), at: origin).mean }

  /// The energy of a state, without its constants log N/β + ½·M².
  func energy(_ state: [Double]) -> Double {
    -head(state).energy(at: origin) / beta + Self.dot(state, state) / 2
  }

  /// What a state's logits are wrong by: w + 1 roundings of β·Σⱼ|xᵢⱼ·ξⱼ|.
  func logitBound(_ state: [Double]) -> Double {
    let magnitudes = state.map { abs($0) }
    let largest = (0..<count).reduce(0) { max($0, Self.dot(pattern($1).map { abs($0) }, magnitudes)) }
    return EnergyHead.slack * EnergyHead.u * Double(width + 1) * beta * largest
  }

  /// A bound on the rounding error of ``energy(_:)``: that of the log-sum-exp and of its logits over β, and of ½·ξᵀξ.
  func energyBound(_ state: [Double]) -> Double {
    let head = head(state)
    let logSumExp = head.energyBound(at: origin) + logitBound(state)
    return logSumExp / beta
      + EnergyHead.slack * EnergyHead.u
      * (Double(width + 2) * Self.dot(state, state) / 2 + abs(head.energy(at: origin)) / beta)
  }

  /// A bound on the rounding error of each element of ``update(_:)``: that of the mean of the values, and logits wrong
  /// by λ move the weights by 2λ of themselves.
  func updateBound(_ state: [Double]) -> Double {
    let head = head(state)
    return (head.meanBound(at: origin) + 2 * logitBound(state)) * head.scale
  }

  /// How far a pattern is from the others, Δᵢ; infinite for the only one.
  func separation(_ index: Int) -> Double {
    let own = pattern(index)
    return (0..<count).reduce(.infinity) { nearest, other in
      guard other != index else { return nearest }
      return min(nearest, Self.dot(own, zip(own, pattern(other)).map { $0 - $1 }))
    }
  }

  static func dot(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
