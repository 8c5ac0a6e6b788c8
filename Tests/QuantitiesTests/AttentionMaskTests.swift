import Quantities
import TestSupport
import Testing

/// Masks over blocks of tokens, against counting one by one.
@Suite struct AttentionMaskTests {
  private static func runs(_ generator: inout SeededGenerator) -> TokenRuns {
    let ends = (0..<4).map { _ in Int.random(in: 0...12, using: &generator) }.sorted()
    return Bool.random(using: &generator)
      ? TokenRuns(ends[0]..<ends[1], ends[2]..<ends[3]) : TokenRuns(ends[0]..<ends[3])
  }

  @Test func countsAreThoseOfCountingOneByOne() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<4000 {
      let queries = Self.runs(&generator)
      let keys = Self.runs(&generator)
      let (queryPlaces, keyPlaces) = (queries.runs.flatMap { $0 }, keys.runs.flatMap { $0 })
      #expect(queries.count == queryPlaces.count && queries.isEmpty == queryPlaces.isEmpty)
      #expect(queries.lowest == queryPlaces.first && queries.highest == queryPlaces.last)
      for mask in AttentionMask.allCases {
        func sees(_ query: Int, _ key: Int) -> Bool { mask == .full || key <= query }
        let pairs = queryPlaces.map { query in keyPlaces.count { sees(query, $0) } }
        #expect(mask.pairs(of: queries, with: keys) == Double(pairs.reduce(0, +)), "\(mask), \(queries) to \(keys)")
        for (query, count) in zip(queryPlaces, pairs) { #expect(mask.visibleKeys(ofQueryAt: query, in: keys) == count) }
        #expect(
          mask.seenKeys(by: queries, in: keys) == keyPlaces.count { key in queryPlaces.contains { sees($0, key) } })
        #expect(
          mask.seeingQueries(of: queries, in: keys)
            == queryPlaces.count { query in keyPlaces.contains { sees(query, $0) } })
      }
    }
  }

  @Test func runsThatTouchAreOne() {
    #expect(TokenRuns(0..<3, 3..<5) == TokenRuns(0..<5))
    #expect(TokenRuns(4..<4, 6..<9) == TokenRuns(6..<9))
    #expect(TokenRuns(7..<7) == .none)
    #expect("\(TokenRuns(0..<12, 40..<48))" == "0-11, 40-47")
    #expect("\(TokenRuns(5..<6)), \(TokenRuns.none)" == "5, none")
  }

  @Test func aTrillionTokensAreCountedExactly() {
    let tokens = 1_000_000_000_000
    let all = TokenRuns(0..<tokens)
    // n(n+1)/2, rounded once.
    #expect(AttentionMask.causal.pairs(of: all, with: all) == Double(Int128(tokens) * Int128(tokens + 1) / 2))
    #expect(AttentionMask.full.pairs(of: all, with: all) == 1e24)
  }
}
