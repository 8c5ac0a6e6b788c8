import RealModule

/// ∂F/∂ζⱼ at ζ = 0 of a head's energy by a central difference, (F(h) − F(−h))/2h, at its own accuracy.
///
/// Truncation: (F(h) − F(−h))/2h − F′(0) = h²/6·F‴(η) for some |η| ≤ h. F‴ is the third cumulant κ₃ of the values'
/// element j, and its derivative the fourth, κ₄ = μ₄ − 3μ₂². For values within a range R, μ₂ ≤ R²/4 and μ₂² ≤ μ₄ ≤ R⁴/12,
/// so that −R⁴/8 ≤ κ₄ ≤ R⁴/12 for whatever weights, and |F‴(η)| ≤ |κ₃(0)| + h·R⁴/8.
///
/// Rounding: each F is wrong by E at most (``EnergyHead/energyBound(at:)``, the sharp form of the usual u·|F|), which
/// gives E/h; the difference adds u of the result. The step is a power of two, so that h, 2h and the quotient are exact.
///
/// Step: h²/6·|κ₃| + E/h is least at h = (3E/|κ₃|)^⅓, h³/48·R⁴ + E/h at h = (16E)^¼/R; the smaller of the two, rounded
/// down to a power of two, leaves both truncations below what rounding costs.
public struct CentralDifference: Sendable {
  /// The derivative.
  public let value: Double
  /// The step, h.
  public let step: Double
  /// The bound on the truncation error.
  public let truncation: Double
  /// The bound on the rounding error.
  public let rounding: Double

  /// Both bounds together.
  public var bound: Double { truncation + rounding }

  /// Differentiates the energy of a head in the direction of one element at ζ = 0.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - element: The element, j.
  ///   - point: The head's softmax at ζ = 0.
  public init(_ head: EnergyHead, element: Int, point: SoftmaxPoint) {
    let width = head.width
    func value(_ key: Int) -> Double { head.values[key * width + element] }
    var (low, high) = (value(0), value(0))
    for key in head.logits.indices {
      low = min(low, value(key))
      high = max(high, value(key))
    }
    let range = high - low
    let mean = point.mean(value)
    let third = abs(
      point.mean { key in
        let distance = value(key) - mean
        return distance * distance * distance
      })
    var zeta = [Double](repeating: 0, count: width)
    let error = head.energyBound(at: zeta)
    // Without a range F is linear and any step will do.
    var wished = range > 0 ? Double.root(16 * error, 4) / range : 1
    if third > 0 { wished = min(wished, Double.root(3 * error / third, 3)) }
    step = Double(sign: .plus, exponent: wished.exponent, significand: 1)
    zeta[element] = step
    let (above, errorAbove) = (head.energy(at: zeta), head.energyBound(at: zeta))
    zeta[element] = -step
    let (below, errorBelow) = (head.energy(at: zeta), head.energyBound(at: zeta))
    self.value = (above - below) / (2 * step)
    let fourth = range * range * range * range / 8
    truncation = step * step / 6 * (third + step * fourth)
    rounding = (errorAbove + errorBelow) / (2 * step) + EnergyHead.u * abs(self.value)
  }
}
