import Fitting
import RealModule

/// The fit of tier 1 to measured times: the maximum of the posterior of all logs at once, over the logarithms of the
/// parameters.
///
/// Residuals are ln(tier 1 / time) / 0.1 with Huber's loss from 1.5 on; the prior pulls each common value to its centre and
/// each class to the common value. By Gauss and Newton, with damping.
struct CollectiveFit {
  /// The standard deviation of a residual.
  static let scale = 0.1
  /// Where residuals begin to count as outliers, in standard deviations.
  static let outlier = 1.5
  /// A log with more rows than this counts as much as one with so many.
  static let fullRows = 30.0
  /// The fewest rows.
  static let fewestRows = 60
  /// The most steps.
  static let mostSteps = 400

  /// What the fit is of, for messages.
  let name: String
  private let models: [CollectiveModel]
  /// The machines, and which each row is of.
  private let machines: [CollectiveMachine]
  private let places: [Int]
  private let logTimes: [Double]
  private let weights: [Double]
  /// Where each parameter's deviation of a class is among the unknowns; the common values are before them.
  private let deviations: [[ClassKey: Int]]
  private let unknowns: Int
  private let prior: [Double]

  /// Prepares a fit.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - name: What the fit is of, for messages.
  /// - Throws: ``CollectiveModelError/tooFewRows(fit:rows:expected:)``.
  init(_ rows: [MeasuredCollective], name: String) throws(CollectiveModelError) {
    guard rows.count >= Self.fewestRows else {
      throw .tooFewRows(fit: name, rows: rows.count, expected: Self.fewestRows)
    }
    self.name = name
    models = rows.map { CollectiveModel($0.call, on: $0.machine) }
    var numbers: [CollectiveMachine: Int] = [:]
    var machines: [CollectiveMachine] = []
    places = rows.map { row in
      if let number = numbers[row.machine] { return number }
      numbers[row.machine] = machines.count
      machines.append(row.machine)
      return machines.count - 1
    }
    self.machines = machines
    logTimes = rows.map { Double.log($0.row.time.seconds * 1e6) }
    let logs = rows.map(\.log)
    let sizes = logs.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    weights = logs.map { min(1, Self.fullRows / Double(sizes[$0] ?? 1)) }
    var deviations: [[ClassKey: Int]] = []
    let all = CollectiveParameter.allCases
    var prior = all.map { 1 / $0.meaning.spread }
    for parameter in all {
      var places: [ClassKey: Int] = [:]
      let classes = Set(rows.compactMap { $0.machine.classKey(parameter) })
      for key in ClassKey.all where classes.contains(key) {
        places[key] = prior.count
        prior.append(1 / parameter.meaning.classSpread)
      }
      deviations.append(places)
    }
    self.deviations = deviations
    self.prior = prior
    unknowns = prior.count
  }

  /// ln of the parameters for a row, by number, and the unknowns of each.
  private func values(_ place: [Double], _ machine: CollectiveMachine) -> (values: [Double], classes: [Int]) {
    var values: [Double] = []
    var classes: [Int] = []
    for (number, parameter) in CollectiveParameter.allCases.enumerated() {
      let index = machine.classKey(parameter).flatMap { deviations[number][$0] } ?? -1
      values.append(Double.exp(place[number] + (index >= 0 ? place[index] : 0)))
      classes.append(index)
    }
    return (values, classes)
  }

  private func pulls(_ place: [Double]) -> [Double] {
    place.indices.map { index in
      let centre =
        index < CollectiveParameter.allCases.count
        ? Double.log(CollectiveParameter.allCases[index].meaning.centre) : 0
      return place[index] - centre
    }
  }

  private func cost(_ place: [Double]) -> Double {
    var sum = 0.0
    let values = machines.map { self.values(place, $0).values }
    for (index, model) in models.enumerated() {
      let residual = abs(Double.log(model.time(values[places[index]])) - logTimes[index]) / Self.scale
      sum +=
        weights[index]
        * (residual <= Self.outlier ? residual * residual : 2 * Self.outlier * residual - Self.outlier * Self.outlier)
    }
    for (pull, strength) in zip(pulls(place), prior) { sum += pull * pull * strength * strength }
    return sum
  }

  /// JᵀWJ + P and JᵀWr + P(θ - μ).
  private func normalEquations(_ place: [Double]) -> (matrix: SquareMatrix, gradient: [Double]) {
    var matrix = SquareMatrix(size: unknowns)
    var gradient = Array(repeating: 0.0, count: unknowns)
    var derivatives = Array(repeating: 0.0, count: CollectiveParameter.allCases.count)
    let found = machines.map { self.values(place, $0) }
    var columns: [(index: Int, slope: Double)] = []
    for (index, model) in models.enumerated() {
      let (values, classes) = found[places[index]]
      let time = model.evaluate(values, derivatives: &derivatives)
      let residual = (Double.log(time) - logTimes[index]) / Self.scale
      let weight = weights[index] * min(1, Self.outlier / max(abs(residual), 1e-12))
      columns.removeAll(keepingCapacity: true)
      for (number, derivative) in derivatives.enumerated() where derivative != 0 {
        let slope = derivative / time / Self.scale
        columns.append((number, slope))
        if classes[number] >= 0 { columns.append((classes[number], slope)) }
      }
      for (row, slope) in columns {
        gradient[row] += weight * slope * residual
        for (column, other) in columns { matrix[row, column] += weight * slope * other }
      }
    }
    for (index, pull) in pulls(place).enumerated() {
      let precision = prior[index] * prior[index]
      matrix[index, index] += precision
      gradient[index] += precision * pull
    }
    return (matrix, gradient)
  }

  /// Fits.
  ///
  /// - Throws: ``CollectiveModelError/noConvergence(fit:reason:)``.
  func callAsFunction() throws(CollectiveModelError) -> (parameters: CollectiveParameters, steps: Int) {
    var place = CollectiveParameter.allCases.map { Double.log($0.meaning.centre) }
    place += Array(repeating: 0, count: unknowns - place.count)
    var cost = cost(place)
    var damping = 1e-3
    guard cost.isFinite else { throw .noConvergence(fit: name, reason: "no finite time at the start") }
    for step in 1...Self.mostSteps {
      let (matrix, gradient) = normalEquations(place)
      var next: (place: [Double], cost: Double)?
      for _ in 0..<24 {
        if let move = matrix.damped(by: damping).solve(gradient) {
          let trial = zip(place, move).map { $0 - min(max($1, -1), 1) }
          let trialCost = self.cost(trial)
          if trialCost.isFinite, trialCost < cost {
            next = (trial, trialCost)
            break
          }
        }
        damping *= 4
      }
      guard let next else {
        let promise = matrix.solve(gradient).map { zip($0, gradient).reduce(0) { $0 + $1.0 * $1.1 } } ?? .infinity
        guard promise <= 1e-6 * cost else {
          throw .noConvergence(
            fit: name, reason: "no step lowers the error after \(step - 1), and its slope is not zero")
        }
        return (parameters(place, matrix), step)
      }
      let isDone = cost - next.cost < 1e-8 * cost
      (place, cost) = next
      damping = max(damping / 6, 1e-12)
      if isDone { return (parameters(place, normalEquations(place).matrix), step) }
    }
    throw .noConvergence(fit: name, reason: "the error still falls after \(Self.mostSteps) steps")
  }

  private func parameters(_ place: [Double], _ matrix: SquareMatrix) -> CollectiveParameters {
    let all = CollectiveParameter.allCases
    let variances = matrix.inverseDiagonal ?? prior.map { 1 / ($0 * $0) }
    var counts: [Int: Int] = [:]
    let found = machines.map { values(place, $0).classes }
    for (index, model) in models.enumerated() {
      for number in Set(model.terms.flatMap(\.parameters)) {
        counts[number, default: 0] += 1
        let deviation = found[places[index]][number]
        if deviation >= 0 { counts[deviation, default: 0] += 1 }
      }
    }
    func value(_ index: Int, _ logarithm: Double, variance: Double) -> CollectiveParameters.Value {
      CollectiveParameters.Value(
        value: Double.exp(logarithm), spread: variance.squareRoot(),
        informed: min(max(1 - variances[index] * prior[index] * prior[index], 0), 1), rows: counts[index] ?? 0)
    }
    var classes: [CollectiveParameter: [ClassKey: CollectiveParameters.Value]] = [:]
    let solved = SumVariances(matrix)
    for (number, parameter) in all.enumerated() {
      for (key, index) in deviations[number] where counts[index] != nil {
        classes[parameter, default: [:]][key] = value(
          index, place[number] + place[index], variance: solved.ofSum(number, index))
      }
    }
    return CollectiveParameters(
      common: all.indices.map { value($0, place[$0], variance: variances[$0]) }, classes: classes)
  }
}

/// Variances of sums of two unknowns, from the inverse of their precision.
private struct SumVariances {
  let matrix: SquareMatrix

  init(_ matrix: SquareMatrix) { self.matrix = matrix }

  func ofSum(_ left: Int, _ right: Int) -> Double {
    var unit = Array(repeating: 0.0, count: matrix.size)
    unit[left] = 1
    unit[right] = 1
    guard let solved = matrix.solve(unit) else { return 0 }
    return max(solved[left] + solved[right], 0)
  }
}

/// Rows of one log, which weigh together: one machine, software, collective and type.
struct LogKey: Hashable, Sendable {
  let texts: [String]
  let numbers: [Int]
}

extension MeasuredCollective {
  /// Its log.
  var log: LogKey {
    LogKey(
      texts: [row.source, row.gpu, row.interconnect, row.software, row.collective.rawValue, row.dtype],
      numbers: [row.gpus, row.nodes])
  }
}
