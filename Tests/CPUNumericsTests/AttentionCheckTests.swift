import CPUNumerics
import Testing

@Suite struct AttentionCheckTests {
  @Test("Progress is told of every program that is executed, and their number is known before")
  func progress() throws {
    let check = AttentionCheck(seed: 2, ranks: [1, 2], tokens: 3, queryTokens: 2, batch: 1)
    var told: [Int] = []
    let rows = try check.residuals { told.append($0) }
    #expect(told == Array(1...check.programCount))
    #expect(check.programCount > 2 * rows.count)
  }
}
