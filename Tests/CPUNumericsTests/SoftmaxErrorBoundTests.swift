import RealModule
import TestSupport
import Testing

@testable import CPUNumerics

/// Errors of reductions against wider arithmetic: never past the bound, and the bound not far from what can happen.
@Suite struct SoftmaxErrorBoundTests {
  /// A state with what its bound needs to know of how it came to be.
  struct Tracked<Scalar: Real & BinaryFloatingPoint & Sendable> {
    var state: SoftmaxState<Scalar>
    var depth = 0
    var rescales = 0

    mutating func merge(_ other: Tracked) {
      let joint = max(state.maximum, other.state.maximum)
      rescales = max(
        rescales + (state.maximum < joint ? 1 : 0), other.rescales + (other.state.maximum < joint ? 1 : 0))
      depth = max(depth, other.depth) + 1
      state.merge(other.state)
    }
  }

  /// The orders of a reduction.
  enum Order: CaseIterable {
    case chain
    case tree
    case random
  }

  /// The largest errors over their bounds.
  struct Ratios {
    var denominator = 0.0
    var numerator = 0.0
    var output = 0.0

    mutating func see(_ other: Ratios) {
      denominator = max(denominator, other.denominator)
      numerator = max(numerator, other.numerator)
      output = max(output, other.output)
    }
  }

  static func reduce<Scalar: Real & BinaryFloatingPoint & Sendable>(
    _ keys: [(logit: Scalar, value: Scalar)], _ order: Order, _ random: inout SeededGenerator
  ) -> Tracked<Scalar> {
    var parts = keys.map {
      Tracked(state: SoftmaxState(maximum: $0.logit, denominator: 1, numerators: [$0.value]))
    }
    while parts.count > 1 {
      switch order {
      case .chain:
        var whole = parts[0]
        for part in parts.dropFirst() { whole.merge(part) }
        parts = [whole]
      case .tree:
        let half = (parts.count + 1) / 2
        for place in 0..<parts.count / 2 { parts[place].merge(parts[half + place]) }
        parts.removeLast(parts.count - half)
      case .random:
        let other = parts.remove(at: Int.random(in: parts.indices, using: &random))
        parts[Int.random(in: parts.indices, using: &random)].merge(other)
      }
    }
    return parts[0]
  }

  /// The errors of one reduction over their bounds, by arithmetic of another type.
  static func ratios<Scalar: Real & BinaryFloatingPoint & Sendable, Wide: Real & BinaryFloatingPoint & Sendable>(
    _ keys: [(logit: Scalar, value: Scalar)], _ found: Tracked<Scalar>, in wide: Wide.Type
  ) -> Ratios {
    let maximum = keys.map(\.logit).max() ?? 0
    var sums = (CompensatedSum<Wide>(), CompensatedSum<Wide>(), CompensatedSum<Wide>())
    for key in keys {
      let weight = Wide.exp(Wide(key.logit) - Wide(maximum))
      sums.0.add(weight)
      sums.1.add(weight * Wide(key.value))
      sums.2.add(weight * Wide(abs(key.value)))
    }
    let (denominator, numerator, magnitude) = (sums.0.total, sums.1.total, sums.2.total)
    let spread = Double(maximum) - Double(keys.map(\.logit).min() ?? 0)
    let bound = SoftmaxState<Scalar>.errorBound(
      depth: found.depth, rescales: found.rescales, keys: keys.count, spread: spread)
    let largest = keys.reduce(0) { max($0, abs(Double($1.value))) }
    func ratio(_ found: Scalar, _ exact: Wide, _ allowed: Double) -> Double {
      let error = Double(abs(Wide(found) - exact))
      return error == 0 ? 0 : error / allowed
    }
    let underflow = bound.underflow * max(1, largest)
    return Ratios(
      denominator: ratio(
        found.state.denominator, denominator, bound.denominator * Double(denominator) + bound.underflow),
      numerator: max(
        ratio(found.state.numerators[0], numerator, bound.numerator * Double(magnitude) + underflow),
        ratio(found.state.numerators[0], numerator, bound.denominator * largest * Double(denominator) + underflow)),
      output: ratio(found.state.output[0], numerator / denominator, bound.output(largestValue: largest)))
  }

  static func worst<Scalar: Real & BinaryFloatingPoint & Sendable, Wide: Real & BinaryFloatingPoint & Sendable>(
    _: Scalar.Type, _ wide: Wide.Type, _ order: Order, counts: [Int] = [1, 2, 3, 4, 7, 16, 33, 100, 300]
  ) -> Ratios {
    var random = SeededGenerator(seed: 7)
    var worst = Ratios()
    let tiny = Double(Scalar.leastNormalMagnitude)
    for count in counts {
      for spread in [0, 1e-6, 1, 8, 60, 300, 2000, 1e30] {
        for scale in [1, tiny, 1e20] {
          let keys = (0..<count).map { _ in
            (
              logit: Scalar(spread * Double.random(in: -1...1, using: &random)),
              value: Scalar(scale * Double.random(in: -1...1, using: &random))
            )
          }
          worst.see(ratios(keys, reduce(keys, order, &random), in: wide))
        }
      }
    }
    return worst
  }

  private func check(_ worst: Ratios, _ what: String) {
    print("\(what): error over bound, d \(worst.denominator), n \(worst.numerator), n/d \(worst.output)")
    #expect(worst.denominator <= 1 && worst.denominator >= 0.01, "\(what): \(worst)")
    #expect(worst.numerator <= 1 && worst.numerator >= 0.01, "\(what): \(worst)")
    #expect(worst.output <= 1 && worst.output >= 0.01, "\(what): \(worst)")
  }

  @Test(arguments: Order.allCases)
  func singlePrecisionIsWithinTheBound(order: Order) {
    check(Self.worst(Float.self, Double.self, order), "fp32 \(order)")
  }

  /// Roundings that go either way mostly cancel, so that a bound for the worst of them moves away from the rest as sums
  /// grow longer: fast along a chain, hardly over a tree.
  @Test func theBoundStaysNearOverATreeOfManyKeys() {
    let tree = Self.worst(Float.self, Double.self, .tree, counts: [1024])
    let chain = Self.worst(Float.self, Double.self, .chain, counts: [1024])
    for (name, worst) in [("tree", tree), ("chain", chain)] {
      print("fp32 \(name) of 1024: error over bound, d \(worst.denominator), n \(worst.numerator), n/d \(worst.output)")
      #expect(max(worst.denominator, worst.numerator, worst.output) <= 1)
    }
    #expect(tree.denominator >= 0.01)
    #expect(tree.numerator > chain.numerator && tree.output > chain.output)
  }

  #if arch(x86_64)
    @Test(arguments: Order.allCases)
    func doublePrecisionIsWithinTheBound(order: Order) {
      check(Self.worst(Double.self, Float80.self, order), "fp64 \(order)")
    }
  #endif

  /// A weight of 0.53 loses 0.03 to rounding at each addition while the sum is from 2^19 on.
  @Test func aLongChainComesNearItsBound() {
    let logit = Float.log(0.53)
    let weight = Double.exp(Double(logit))
    let count = 1_500_000
    var state = SoftmaxState<Float>(width: 0)
    state.add(logit: 0) { _ in 0 }
    for _ in 1..<count { state.add(logit: logit) { _ in 0 } }
    let exact = 1 + Double(count - 1) * weight
    let bound = SoftmaxState<Float>.errorBound(
      depth: count - 1, rescales: 1, keys: count, spread: -Double(logit)
    ).denominator
    let ratio = abs(Double(state.denominator) - exact) / exact / bound
    print("fp32 chain of \(count): error over bound \(ratio)")
    #expect(ratio <= 1 && ratio >= 0.1)
  }

  @Test func thePremiseHoldsThatExponentialsAreRightToOneUnit() {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<20_000 {
      let single = -Float.random(in: 0...80, using: &random)
      let exact = Double.exp(Double(single))
      #expect(abs(Double(Float.exp(single)) - exact) <= exact * Double(Float.ulpOfOne))
      #if arch(x86_64)
        let double = -Double.random(in: 0...700, using: &random)
        let wide = Float80.exp(Float80(double))
        #expect(abs(Float80(Double.exp(double)) - wide) <= wide * Float80(Double.ulpOfOne))
      #endif
    }
    #expect(Float.exp(0) == 1 && Double.exp(0) == 1)
  }
}
