import Experiments
import Quantities
import Simulation
import Workloads

/// Sentences that say why the algorithms of a comparison differ, with the figures that show it.
struct StepExplanation {
  let outcomes: [StepOutcome]
  let workload: AttentionWorkload
  let ranks: Int

  var sentences: [String] {
    var sentences = outcomes.map(sentence)
    if ranks > 1, let tree = outcomes.first(where: { $0.choice == .tree }),
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
    case .tree where !workload.isDecode:
      return
        "tree: every rank has all queries, attends to its own shard where it lies and sends "
        + "\(outcome.figures.largestBytesSent) at most, by the number of queries and whatever the context.\(bound)"
    case .ring where !workload.isDecode:
      return
        "ring: \(hops(of: outcome)); every rank attends with its own queries to what of each shard they see.\(bound)"
    case .allGather where !workload.isDecode:
      return
        "all-gather: every rank collects the whole cache and attends with its own queries to what they see.\(bound)"
    case .single where !workload.isDecode:
      return "single: one device attends to everything and sends nothing.\(bound)"
    case .tree:
      return
        "tree: every rank reads its own shard where it lies and sends \(outcome.figures.largestBytesSent) at most, "
        + "whatever the context.\(bound)"
    case .ring:
      return "ring: \(hops(of: outcome)), and the step lasts as long as the slowest hop times their number.\(bound)"
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
    return "Simulated\(basis), for one layer: \(speed); tree's peak memory is \(share) % of ring's; tree sends "
      + "\(tree.figures.totalBytes) in all, ring \(ring.figures.totalBytes)."
      + claim(tree: tree, ring: ring, ratio: ratio)
  }

  /// What the figures of the comparison are of, where a scenario is met.
  private var basis: String {
    guard let scenario = outcomes.first?.scenario else { return "" }
    return " under the scenario" + (scenario.spread.count > 1 ? " at p50" : "")
  }

  /// What the paper's claim of a factor of 8 would take, where the simulation finds more.
  private func claim(tree: StepOutcome, ring: StepOutcome, ratio: Double) -> String {
    guard workload.isDecode, ratio > Self.claimedRatio, let link = ring.figures.busiestLink else { return "" }
    // What one link must carry bounds the step from below, whatever the schedule.
    let bound = ring.figures.makespan * link.utilization
    return
      " The paper (arXiv 2408.04093) reports up to 8 times. A ring whose hops each take one way can't be faster here than "
      + "its busiest link, which needs \(bound) for its bytes (several rings over all NICs of a node could share them), so a factor of 8 would mean a tree step of \(bound * (1 / Self.claimedRatio)) or "
      + "more: time that nothing in this model accounts for, such as that of hosts and frameworks."
  }

  /// The paper's "up to 8x" (abstract).
  private static let claimedRatio = 8.0

  /// The hops of a ring with what each carries, and how long that takes at the rate of the busiest link.
  private func hops(of outcome: StepOutcome) -> String {
    let count = outcome.options.hasPrefix("p hops") ? ranks : ranks - 1
    let layout = outcome.options.contains(TokenLayout.zigzag.rawValue) ? TokenLayout.zigzag : .contiguous
    let shard = layout.largestShare(of: workload.tokens, among: ranks)
    let shape = outcome.options.contains("query heads") ? workload.shape.expanded : workload.shape
    var rotating = workload
    rotating.shape = shape
    let bytes = rotating.cacheBytes(tokens: shard)
    guard let link = outcome.figures.busiestLink, link.utilization > 0 else { return "nothing to pass on" }
    let rate = BytesPerSecond(link.bytes.baseUnits / (link.utilization * outcome.figures.makespan.seconds))
    return "\(count) \(count == 1 ? "hop" : "hops") of up to \(bytes), each at least \(bytes / rate) at the "
      + "\(rate) of the busiest link"
  }

  private static func times(_ ratio: Double) -> String {
    NumberText.format(ratio, significantDigits: 3) + " times"
  }
}
