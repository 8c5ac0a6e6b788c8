import Quantities
import Simulation
import TestSupport
import Testing

@testable import Reporting

@Suite struct LinkUtilizationTests {
  @Test("The bytes of all stretches are those of the links, on random steps", arguments: 0..<30)
  func conservation(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let run = try TraceRuns.random(using: &generator)
    for bins in [1, 2, 7, 20, 333] {
      let utilization = LinkUtilization(of: run, bins: bins)
      let whole = utilization.width.seconds * Double(bins)
      #expect(abs(whole - run.makespan.seconds) <= 1e-12 * run.makespan.seconds)
      let traffic = run.trafficByClass.filter { $0.bytes > .zero }
      #expect(utilization.rows.map(\.linkClass) == traffic.map(\.linkClass))
      for (row, wanted) in zip(utilization.rows, traffic) {
        let total = row.bytes.reduce(0, +)
        #expect(abs(total - wanted.bytes.baseUnits) <= 1e-11 * wanted.bytes.baseUnits)
        #expect(row.bytes.count == bins && row.mean.count == bins && row.busiest.count == bins)
        #expect(row.bytes.allSatisfy { $0 >= 0 })
        // Over the whole run the busiest link is busy for as long as its bytes need.
        let busy = row.busiest.reduce(0, +) / Double(bins)
        #expect(abs(busy - wanted.busiestTime / run.makespan) < 1e-9)
        let mean = row.mean.reduce(0, +) / Double(bins)
        #expect(mean <= busy * (1 + 1e-9))
      }
      let all = utilization.rows.reduce(0) { $0 + $1.bytes.reduce(0, +) }
      let wanted = run.bytesByLink.reduce(Bytes.zero, +).baseUnits
      #expect(abs(all - wanted) <= 1e-11 * wanted)
    }
  }

  @Test("Messages that go around a failed link count on the links that carried them")
  func detours() throws {
    var seen = 0
    for seed in 0..<40 {
      var generator = SeededGenerator(seed: seed)
      let plain = try TraceRuns.random(using: &generator)
      var conditions = Conditions()
      let busiest = plain.busiestLink?.link ?? 0
      conditions.linkChanges = [
        LinkChange(time: plain.makespan * 0.4, link: Int32(busiest), factor: 0)
      ]
      // Where there is no way around, the run ends in an error.
      guard let run = try? Simulator(topology: plain.topology).run(plain.program, under: conditions) else { continue }
      seen += run.timeline.legs.isEmpty ? 0 : 1
      let utilization = LinkUtilization(of: run, bins: 9)
      let all = utilization.rows.reduce(0) { $0 + $1.bytes.reduce(0, +) }
      let wanted = run.bytesByLink.reduce(Bytes.zero, +).baseUnits
      #expect(abs(all - wanted) <= 1e-9 * wanted)
    }
    #expect(seen > 3)
  }

  @Test("Bytes lie where their time lies")
  func spread() {
    func spread(_ bytes: Double, _ start: Double, _ end: Double) -> [Double] {
      var bins = [Double](repeating: 0, count: 4)
      LinkUtilization.spread(bytes, from: start, to: end, width: 1, over: &bins)
      return bins
    }
    #expect(spread(8, 0, 4) == [2, 2, 2, 2])
    #expect(spread(8, 0.5, 2.5) == [2, 4, 2, 0])
    #expect(spread(8, 1.25, 1.75) == [0, 8, 0, 0])
    #expect(spread(8, 2, 2) == [0, 0, 8, 0])
    #expect(spread(8, 4, 4) == [0, 0, 0, 8])
    #expect(spread(8, 3, 4) == [0, 0, 0, 8])
    #expect(spread(8, 1, 2) == [0, 8, 0, 0])
  }

  @Test("A ring that overlaps keeps its links busy until its last attention")
  func ring() throws {
    let utilization = LinkUtilization(of: try TraceRuns.ring(), bins: 20)
    let row = try #require(utilization.rows.first)
    #expect(utilization.rows.count == 1)
    #expect(row.usedLinks == 8 && row.links == 8)
    let peak = row.mean.max() ?? 0
    #expect(peak <= 1 + 1e-9)
    #expect(row.mean[10] > 0.5)
  }

  @Test("Blocks rise with the share, and nothing is told from little")
  func blocks() {
    #expect(BlockChart.row([0, 1e-9, 0.125, 0.126, 0.5, 0.9, 1, 1.5], columns: 1) == "·▁▁▂▄███")
    #expect(BlockChart.row([0, 1], columns: 3) == "···███")
  }
}
