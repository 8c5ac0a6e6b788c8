import TestSupport
import Testing

@testable import CUDABackend

@Suite struct SampleStatisticsTests {
  @Test("Quantiles of known samples")
  func quantiles() {
    let statistics = SampleStatistics([4, 1, 3, 2, 5])
    #expect(statistics.median == 3)
    #expect(statistics.quantile(0) == 1)
    #expect(statistics.quantile(1) == 5)
    #expect(statistics.quantile(0.125) == 1.5)
    #expect(statistics.samples == [4, 1, 3, 2, 5])
    #expect(SampleStatistics([7]).low == 7)
  }

  @Test("A clock that shows no time, or less than none, tells nothing that may be stored")
  func silentClock() throws {
    #expect(try SampleStatistics([0, 1, 2]).told("x").median == 1)
    for samples in [[0, 0, 1], [0.0], [1, 2, -1e-6], [1, 2, .nan]] {
      let error = #expect(throws: CUDAError.self) { try SampleStatistics(samples).told("copy 16 B") }
      #expect(error == .silentClock("copy 16 B") && error?.kind == .unavailable, "\(samples)")
    }
  }

  @Test(
    "Ranks of the median's interval are those of the tables",
    // Conover, Practical Nonparametric Statistics, and the binomial sums: P(X ≤ r) ≤ 2.5 % < P(X ≤ r + 1), r from 0.
    arguments: [(5, nil), (6, 0), (8, 0), (9, 1), (10, 1), (12, 2), (15, 3), (20, 5), (25, 7), (50, 17), (100, 39)]
      as [(Int, Int?)])
  func ranks(count: Int, expected: Int?) {
    #expect(SampleStatistics.rank(of: count) == expected)
  }

  @Test("Ranks of thousands of samples are about those of the normal approximation")
  func manyRanks() throws {
    for count in [2000, 10_000] {
      let rank = try #require(SampleStatistics.rank(of: count))
      let expected = Double(count) / 2 - 0.98 * Double(count).squareRoot()
      #expect(abs(Double(rank) - expected) < 2)
    }
  }

  @Test("The interval covers the median of a skewed distribution in 95 of 100 cases at least")
  func covers() throws {
    var state: UInt64 = 42
    func share() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53
    }
    var covered = 0
    let cases = 2000
    for _ in 0..<cases {
      // The cube of a number from 0 to 1: its median is 1/8.
      let samples = (0..<25).map { _ -> Double in
        let number = share()
        return number * number * number
      }
      let interval = try #require(SampleStatistics(samples).medianInterval)
      if interval.contains(0.125) { covered += 1 }
    }
    // 95.7 % expected, 0.45 % its standard deviation.
    #expect(covered > cases * 94 / 100)
    #expect(covered < cases)
  }

  @Test("Repeats end when the median is known, and at the most")
  func repeats() {
    var taken = 0
    let steady = RepeatPlan(least: 10, most: 100, precision: 0.01).run { () -> Double in
      taken += 1
      return 1
    }
    #expect(steady.samples.count == 10)
    var turn = 0.0
    let restless = RepeatPlan(least: 10, most: 100, precision: 0.01).run { () -> Double in
      turn += 1
      return turn.truncatingRemainder(dividingBy: 2) + 1
    }
    #expect(restless.samples.count == 100)
    // Nine slow samples, then steady ones: more than the fewest are needed, and less than the most.
    var place = 0
    let settling = RepeatPlan(least: 10, most: 1000, precision: 0.01).run { () -> Double in
      place += 1
      return place <= 9 ? Double(20 - place) : 1
    }
    #expect((11..<1000).contains(settling.samples.count))
    #expect(settling.median == 1)
    #expect(taken == 10)
  }
}
