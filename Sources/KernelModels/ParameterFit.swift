import Fitting
import RealModule

/// The fit of tier 1's parameters to the times of one kernel.
///
/// Minimizes Σ 2s²(√(1 + (r/s)²) - 1) over the residuals r = ln(tier 1 / time) with s = 0.1, which counts small relative
/// errors squared and large ones once, plus a weak prior: Σ (0.02·√n·(θ - μ)/σ)² over the logarithms θ of the parameters.
/// By Levenberg-Marquardt with weights of the present residuals, from the centre of the prior.
struct ParameterFit {
  /// The rows that a fit uses at most, drawn with the seed.
  static let mostRows = 2500
  /// The fewest rows of a kernel.
  static let fewestRows = 60
  /// Where residuals begin to count as outliers.
  static let scale = 0.1
  /// The weight of the prior beside a row.
  static let priorWeight = 0.02
  /// The most steps.
  static let mostSteps = 400
  /// How often the damping of a step is raised, each time to the fourfold, until the step helps.
  static let mostTries = 24

  /// What came out.
  struct Outcome: Sendable {
    /// The parameters.
    var parameters: KernelParameters
    /// How much of each the rows decided, 0 to 1.
    var informed: [Double]
    /// The steps that it took.
    var steps: Int
  }

  /// What the fit is of, for messages.
  let name: String
  /// The seed of the draw of rows.
  let seed: UInt64

  /// Fits the parameters.
  ///
  /// - Parameters:
  ///   - models: The kernels, all of one phase.
  ///   - logTimes: The natural logarithms of their times in microseconds.
  ///   - weights: How much each row counts; nil for all alike.
  /// - Throws: ``KernelModelError`` when there are too few rows, or it does not converge.
  func callAsFunction(_ models: [KernelModel], logTimes: [Double], weights: [Double]? = nil)
    throws(KernelModelError) -> Outcome
  {
    guard let phase = models.first?.kernel.phase, models.count >= Self.fewestRows else {
      throw .tooFewRows(fit: name, rows: models.count, expected: Self.fewestRows)
    }
    var chosen = Array(models.indices)
    if chosen.count > Self.mostRows {
      var generator = PermutedGenerator(seed: seed)
      chosen = generator.choose(Self.mostRows, of: models.count)
    }
    var shares = chosen.map { weights?[$0] ?? 1 }
    let mean = shares.reduce(0, +) / Double(shares.count)
    if weights != nil { shares = shares.map { $0 / mean } }
    let times = chosen.map { logTimes[$0] }
    switch phase {
    case .decode:
      return try descend(chosen.compactMap { models[$0].decodeRow }, times, shares, phase)
    case .prefill:
      return try descend(chosen.compactMap { models[$0].prefillRow }, times, shares, phase)
    }
  }

  private func descend<Row: ModelRow>(_ rows: [Row], _ times: [Double], _ shares: [Double], _ phase: KernelPhase)
    throws(KernelModelError) -> Outcome
  {
    guard rows.count == times.count else {
      throw .noConvergence(fit: name, reason: "rows of both phases")
    }
    let all = ModelParameter.all(of: phase)
    let centre = all.map { Double.log($0.centre) }
    let prior = all.map { Self.priorWeight * Double(rows.count).squareRoot() / $0.spread }
    let problem = FitProblem(rows: rows, times: times, shares: shares, centre: centre, prior: prior)
    var place = centre
    var residuals = problem.residuals(place)
    var cost = problem.cost(residuals, place)
    var damping = 1e-2
    guard cost.isFinite else { throw .noConvergence(fit: name, reason: "no finite time at the start") }
    for step in 1...Self.mostSteps {
      let (matrix, gradient) = problem.normalEquations(residuals, place)
      var next: (place: [Double], residuals: [Double], cost: Double)?
      for _ in 0..<Self.mostTries {
        guard let move = matrix.damped(by: damping).solve(gradient) else {
          damping *= 4
          continue
        }
        let trial = zip(place, move).map { $0 - min(max($1, -1), 1) }
        let trialResiduals = problem.residuals(trial)
        let trialCost = problem.cost(trialResiduals, trial)
        if trialCost.isFinite, trialCost < cost {
          next = (trial, trialResiduals, trialCost)
          break
        }
        damping *= 4
      }
      guard let next else {
        // No step helps: at a minimum as far as numeric derivatives tell, unless the slope still promises much.
        let promise = matrix.solve(gradient).map { zip($0, gradient).reduce(0) { $0 + $1.0 * $1.1 } } ?? .infinity
        guard promise <= 1e-3 * cost else {
          throw .noConvergence(
            fit: name, reason: "no step lowers the error after \(step - 1), and its slope is not zero")
        }
        return try outcome(phase, place, matrix, prior, steps: step)
      }
      let isDone = cost - next.cost < 1e-6 * cost
      (place, residuals, cost) = next
      damping = max(damping / 6, 1e-9)
      if isDone {
        return try outcome(phase, place, problem.normalEquations(residuals, place).matrix, prior, steps: step)
      }
    }
    throw .noConvergence(fit: name, reason: "the error still falls after \(Self.mostSteps) steps")
  }

  private func outcome(
    _ phase: KernelPhase, _ place: [Double], _ matrix: SquareMatrix, _ prior: [Double], steps: Int
  ) throws(KernelModelError) -> Outcome {
    guard let parameters = KernelParameters(phase: phase, values: place.map { Double.exp($0) }) else {
      throw .noConvergence(fit: name, reason: "a parameter is not finite")
    }
    // What is left of the prior's precision in that of prior and rows together.
    let variances = matrix.inverseDiagonal ?? prior.map { 1 / ($0 * $0) }
    let informed = zip(variances, prior).map { min(max(1 - $0 * $1 * $1, 0), 1) }
    return Outcome(parameters: parameters, informed: informed, steps: steps)
  }
}
