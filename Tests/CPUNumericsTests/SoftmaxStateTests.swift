import RealModule
import TestSupport
import Testing

@testable import CPUNumerics

/// The reduction operator on the cases that a formula can be wrong about: no keys, masks, extremes, poison.
@Suite struct SoftmaxStateTests {
  static func state<Scalar>(_ keys: [(Scalar, Scalar)]) -> SoftmaxState<Scalar> {
    var state = SoftmaxState<Scalar>(width: 1)
    for (logit, value) in keys { state.add(logit: logit) { _ in value } }
    return state
  }

  static func merged<Scalar>(_ left: SoftmaxState<Scalar>, _ right: SoftmaxState<Scalar>) -> SoftmaxState<Scalar> {
    var result = left
    result.merge(right)
    return result
  }

  /// States of every kind.
  private func kinds<Scalar: Real & BinaryFloatingPoint & Sendable>(_: Scalar.Type) -> [SoftmaxState<Scalar>] {
    let far = Scalar.greatestFiniteMagnitude
    let tiny = Scalar.leastNonzeroMagnitude
    return [
      SoftmaxState(width: 1), Self.state([(0, 3)]), Self.state([(-.infinity, 7)]), Self.state([(far, 1)]),
      Self.state([(-far, -2)]), Self.state([(-far, 2), (far, 5)]), Self.state([(tiny, tiny), (-tiny, -tiny)]),
      Self.state([(1, tiny), (-90, 1)]), Self.state([(2, -1), (2, 1)]), Self.state([(-1e4, 1), (1e4, -0.0)]),
    ]
  }

  private func checkLaws<Scalar: Real & BinaryFloatingPoint & Sendable>(_ type: Scalar.Type) {
    let kinds = kinds(type)
    for left in kinds {
      #expect(Self.merged(left, SoftmaxState(width: 1)) == left, "identity on the right of \(left)")
      #expect(Self.merged(SoftmaxState(width: 1), left) == left, "identity on the left of \(left)")
      for right in kinds {
        #expect(Self.merged(left, right) == Self.merged(right, left), "\(left) and \(right)")
        for third in kinds {
          let one = Self.merged(Self.merged(left, right), third)
          let other = Self.merged(left, Self.merged(right, third))
          #expect(one.maximum == other.maximum)
          let bound = SoftmaxState<Scalar>.errorBound(depth: 5, keys: 6)
          let allowed = 2 * (bound.denominator * Double(one.denominator) + bound.underflow)
          #expect(abs(Double(one.denominator) - Double(other.denominator)) <= allowed)
          #expect(
            abs(Double(one.numerators[0]) - Double(other.numerators[0])) <= allowed * 7, "\(left), \(right), \(third)")
          #expect(!one.isPoisoned && one.output[0].isFinite)
        }
      }
    }
  }

  @Test func mergingIsAMonoidThatCommutesToTheBit() {
    checkLaws(Float.self)
    checkLaws(Double.self)
  }

  @Test func noKeysAndMaskedKeysAreNothing() {
    let masked = Self.state([(-Double.infinity, 1), (-Double.infinity, .nan)])
    for state in [SoftmaxState<Double>(width: 1), masked] {
      #expect(state == SoftmaxState(width: 1))
      #expect(state.output == [0])
      #expect(state.logSumExp == -.infinity)
      #expect(!state.isPoisoned)
    }
    #expect(Self.state([(-Double.infinity, 9), (3, 2), (-.infinity, 8)]).output == [2])
  }

  @Test func extremeLogitsGiveTheLargestItsValue() {
    let far = Float.greatestFiniteMagnitude
    let (zero, one): (Float, Float) = (0, 1)
    let (two, three): (Float, Float) = (2, 3)
    #expect(Self.state([(-far, one), (far, two), (zero, three)]).output == [2])
    #expect(Self.state([(far, two), (-far, one)]).logSumExp == far)
    #expect(Self.state([(-far, two), (-far, three)]).output == [2.5])
    #expect(Self.state([(Float.leastNonzeroMagnitude, one), (zero, three)]).output == [2])
  }

  @Test(arguments: [Double.nan, .infinity])
  func whatHasNoSoftmaxPoisonsAndIsNotPassedOver(logit: Double) {
    let clean = Self.state([(1.0, 2.0)])
    let poisoned = [
      Self.state([(logit, 1)]), Self.state([(1, 1), (logit, 1)]), Self.state([(logit, 1), (1, 1)]),
      Self.state([(logit, 1), (logit, 1)]), Self.merged(clean, Self.state([(logit, 1)])),
      Self.merged(Self.state([(logit, 1)]), clean), Self.merged(SoftmaxState(width: 1), Self.state([(logit, 1)])),
      Self.merged(Self.state([(logit, 1)]), SoftmaxState(width: 1)),
      // As read back from a message.
      Self.merged(clean, SoftmaxState(maximum: logit, denominator: 1, numerators: [1])),
      Self.merged(SoftmaxState(maximum: logit, denominator: 1, numerators: [1]), clean),
      Self.merged(clean, SoftmaxState(maximum: 0, denominator: .nan, numerators: [1])),
    ]
    for state in poisoned {
      #expect(state.isPoisoned)
      #expect(state.output[0].isNaN)
      #expect(state.logSumExp.isNaN)
      #expect(state.maximum.isNaN || state.maximum == .infinity)
    }
  }

  @Test func aLongChainIsDeafInSinglePrecisionAndATreeIsNot() {
    let half = SoftmaxState<Float>(maximum: 0, denominator: 0x1p24, numerators: [])
    var chained = half
    chained.add(logit: 0) { _ in 0 }
    #expect(chained.denominator == 0x1p24)
    #expect(Self.merged(half, half).denominator == 0x1p25)
    // All of 2^25 equal keys: half is lost, within what the bound for a chain allows, but not that for a tree.
    let lost = 0.5
    #expect(lost <= SoftmaxState<Float>.errorBound(depth: 1 << 25, rescales: 0, keys: 1 << 25, spread: 0).denominator)
    #expect(SoftmaxState<Float>.errorBound(depth: 25, keys: 1 << 25).denominator < 1e-5)
    #expect(SoftmaxState<Float>.errorBound(depth: 1 << 25, keys: 1 << 25).output(largestValue: 1) == .infinity)
  }
}
