/// How near a simulated figure should be to the published one.
public enum ReproductionGoal: Hashable, Sendable {
  /// Within the standard error that was published with it.
  case standardError
  /// Within a share of it.
  case relative(Double)

  /// How the first of them is written in a file.
  static let standardErrorName = "standard error"

  /// How far a figure is off, in units of what is allowed: at most one where the goal is met.
  ///
  /// - Parameters:
  ///   - simulated: The simulated figure.
  ///   - published: The published one.
  ///   - standardError: The published standard error; nil where there is none.
  public func excess(_ simulated: Double, of published: Double, standardError: Double?) -> Double {
    switch self {
    case .standardError: abs(simulated - published) / (standardError ?? 0)
    case .relative(let share): abs(simulated / published - 1) / share
    }
  }
}
