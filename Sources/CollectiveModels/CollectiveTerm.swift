import RealModule

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
  /// The parameters and their exponents, 1 or -1.
  let factors: [(parameter: CollectiveParameter, exponent: Double)]
  /// H(x, h) = (x/h)² / (1 + (x/h)²) with the parameter h.
  let ramp: (size: Double, half: CollectiveParameter)?

  init(
    _ part: Part, _ constant: Double, times: [CollectiveParameter] = [], over: [CollectiveParameter] = [],
    ramp: (size: Double, half: CollectiveParameter)? = nil
  ) {
    self.part = part
    self.constant = constant
    factors = times.map { ($0, 1) } + over.map { ($0, -1) }
    self.ramp = ramp
  }

  /// The value in microseconds, and its derivatives by the logarithms of parameters.
  ///
  /// - Parameters:
  ///   - values: The value of each parameter by its number, for the machine's classes.
  ///   - derivatives: Gets each derivative added at the parameter's number.
  func evaluate(_ values: [Double], addingTo derivatives: inout [Double]) -> Double {
    let value = self.value(values)
    for (parameter, exponent) in factors { derivatives[parameter.number] += exponent * value }
    if let ramp {
      let ratio = ramp.size / values[ramp.half.number]
      derivatives[ramp.half.number] -= 2 / (1 + ratio * ratio) * value
    }
    return value
  }

  /// The value in microseconds.
  func value(_ values: [Double]) -> Double {
    var value = constant
    for (parameter, exponent) in factors {
      if exponent > 0 { value *= values[parameter.number] } else { value /= values[parameter.number] }
    }
    if let ramp {
      let square = (ramp.size / values[ramp.half.number]) * (ramp.size / values[ramp.half.number])
      value *= square / (1 + square)
    }
    return value
  }

  static func == (left: CollectiveTerm, right: CollectiveTerm) -> Bool {
    left.part == right.part && left.constant == right.constant && left.factors.elementsEqual(right.factors, by: ==)
      && left.ramp?.size == right.ramp?.size && left.ramp?.half == right.ramp?.half
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(part)
    hasher.combine(constant)
  }
}
