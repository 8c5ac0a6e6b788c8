import Quantities
import TestSupport
import Testing
import Workloads

@Suite struct TokenLayoutTests {
  @Test func everyTokenHasOneRank() {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<1000 {
      let ranks = Int.random(in: 1...40, using: &generator)
      let start = Int.random(in: 0...50, using: &generator)
      let tokens = start..<start + Int.random(in: 0...200, using: &generator)
      for layout in TokenLayout.allCases {
        let shares = (0..<ranks).map { layout.share(ofRank: $0, of: ranks, from: tokens) }
        #expect(shares.flatMap { $0.runs.flatMap { $0 } }.sorted() == Array(tokens))
        #expect(shares.map(\.count).max() == layout.largestShare(of: tokens.count, among: ranks))
        #expect((shares.map(\.count).max() ?? 0) - (shares.map(\.count).min() ?? 0) <= (layout == .zigzag ? 2 : 1))
      }
      let workload = AttentionWorkload(
        shape: AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 1), batch: 1, tokens: tokens.count, type: .fp32)
      for rank in 0..<ranks {
        let share = TokenLayout.contiguous.share(ofRank: rank, of: ranks, from: 0..<tokens.count)
        #expect(share.count == workload.shard(ofRank: rank, of: ranks))
      }
    }
  }

  @Test func zigzagGivesEveryRankAsManyPairs() {
    let (ranks, tokens) = (8, 8 * 2 * 25)
    let all = TokenRuns(0..<tokens)
    let pairs = (0..<ranks).map { rank in
      AttentionMask.causal.pairs(of: TokenLayout.zigzag.share(ofRank: rank, of: ranks, from: 0..<tokens), with: all)
    }
    #expect(Set(pairs).count == 1)
    let contiguous = (0..<ranks).map { rank in
      AttentionMask.causal.pairs(of: TokenLayout.contiguous.share(ofRank: rank, of: ranks, from: 0..<tokens), with: all)
    }
    #expect((contiguous.last ?? 0) / (contiguous.first ?? 1) > 14)
  }
}
