import Testing

@testable import CPUNumerics

/// The theory holds on random numbers of many sizes, within bounds that mean something.
@Suite struct TheoryCheckTests {
  @Test(arguments: [
    TheoryCheck(seed: 1, heads: 1, tokens: 1, headDim: 1), TheoryCheck(seed: 2, heads: 1, tokens: 2, headDim: 1),
    TheoryCheck(seed: 3, heads: 2, tokens: 3, headDim: 5), TheoryCheck(seed: 4, heads: 3, tokens: 24, headDim: 4),
    TheoryCheck(seed: 5, heads: 1, tokens: 33, headDim: 2), TheoryCheck(seed: 6, heads: 2, tokens: 9, headDim: 9),
    TheoryCheck(seed: .max, heads: 2, tokens: 40, headDim: 3),
  ])
  func everyResidualIsWithinItsBound(check: TheoryCheck) {
    let rows = check.residuals()
    #expect(rows.count == 21)
    #expect(Set(rows.map(\.name)).count == rows.count)
    for row in rows {
      #expect(row.passes, "\(row)")
      #expect(row.bound.isFinite && row.value >= 0, "\(row)")
    }
  }
}
