import RealModule

/// The softmax of a head's tilted logits sₐ + ζ·vₐ in closed form: weights, and the mean and moments of the values.
///
/// Sums are compensated, unlike those of ``EnergyHead/energy(at:)``: what agrees has been added up in two ways.
public struct SoftmaxPoint: Sendable {
  /// exp(xₐ − maximum), not normalised.
  private let weights: [Double]
  private let head: EnergyHead
  /// The largest tilted logit.
  public let maximum: Double
  /// Σ exp(xₐ − maximum).
  public let sum: Double
  /// Σ pₐ·(maximum − xₐ), at most log n.
  public let meanDepth: Double
  /// Σ pₐ·(|xₐ| + w·Σⱼ|ζⱼvₐⱼ|): what the rounding of logits counts in; zero at ζ = 0, where the logits are given.
  public let meanMagnitude: Double

  /// The softmax of a head at ζ.
  public init(_ head: EnergyHead, at zeta: [Double]) {
    self.head = head
    let width = head.width
    let isTilted = zeta.contains { $0 != 0 }
    var tilted = head.logits
    var magnitudes = [Double](repeating: 0, count: tilted.count)
    if isTilted {
      for key in tilted.indices {
        var dot = 0.0
        var magnitude = 0.0
        for element in 0..<width {
          let product = zeta[element] * head.values[key * width + element]
          dot += product
          magnitude += abs(product)
        }
        tilted[key] += dot
        magnitudes[key] = abs(tilted[key]) + Double(width) * magnitude
      }
    }
    maximum = tilted.max() ?? 0
    var weights = tilted
    var (sum, depth, magnitude) = (CompensatedSum<Double>(), CompensatedSum<Double>(), CompensatedSum<Double>())
    for key in tilted.indices {
      weights[key] = Double.exp(tilted[key] - maximum)
      sum.add(weights[key])
      // Zero times infinity is no depth.
      depth.add(weights[key] > 0 ? weights[key] * (maximum - tilted[key]) : 0)
      magnitude.add(weights[key] * magnitudes[key])
    }
    self.weights = weights
    self.sum = sum.total
    meanDepth = depth.total / sum.total
    meanMagnitude = magnitude.total / sum.total
  }

  /// Σ pₐ·f(a).
  public func mean(_ term: (Int) -> Double) -> Double {
    var total = CompensatedSum<Double>()
    for key in weights.indices { total.add(weights[key] * term(key)) }
    return total.total / sum
  }

  /// The mean of the values: attention, at ζ = 0.
  public var mean: [Double] {
    (0..<head.width).map { element in mean { head.values[$0 * head.width + element] } }
  }

  /// The covariance of the values, width × width: the Hessian of the energy.
  public var covariance: [Double] {
    let (mean, width) = (self.mean, head.width)
    var result = [Double](repeating: 0, count: width * width)
    for row in 0..<width {
      for column in 0...row {
        let entry = self.mean { key in
          (head.values[key * width + row] - mean[row]) * (head.values[key * width + column] - mean[column])
        }
        result[row * width + column] = entry
        result[column * width + row] = entry
      }
    }
    return result
  }
}
