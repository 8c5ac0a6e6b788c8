import RealModule
import Testing

@testable import CPUNumerics

/// The parts that the check of the theory is made of, on cases known in closed form; and that it can fail.
@Suite struct TheoryPartsTests {
  @Test func dualNumbersFollowTheRulesOfDerivatives() {
    let x = Dual(value: 2.0, tangent: 1)
    let three = Dual<Double>(constant: 3)
    #expect((x * x * x).tangent == 12)
    #expect((three / x).tangent == -0.75)
    #expect((x - three * x).tangent == -2)
    #expect(Dual.exp(x).tangent == Double.exp(2))
    #expect(Dual.log(x).tangent == 0.5)
    #expect(Dual(value: Float(2), tangent: 1).plain == 2)
    var second = Dual<Dual<Double>>(constant: 2)
    second.tangent.value = 1
    second.value.tangent = 1
    #expect((second * second * second).tangent.tangent == 12)
    #expect(Dual.log(second).tangent.tangent == -0.25)
  }

  /// Two keys of equal logits and values ±1: F(ζ) = log(2·cosh ζ), F′ = tanh, F‴(0) = −2.
  @Test func theEnergyOfTwoKeysIsTheLogarithmOfACosine() {
    let head = EnergyHead(logits: [0, 0], values: [1, -1], width: 1)
    for zeta in [0, 0.25, -3, 40] {
      let exact = abs(zeta) + Double.log(1 + Double.exp(-2 * abs(zeta)))
      #expect(abs(head.energy(at: [zeta]) - exact) <= head.energyBound(at: [zeta]))
      #expect(abs(head.derivative(0, at: [zeta]) - Double.tanh(zeta)) <= head.meanBound(at: [zeta]))
      let slope = 1 - Double.tanh(zeta) * Double.tanh(zeta)
      #expect(abs(head.secondDerivative(0, 0, at: [zeta]) - slope) < 1e-15)
    }
  }

  /// A skewed pair: κ₃ = p(1 − p)(1 − 2p) for values 0 and 1, so that truncation is known.
  @Test func centralDifferencesAreAsGoodAsTheySayAndNoBetter() {
    for (index, logit) in [0.0, -1, -3, 2, 7].enumerated() {
      let head = EnergyHead(logits: [0, logit], values: [0, 1], width: 1)
      let difference = CentralDifference(head, element: 0, point: SoftmaxPoint(head, at: [0]))
      let exact = 1 / (1 + Double.exp(-logit))
      let error = abs(difference.value - exact)
      #expect(error <= difference.bound, "\(index)")
      #expect(difference.bound < 1e-9)
      // Neither kind of error dwarfs the other: the step is near the best.
      #expect(difference.truncation < 10 * difference.rounding)
      if logit != 0 { #expect(difference.rounding < 100 * difference.truncation) }
      let third = exact * (1 - exact) * (1 - 2 * exact)
      #expect(difference.truncation >= difference.step * difference.step / 6 * abs(third) * 0.999)
    }
    let lone = EnergyHead(logits: [3], values: [5], width: 1)
    #expect(CentralDifference(lone, element: 0, point: SoftmaxPoint(lone, at: [0])).truncation == 0)
  }

  @Test func wrongAttentionIsPastTheBounds() {
    let check = TheoryCheck(seed: 9, heads: 1, tokens: 200, headDim: 4)
    let head = CausalSequence(check).decode[0]
    let zeta = [0.0, 0, 0, 0]
    // One part in 10^12 of the values' scale is what three ways must agree to; the bound asks for more.
    #expect(2 * head.meanBound(at: zeta) < 1e-12)
    var weights = head.logits
    let heaviest = weights.indices.max { weights[$0] < weights[$1] } ?? 0
    weights[heaviest] += 1e-7
    let wrong = SoftmaxPoint(EnergyHead(logits: weights, values: head.values, width: 4), at: zeta).mean
    let point = SoftmaxPoint(head, at: zeta)
    let differs = (0..<4).contains { element in
      let difference = CentralDifference(head, element: element, point: point)
      return abs(difference.value - wrong[element]) > difference.bound + head.meanBound(at: zeta) * head.scale
    }
    #expect(differs)
  }

  @Test func eigenvaluesOfASmallMatrixAreRight() {
    // Eigenvalues 1, 2 and 4.
    let eigen = SymmetricEigen([2, -1, 1, -1, 3, 0, 1, 0, 2].map { Double($0) }, order: 3)
    let sum = eigen.values.reduce(0, +)
    #expect(abs(sum - 7) < 1e-14)
    #expect(eigen.residual < 1e-14)
    let product = eigen.values.reduce(1, *)
    #expect(abs(product - 7) < 1e-13)
    #expect(SymmetricEigen([0], order: 1).values == [0])
    #expect(SymmetricEigen([2, 0, 0, 0], order: 2).solve([4, 5], above: 1e-9) == [2, 0])
  }

  @Test func newtonFindsTheTiltOfAGivenMean() {
    let head = EnergyHead(logits: [0, 0], values: [1, -1], width: 1)
    let solve = NewtonSolve(head, target: [Double.tanh(2)], from: [-5], tolerance: 1e-15)
    #expect(abs(solve.zeta[0] - 2) < 1e-13)
    #expect(solve.steps < 50)
  }

  @Test func aHopfieldNetworkRetrievesItsPatterns() {
    let network = HopfieldNetwork(patterns: [4, 0, 0, 4, -4, -4], width: 2, beta: 2)
    #expect(network.separation(0) == 16)
    #expect(network.separation(2) == 48)
    let found = network.update([3.5, 0.5])
    #expect(abs(found[0] - 4) < 1e-9 && abs(found[1]) < 1e-9)
    #expect(network.energy(found) < network.energy([3.5, 0.5]))
  }

  @Test func aResidualMissesForNaNAndPastItsBound() {
    func row(_ value: Double, _ bound: Double) -> Residual {
      Residual(name: "r", value: value, bound: bound, source: "s", reproduction: "again")
    }
    #expect(row(1, 1).passes && row(0, 0).passes)
    #expect(!row(1.01, 1).passes && !row(.nan, 1).passes && !row(.infinity, 1).passes && !row(1, .nan).passes)
    #expect(Residual.worst(of: [row(1, 4), row(.nan, 1), row(2, 4)])?.value.isNaN == true)
    #expect(Residual.worst(of: []) == nil)
    var worst = WorstResidual("w", source: "", reproduction: "")
    worst.see(0, within: 0)
    worst.see(1e-9, within: 0, at: "here")
    worst.see(1, within: 2, at: "there")
    #expect(worst.row.place == "here" && !worst.row.passes)
  }
}
