import Experiments
import Quantities
import Simulation
import Workloads

/// Sentences that say why the algorithms of a comparison differ, with the figures that show it.
struct StepExplanation {
  let outcomes: [StepOutcome]
  let workload: DecodeWorkload
  let ranks: Int

  var sentences: [String] {
    var sentences = outcomes.map(sentence)
    if let tree = outcomes.first(where: { $0.choice == .tree }),
      let ring = outcomes.first(where: { $0.choice == .ring })
    {
      sentences.append(verdict(tree: tree, ring: ring))
    }
    for outcome in outcomes where !outcome.bytesAndMemoryAgree {
      sentences.append(
        "BUG: the simulated bytes or memory of \(outcome.name) differ from the closed form; please report this.")
    }
    return sentences
  }

  /// What one algorithm does, and what its time goes into.
  private func sentence(_ outcome: StepOutcome) -> String {
    let path = outcome.figures.criticalPath
    let top = path.rankedResources.prefix(2).map { entry in
      "\(entry.resource) \(NumberText.format(100 * (entry.time / path.total), significantDigits: 3)) %"
    }
    let bound = top.isEmpty ? "" : " Its critical path: \(top.joined(separator: ", "))."
    switch outcome.choice {
    case .tree:
      return
        "tree: every rank reads its own shard where it lies and sends \(outcome.figures.largestBytesSent) at most, "
        + "whatever the context.\(bound)"
    case .ring:
      let hop = workload.cacheBytes(tokens: workload.shard(ofRank: 0, of: ranks))
      return "ring: every rank passes shards of up to \(hop) on, \(outcome.figures.largestBytesSent) in all, and the "
        + "step lasts as long as the slowest hop times their number.\(bound)"
    case .allGather:
      return "all-gather: every rank collects the whole cache and then reads all of it.\(bound)"
    case .single:
      return "single: one device reads the whole cache and sends nothing.\(bound)"
    }
  }

  /// How the two of the paper compare, beside what the paper claims.
  private func verdict(tree: StepOutcome, ring: StepOutcome) -> String {
    let ratio = ring.figures.makespan / tree.figures.makespan
    let memory = ring.figures.peak.bytes / tree.figures.peak.bytes
    let speed =
      ratio >= 1
      ? "tree is \(Self.times(ratio)) as fast as ring" : "ring is \(Self.times(1 / ratio)) as fast as tree"
    let share = NumberText.format(100 / memory, significantDigits: 3)
    return "Simulated, for one layer: \(speed); tree's peak memory is \(share) % of ring's; tree sends "
      + "\(tree.figures.totalBytes) in all, ring \(ring.figures.totalBytes). The paper claims up to 8 times as fast, "
      + "half the peak memory, and fewer bytes, of whole models, where what both share dilutes the ratio."
  }

  private static func times(_ ratio: Double) -> String {
    NumberText.format(ratio, significantDigits: 3) + " times"
  }
}
