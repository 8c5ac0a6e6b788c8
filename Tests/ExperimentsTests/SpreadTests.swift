import Experiments
import Quantities
import Testing

@Suite struct SpreadTests {
  @Test("Percentiles are by nearest rank")
  func nearestRank() {
    // The example of the definition: 15, 20, 35, 40, 50 have 15 at 5 %, 20 at 30 %, 20 at 40 %, 35 at 50 %, 50 at 100 %.
    let spread = Spread([35, 20, 50, 15, 40].map { Seconds($0) })
    #expect([0, 5, 30, 40, 50, 95, 100].map { spread.percentile($0).seconds } == [15, 15, 20, 20, 35, 50, 50])
    #expect(spread.replication(atPercentile: 50) == 0 && spread.replication(atPercentile: 5) == 3)
    #expect(spread.least == Seconds(15) && spread.most == Seconds(50) && spread.count == 5)
    #expect(spread.percentile(-3) == spread.least && spread.percentile(300) == spread.most)
  }

  @Test("Of 25, the second least is p5, the second most p95, and the 13th the median")
  func ofTwentyFive() {
    let spread = Spread((1...25).reversed().map { Seconds(Double($0)) })
    #expect([5, 50, 95].map { spread.percentile($0).seconds } == [2, 13, 24])
    #expect(spread.summary.map(\.name) == ["least", "p5", "p50", "p95", "most"])
    #expect(spread.summary.map(\.time.seconds) == [1, 2, 13, 24, 25])
  }

  @Test("Of equal times the first replication stands for all; one is all of its spread")
  func equals() {
    #expect(Spread([2, 2, 2].map { Seconds($0) }).replication(atPercentile: 5) == 0)
    let one = Spread([Seconds(7)])
    #expect(
      one.percentile(5) == Seconds(7) && one.percentile(95) == Seconds(7) && one.replication(atPercentile: 50) == 0)
    #expect(Spread([]).most == .zero)
  }
}
