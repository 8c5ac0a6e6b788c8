import Experiments
import Quantities

/// What does not add up in a paper, claim by claim, with what it would take for each claim to hold, from outcomes alone.
enum ReproductionDoubts {
  /// The paragraphs of an experiment.
  static func texts(_ experiment: PaperExperiment, _ outcome: PaperOutcome) -> [String] {
    switch outcome {
    case .decodeTimes(let outcome): decodeTimes(experiment.name, outcome)
    case .speedUp(let outcome): outcome.claims.flatMap { speedUp($0, outcome) }
    case .peakMemory(let outcome): peakMemory(outcome)
    case .volume(let outcome): volume(outcome)
    case .localAttention(let outcome): outcome.rows.map { localAttention($0, outcome) }
    }
  }

  private static func decodeTimes(_ name: String, _ outcome: DecodeTimesOutcome) -> [String] {
    let (experiment, fit) = (outcome.experiment, outcome.fit)
    guard let row = outcome.rows.first(where: { $0.published != nil }) else { return [] }
    let words = ReproductionWords.self
    let device = experiment.topology.topology.name
    let length = "\(words.tokens(row.tokens)) tokens"
    let ratio = outcome.describedBandwidth / fit.bandwidth
    let rest =
      ratio > 1.3
      ? "\(words.times(ratio)) as much. What takes the rest is not known: work on each block between hops, or "
        + "copies through a host. " : "much the same. "
    var texts = [
      "The ring on \(device) gets \(words.short(fit.bandwidth)) for its bytes (fitted), the link as described "
        + "\(words.short(outcome.describedBandwidth)): "
        + rest
        + "With the link as described ring minus tree at \(length) would be \(words.short(row.asDescribed)) and not "
        + "\(words.short(row.difference)) (simulated)."
        + (row.allWays.map { all in
          " With its bytes on all \(experiment.ways?.count ?? 1) paths at once, on what is fitted, \(words.short(all))."
        } ?? ""),
      "The published code repeats K and V to every query head before it sends them. On \(device) at \(length), a ring that "
        + "sends KV heads is \(words.short(row.keyValueHeads)) behind the tree and not \(words.short(row.difference)), "
        + "\(NumberText.format(row.keyValueHeads / row.difference, decimals: 2)) of it; with Treeline's defaults "
        + "\(words.short(row.byDefault)) (all simulated).",
    ]
    if fit.overheadSigma > 0.9 * experiment.overhead.sigma {
      texts.append(
        "The overhead of a hop on \(device) is hardly measured by the published rows: the deviation of its logarithm is "
          + "\(NumberText.format(fit.overheadSigma, decimals: 2)) after the fit and "
          + "\(NumberText.format(experiment.overhead.sigma, decimals: 2)) before.")
    }
    return texts
  }

  private static func speedUp(_ claim: SpeedUpOutcome.Claim, _ outcome: SpeedUpOutcome) -> [String] {
    let words = ReproductionWords.self
    let cell = claim.cell
    let factor = NumberText.format(claim.published.times, significantDigits: 3)
    let place = "\(cell.ranks) GPUs and \(words.tokens(cell.tokens)) tokens"
    let ways = outcome.figure.ways
    var text =
      "\"\(factor) times\" at \(place): simulated, a ring without fixed costs needs \(words.short(cell.ring)), of which the "
      + "busiest link needs \(words.short(cell.ringLeast)) for the bytes alone, and the tree \(words.short(cell.tree)): "
      + "\(words.times(cell.times)); as the published code does it, \(words.times(cell.publishedTimes)). "
    guard claim.fixedCost > .zero else {
      text += "The published factor is the larger, so no cost that both pay explains it."
      return [text]
    }
    text +=
      "\(factor) holds if both pay \(words.short(claim.fixedCost)) besides: with every rank delayed by so much, the "
      + "simulator gives \(words.short(claim.delayedRing)) and \(words.short(claim.delayedTree)), "
      + "\(words.times(claim.delayedTimes)). "
    if outcome.mostPerLayer > .zero {
      text +=
        "That is \(words.times(claim.fixedCost / outcome.mostPerLayer)) the \(words.short(outcome.mostPerLayer)) that a layer "
        + "of a step can have taken at most in the paper's own table (\(outcome.figure.fittedName), prefill included): what "
        + "was timed here must be more than attention."
    }
    let rings =
      "A ring uses one way between nodes. With its bytes on \(ways.count) at once (the bandwidth of "
      + "\(ways.links.joined(separator: ", ")) times \(ways.count), simulated) it needs \(words.short(claim.manyRings)) at "
      + "\(place), \(words.times(claim.manyRings / cell.tree)) the tree's; a factor of \(factor) would then imply a fixed "
      + "cost of \(words.short(claim.manyRingsFixedCost))."
    return [text, rings]
  }

  private static func peakMemory(_ outcome: PeakMemoryOutcome) -> [String] {
    guard let row = outcome.rows.first else { return [] }
    let layers = outcome.experiment.layers
    return [
      "\"Half the memory\" holds for one layer's K and V with the buffer that the next arrive in: simulated at width "
        + "\(row.published.width), the tree's peak is \(Percent.text(row.share)) of the ring's. The cache itself is a "
        + "rank's share in both: with the caches of \(layers) layers the tree needs "
        + "\(row.treeOfLayers) and the ring \(row.ringOfLayers), \(Percent.text(row.shareOfLayers)). Of what is no cache, "
        + "buffers and states alone, the tree needs \(Percent.text(row.shareOfBuffers)) of the ring's.",
      "The gaps imply "
        + outcome.rows.map {
          "\(NumberText.format($0.impliedTokens / 1000, significantDigits: 4))k tokens at \($0.published.width)"
        }
        .joined(separator: " and ")
        + " (closed form): the published gaps come without a number of tokens.",
    ]
  }

  private static func volume(_ outcome: VolumeOutcome) -> [String] {
    guard let row = outcome.rows.last else { return [] }
    let words = ReproductionWords.self
    return [
      "V_ring is what all ranks send in one hop, V_tree what one rank sends in a step: their quotient, "
        + "\(words.times(row.quotientAsStated)) at \(row.cell.ranks) GPUs and \(words.tokens(row.cell.tokens)) tokens (closed "
        + "form), is not one of like with like. A rank sends \(words.times(row.quotientPerRank)) as much in a step with the "
        + "ring as with the tree (simulated): the \(row.hops) hops that V_ring leaves out and the \(row.cell.ranks) ranks "
        + "that it counts nearly cancel."
    ]
  }

  private static func localAttention(_ row: LocalAttentionOutcome.Row, _ outcome: LocalAttentionOutcome) -> String {
    let words = ReproductionWords.self
    let tokens = words.tokens(outcome.experiment.tokens)
    var text =
      "\"\(words.short(row.published.time))\" of local attention for \(tokens) tokens on \(outcome.experiment.ranks) GPUs: "
      + "\(outcome.bytes) of K and V in that time is \(words.short(row.bandwidthOfTime)), "
      + "\(words.times(outcome.times(row))) the memory bandwidth of \(outcome.deviceName). Simulated it takes "
      + "\(words.short(outcome.simulated)). "
    if let faster = row.faster, let rate = row.fasterBandwidth {
      text += "With a memory of \(words.short(rate)) the simulator gives \(words.short(faster)). "
    }
    return text
      + "The published figure is of the order of a launch (\(words.short(outcome.launch)) here), as a timer gives that does "
      + "not wait for the device."
  }
}
