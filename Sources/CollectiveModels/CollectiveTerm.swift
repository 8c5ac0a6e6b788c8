/// One part of the time of a collective: a constant, parameters that multiply it or divide it, and a ramp.
struct CollectiveTerm: Hashable, Sendable {
  /// What the time goes on.
  enum Part: String, CaseIterable, Hashable, Sendable {
    /// What every call takes.
    case fixed = "fixed"
    /// Hops within a node.
    case hops = "hops in a node"
    /// Hops between nodes.
    case far = "hops between nodes"
    /// Bytes on links.
    case bytes = "bytes on links"
    /// A rank's own part.
    case own = "own part"
  }

  let part: Part
  /// In microseconds.
  let constant: Double
  /// The numbers of the parameters that multiply it, and of those that divide it.
  let factors: [Int]
  let divisors: [Int]
  /// H(x, h) = (x/h)² / (1 + (x/h)²) with the parameter of a number as h.
  let ramp: Ramp?

  /// A ramp from 0 for small sizes to 1 for large ones.
  struct Ramp: Hashable, Sendable {
    let size: Double
    let half: Int
  }

  init(
    _ part: Part, _ constant: Double, times: [CollectiveParameter] = [], over: [CollectiveParameter] = [],
    ramp: (size: Double, half: CollectiveParameter)? = nil
  ) {
    self.part = part
    self.constant = constant
    factors = times.map(\.number)
    divisors = over.map(\.number)
    self.ramp = ramp.map { Ramp(size: $0.size, half: $0.half.number) }
  }

  /// The numbers of all its parameters.
  var parameters: [Int] { factors + divisors + (ramp.map { [$0.half] } ?? []) }

  /// The value in microseconds, and its derivatives by the logarithms of parameters.
  ///
  /// - Parameters:
  ///   - values: The value of each parameter by its number, for the machine's classes.
  ///   - derivatives: Gets each derivative added at the parameter's number.
  func evaluate(_ values: [Double], addingTo derivatives: inout [Double]) -> Double {
    let value = self.value(values)
    for number in factors { derivatives[number] += value }
    for number in divisors { derivatives[number] -= value }
    if let ramp {
      let ratio = ramp.size / values[ramp.half]
      derivatives[ramp.half] -= 2 / (1 + ratio * ratio) * value
    }
    return value
  }

  /// The value in microseconds.
  func value(_ values: [Double]) -> Double {
    var value = constant
    for number in factors { value *= values[number] }
    for number in divisors { value /= values[number] }
    if let ramp {
      let ratio = ramp.size / values[ramp.half]
      value *= ratio * ratio / (1 + ratio * ratio)
    }
    return value
  }
}
