import Experiments
import Quantities
import Testing

/// The shipped experiments of the Tree Attention paper, run.
@Suite struct PaperExperimentTests {
  private static func outcome(_ name: String) throws -> PaperOutcome {
    try PaperExperiment(name, from: Shipped.library).run(on: Parallel(jobs: 2))
  }

  private static func decodeTimes(_ name: String) throws -> DecodeTimesOutcome {
    guard case .decodeTimes(let outcome) = try outcome(name) else { throw WrongKind() }
    return outcome
  }

  private struct WrongKind: Error {}

  @Test(
    "Ring minus tree is within 5 % on MI300X and 10 % on RTX 4090, with one overhead and one bandwidth for all lengths",
    arguments: [("mi300x-4", 0.05), ("rtx4090-2", 0.10)])
  func relativeGoals(_ name: String, _ share: Double) throws {
    let outcome = try Self.decodeTimes(name)
    let rows = outcome.rows.filter { $0.published != nil }
    #expect(rows.count == 2)
    for row in rows {
      let published = try #require(outcome.published(row))
      #expect(abs(row.difference / published - 1) <= share)
    }
    #expect(outcome.experiment.goal == .relative(share))
  }

  @Test("Ring minus tree on H100 is within its published standard errors, also of the row that the fit has not seen")
  func standardErrors() throws {
    let outcome = try Self.decodeTimes("h100-8")
    let rows = outcome.rows.filter { $0.published != nil }
    #expect(rows.count == 2)
    for row in rows {
      let published = try #require(outcome.published(row))
      let error = try #require(outcome.standardError(row))
      #expect(abs((row.difference - published).seconds) <= error.seconds)
      let leftOut = try #require(row.leftOut)
      #expect(abs((leftOut - published).seconds) <= 1.3 * error.seconds)
    }
  }

  @Test("The published differences are the tables' own arithmetic")
  func publishedDifferences() throws {
    let outcome = try Self.decodeTimes("h100-8")
    let row = try #require(outcome.rows.first { $0.tokens == 32000 })
    // (2.57 s - 0.60 s) / 9 steps / 32 layers, and sqrt(0.15² + 0.35²) alike.
    #expect(abs(try #require(outcome.published(row)).seconds - 6.8403e-3) < 1e-6)
    #expect(abs(try #require(outcome.standardError(row)).seconds - 1.3222e-3) < 1e-6)
    // 4000 tokens a rank, K and V of 32 heads of 128 elements of 2 B.
    #expect(row.hopBytes == Bytes(65_536_000))
  }

  @Test(
    "Simulated differences are hops by formula and a rest that no fit changes",
    arguments: ["h100-8", "mi300x-4", "rtx4090-2"])
  func linearity(_ name: String) throws {
    let outcome = try Self.decodeTimes(name)
    for row in outcome.rows {
      let rest = row.difference - row.hopsAlone
      // The rest: a kernel for each hop more than the tree has, less the tree's collectives.
      #expect(abs(rest.seconds) < 0.1 * row.difference.seconds)
      guard let leftOut = row.leftOut else { continue }
      // The row's rest was simulated with the priors' link, this one with the fitted link.
      let others = try #require(outcome.rows.first { $0.published != nil && $0.tokens != row.tokens })
      let fit = try HopFit(
        [
          HopFit.Row(
            hops: outcome.experiment.hops, hopBytes: others.hopBytes, base: others.difference - others.hopsAlone,
            difference: #require(outcome.published(others)), standardError: #require(outcome.standardError(others)))
        ], overhead: outcome.experiment.overhead, bandwidth: outcome.experiment.bandwidth)
      let again = fit.difference(hops: outcome.experiment.hops, hopBytes: row.hopBytes, base: rest)
      #expect(abs(again / leftOut - 1) < 1e-6)
    }
  }

  @Test("A ring that sends KV heads is about a quarter as far behind where bytes are all, and ways share what is left")
  func lessToSend() throws {
    let outcome = try Self.decodeTimes("mi300x-4")
    let row = try #require(outcome.rows.last)
    #expect((0.24...0.27).contains(row.keyValueHeads / row.difference))
    let allWays = try #require(row.allWays)
    #expect((0.33...0.36).contains(allWays / row.difference))
    #expect(row.asDescribed < row.difference)
    #expect(row.byDefault < row.keyValueHeads)
    // A launch and a message for the broadcast and the barrier at least.
    #expect(row.synchronisation > Seconds(2 * 5e-6))
  }

  @Test("8 times at 128 GPUs takes some 0.12 s in both, and holds in the simulator when every rank is delayed by it")
  func speedUp() throws {
    guard case .speedUp(let outcome) = try Self.outcome("speed-up") else { throw WrongKind() }
    #expect(outcome.cells.count == 20)
    let claim = try #require(outcome.claims.first)
    #expect(claim.cell.ranks == 128 && claim.cell.tokens == 5_120_000)
    #expect((0.8...0.9).contains(claim.cell.ring.seconds))
    #expect(claim.cell.tree < Seconds(1e-3))
    #expect((0.11...0.13).contains(claim.fixedCost.seconds))
    #expect(abs(claim.delayedTimes / 8 - 1) < 1e-6)
    #expect(claim.manyRings < claim.cell.ring * 0.2)
    for cell in outcome.cells { #expect(cell.ringByFormula.seconds > 0.99 * cell.ring.seconds) }
  }

  @Test("Gaps of peaks are the published ones, and with the caches of all layers there is no half")
  func peakMemory() throws {
    guard case .peakMemory(let outcome) = try Self.outcome("peak-memory") else { throw WrongKind() }
    #expect(outcome.rows.map(\.published.gap) == [Bytes(524_000_000), Bytes(1_040_000_000)])
    for row in outcome.rows {
      #expect(abs(row.gap / row.published.gap - 1) < 0.01)
      #expect(abs(row.gap.baseUnits / row.gapByFormula - 1) < 0.001)
      #expect(abs(row.share - 0.5) < 0.001)
      #expect(row.shareOfLayers > 0.9)
    }
  }

  @Test("Bytes are those of the paper's formulas, each on its basis")
  func volume() throws {
    guard case .volume(let outcome) = try Self.outcome("volume") else { throw WrongKind() }
    for row in outcome.rows {
      #expect(row.hop == row.hopByFormula)
      #expect(abs(row.treeOfRank.baseUnits / row.treeByFormula - 1) < 0.001)
      #expect(row.ring.baseUnits == row.hop * Double(row.hops))
    }
  }

  @Test("10 µs of local attention would take 20 times the memory bandwidth, and with that the simulator gives them")
  func localAttention() throws {
    guard case .localAttention(let outcome) = try Self.outcome("local-attention") else { throw WrongKind() }
    let row = try #require(outcome.rows.first)
    #expect((19...20).contains(outcome.times(row)))
    #expect(outcome.simulated > Seconds(2e-4))
    let faster = try #require(row.faster)
    #expect(abs(faster / row.published.time - 1) < 0.01)
  }

  @Test("Every figure has a provenance that its way of coming about has, none is said to be measured")
  func provenance() throws {
    let paper = try Paper("tree-attention", from: Shipped.library)
    #expect(paper.experiments.count == 7)
    let experiment = try #require(paper.experiments.first { $0.name == "mi300x-4" })
    let metrics = experiment.record(try experiment.run(on: Parallel(jobs: 1))).metrics
    #expect(Set(metrics.map(\.provenance)) == [.published, .simulated, .fitted, .closedForm, .assumed])
    let keys = metrics.map { [$0.name, $0.scope, $0.provenance.rawValue] }
    #expect(Set(keys).count == keys.count)
  }
}
