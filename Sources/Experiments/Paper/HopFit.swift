import Foundation
import Quantities

/// What a ring gets of its link, fitted to differences of published times: the overhead of a hop, o, and the bandwidth
/// of its bytes, B, one pair for all lengths of a machine.
///
/// A difference of ring and tree is base + h·(o + b/B) with h hops of b bytes each; the base, what the hops have no part
/// in (kernels, launches, latencies, less the tree's step), comes from the simulator, in which a step without overlap is
/// such a sum exactly. The fit is the maximum of the posterior in log o and log B, by Gauss-Newton: log-normal priors,
/// normal errors of the published standard error but of 5 % at most, as within a machine the rows agree better than
/// their standard errors say. Deviations of the parameters are from the curvature there, with the published errors.
///
///     let fit = try HopFit(rows, overhead: overheadPrior, bandwidth: bandwidthPrior)
///     fit.difference(hops: 3, hopBytes: Bytes(131_072_000), base: .zero)
public struct HopFit: Hashable, Sendable {
  /// One published difference.
  public struct Row: Hashable, Sendable {
    /// The number of hops, h.
    public var hops: Int
    /// The bytes of each, b.
    public var hopBytes: Bytes
    /// The difference without the hops, simulated.
    public var base: Seconds
    /// The published difference.
    public var difference: Seconds
    /// Its standard error.
    public var standardError: Seconds

    /// Creates a row; see the properties for the meaning of each value.
    public init(hops: Int, hopBytes: Bytes, base: Seconds, difference: Seconds, standardError: Seconds) {
      self.hops = hops
      self.hopBytes = hopBytes
      self.base = base
      self.difference = difference
      self.standardError = standardError
    }
  }

  /// The overhead of a hop, o.
  public let overhead: Seconds
  /// The bandwidth of its bytes, B.
  public let bandwidth: BytesPerSecond
  /// The standard deviation of log o.
  public let overheadSigma: Double
  /// The standard deviation of log B.
  public let bandwidthSigma: Double
  /// The covariance of log o and log B.
  public let covariance: Double

  /// The most that a row may be trusted less than its standard error says, as a share of it.
  static let largestShare = 0.05

  /// Fits both parameters.
  ///
  /// - Parameters:
  ///   - rows: The published differences; without any the fit is the prior.
  ///   - overhead: The prior of o, in seconds.
  ///   - bandwidth: The prior of B, in bytes per second.
  /// - Throws: ``HopFitError`` when the fit does not settle.
  public init(_ rows: [Row], overhead: ParameterPrior, bandwidth: ParameterPrior) throws(HopFitError) {
    let problem = Problem(rows: rows, overhead: overhead, bandwidth: bandwidth)
    var point = Point(log(overhead.median), log(bandwidth.median))
    var cost = problem.cost(point)
    var settled = false
    for _ in 0..<Self.mostSteps where !settled {
      let normal = problem.normal(point, trusting: Self.largestShare)
      guard let step = normal.step else { throw HopFitError() }
      var scale = 1.0
      var next = Point(point.overhead - step.overhead, point.bandwidth - step.bandwidth)
      while problem.cost(next) > cost, scale > 1e-9 {
        scale /= 2
        next = Point(point.overhead - scale * step.overhead, point.bandwidth - scale * step.bandwidth)
      }
      settled = max(abs(next.overhead - point.overhead), abs(next.bandwidth - point.bandwidth)) < 1e-12
      if problem.cost(next) <= cost { point = next }
      cost = problem.cost(point)
    }
    let curvature = problem.normal(point, trusting: nil)
    guard settled, cost.isFinite, let covariance = curvature.inverse else { throw HopFitError() }
    self.overhead = Seconds(exp(point.overhead))
    self.bandwidth = BytesPerSecond(exp(point.bandwidth))
    overheadSigma = covariance.0.squareRoot()
    bandwidthSigma = covariance.2.squareRoot()
    self.covariance = covariance.1
  }

  private static let mostSteps = 200

  /// The difference of ring and tree by formula.
  public func difference(hops: Int, hopBytes: Bytes, base: Seconds) -> Seconds {
    base + (overhead + hopBytes / bandwidth) * Double(hops)
  }

  /// The standard deviation of such a difference that the deviations of o and B make: that of a sum of two log-normal
  /// times which are not independent.
  public func deviation(hops: Int, hopBytes: Bytes) -> Seconds {
    let (first, second) = (overhead.seconds, (hopBytes / bandwidth).seconds)
    let (s, t) = (overheadSigma * overheadSigma, bandwidthSigma * bandwidthSigma)
    // A time falls as its bandwidth rises, so that the covariance of the times' logarithms has the other sign.
    let variance =
      first * first * exp(s) * (exp(s) - 1) + second * second * exp(t) * (exp(t) - 1)
      + 2 * first * second * exp((s + t) / 2) * (exp(-covariance) - 1)
    return Seconds(Double(hops) * max(variance, 0).squareRoot())
  }

  private struct Point {
    var overhead: Double
    var bandwidth: Double
    init(_ overhead: Double, _ bandwidth: Double) {
      self.overhead = overhead
      self.bandwidth = bandwidth
    }
  }

  /// JᵀWJ with the priors, and the gradient.
  private struct Normal {
    var matrix: (Double, Double, Double)
    var gradient: (Double, Double)

    var inverse: (Double, Double, Double)? {
      let determinant = matrix.0 * matrix.2 - matrix.1 * matrix.1
      guard determinant > 0, determinant.isFinite else { return nil }
      return (matrix.2 / determinant, -matrix.1 / determinant, matrix.0 / determinant)
    }

    var step: Point? {
      guard let inverse else { return nil }
      return Point(
        inverse.0 * gradient.0 + inverse.1 * gradient.1, inverse.1 * gradient.0 + inverse.2 * gradient.1)
    }
  }

  private struct Problem {
    let rows: [Row]
    let overhead: ParameterPrior
    let bandwidth: ParameterPrior

    private func priorResiduals(_ point: Point) -> (Double, Double) {
      (
        (point.overhead - log(overhead.median)) / overhead.sigma,
        (point.bandwidth - log(bandwidth.median)) / bandwidth.sigma
      )
    }

    private func error(_ row: Row, trusting share: Double?) -> Double {
      share.map { min(row.standardError.seconds, $0 * row.difference.seconds) } ?? row.standardError.seconds
    }

    /// What the hops of a row take at a point: their overheads and their bytes.
    private func times(_ row: Row, _ point: Point) -> (Double, Double) {
      (
        Double(row.hops) * exp(point.overhead), Double(row.hops) * row.hopBytes.baseUnits * exp(-point.bandwidth)
      )
    }

    func cost(_ point: Point) -> Double {
      let prior = priorResiduals(point)
      return rows.reduce(prior.0 * prior.0 + prior.1 * prior.1) { sum, row in
        let times = times(row, point)
        let residual =
          (row.base.seconds + times.0 + times.1 - row.difference.seconds) / error(row, trusting: HopFit.largestShare)
        return sum + residual * residual
      }
    }

    func normal(_ point: Point, trusting share: Double?) -> Normal {
      let prior = priorResiduals(point)
      var normal = Normal(
        matrix: (1 / (overhead.sigma * overhead.sigma), 0, 1 / (bandwidth.sigma * bandwidth.sigma)),
        gradient: (prior.0 / overhead.sigma, prior.1 / bandwidth.sigma))
      for row in rows {
        let times = times(row, point)
        let error = error(row, trusting: share)
        let residual = (row.base.seconds + times.0 + times.1 - row.difference.seconds) / error
        let (first, second) = (times.0 / error, -times.1 / error)
        normal.matrix.0 += first * first
        normal.matrix.1 += first * second
        normal.matrix.2 += second * second
        normal.gradient.0 += first * residual
        normal.gradient.1 += second * residual
      }
      return normal
    }
  }
}

/// A fit of a hop's overhead and bandwidth did not settle.
public struct HopFitError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence for a person.
  public var description: String {
    "the overhead and the bandwidth of a hop don't settle: the published times, their errors or the priors contradict"
  }
}
