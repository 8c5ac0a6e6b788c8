import Experiments
import Quantities

extension ReproductionSection {
  /// Times of decoding.
  init(_ title: String, _ outcome: DecodeTimesOutcome) {
    self.init(title: title)
    let experiment = outcome.experiment
    blocks.append(
      .text(
        "Of \(experiment.ranks) ranks of \(experiment.topology.topology.name); \(experiment.model.model.name), "
          + "\(experiment.layers) layers. Published are the times of the prefill and \(experiment.steps) decode steps; the "
          + "prefill is the same in both, so (ring - tree) / \(experiment.steps) / \(experiment.layers) is one layer's "
          + "attention in one step. Simulated is the published code: K and V at all query heads, fp32 partials in three "
          + "all-reduces after a broadcast and a barrier, a ring of \(experiment.hops) hop(s) without overlap. What the host "
          + "costs both alike is gone in the difference."))
    blocks.append(parameters(outcome))
    blocks.append(rows(outcome))
    blocks.append(.text(remarks(outcome)))
    blocks.append(predictions(outcome))
    blocks.append(
      .text(
        "± is one standard deviation of what the fitted parameters leave open (fitted); that of a measurement comes on "
          + "top. 'Wider priors': twice the deviations, which shows how much the priors decide. 'Links as described': the same code with the topology's own links; 'KV heads': nothing repeated before "
          + "it is sent; 'defaults': Treeline's own ring and tree, with overlap and KV heads."))
  }

  private func remarks(_ outcome: DecodeTimesOutcome) -> String {
    let rows = outcome.rows.filter { $0.published != nil }
    let tree = rows.map { ($0.tree + $0.synchronisation) / $0.difference }.max() ?? 0
    let errors = rows.compactMap { row in
      outcome.published(row).flatMap { published in outcome.standardError(row).map { Percent.text($0 / published) } }
    }
    let goal = PaperOutcome.decodeTimes(outcome).goal.map { "Goal: \(ReproductionWords.goal($0)) " } ?? ""
    return goal + "The published standard errors are \(errors.joined(separator: " and ")) of the differences. The "
      + "tree's step, broadcast and barrier included, is at most \(Percent.text(tree)) of one (simulated): what its "
      + "collectives take can't be told from these rows."
  }

  private func parameters(_ outcome: DecodeTimesOutcome) -> Block {
    let (experiment, fit) = (outcome.experiment, outcome.fit)
    func sigma(_ value: Double) -> String { NumberText.format(value, decimals: 2) }
    return .table(
      columns: ["what the ring gets, all lengths", "fitted", "sd of log", "before (assumed)", "link as described"],
      rows: [
        [
          "overhead of a hop, o", ReproductionWords.short(fit.overhead), sigma(fit.overheadSigma),
          "\(ReproductionWords.short(Seconds(experiment.overhead.median))), sd \(sigma(experiment.overhead.sigma))", "",
        ],
        [
          "bandwidth of its bytes, B", ReproductionWords.short(fit.bandwidth), sigma(fit.bandwidthSigma),
          "\(ReproductionWords.short(BytesPerSecond(experiment.bandwidth.median))), sd "
            + sigma(experiment.bandwidth.sigma),
          ReproductionWords.short(outcome.describedBandwidth),
        ],
      ])
  }

  private func rows(_ outcome: DecodeTimesOutcome) -> Block {
    .table(
      columns: [
        "tokens", "hop", "published, ms", "simulated, ms", "off", "of its s.e.", "row left out, ms (fitted)",
        "(p-1)(o + hop/B), ms (closed form)",
      ],
      rows: outcome.rows.compactMap { row in
        guard let published = outcome.published(row), let error = outcome.standardError(row) else { return nil }
        return [
          ReproductionWords.tokens(row.tokens), row.hopBytes.description,
          "\(ReproductionWords.milliseconds(published)) ± \(ReproductionWords.milliseconds(error))",
          ReproductionWords.milliseconds(row.difference),
          ReproductionWords.off(row.difference.seconds, from: published.seconds),
          NumberText.format((row.difference - published) / error, decimals: 2),
          row.leftOut.map { left in
            "\(ReproductionWords.milliseconds(left)), \(ReproductionWords.off(left.seconds, from: published.seconds))"
          } ?? "", ReproductionWords.milliseconds(row.hopsAlone),
        ]
      })
  }

  private func predictions(_ outcome: DecodeTimesOutcome) -> Block {
    let hasWays = outcome.rows.contains { $0.allWays != nil }
    let count = outcome.experiment.ways?.count ?? 1
    let columns = [
      "tokens (simulated)", "ring - tree, ms a layer and step", "from wider priors, ms (fitted)",
      "all layers and steps", "links as described, ms", "KV heads, ms", "defaults, ms",
    ]
    return .table(
      columns: columns + (hasWays ? ["over \(count) paths, ms"] : []),
      rows: outcome.rows.map { row in
        [
          ReproductionWords.tokens(row.tokens),
          "\(ReproductionWords.milliseconds(row.difference)) ± \(ReproductionWords.milliseconds(row.deviation))",
          ReproductionWords.milliseconds(row.widerPriors), outcome.total(row).formatted(significantDigits: 3),
          ReproductionWords.milliseconds(row.asDescribed),
          ReproductionWords.milliseconds(row.keyValueHeads), ReproductionWords.milliseconds(row.byDefault),
        ] + (row.allWays.map { [ReproductionWords.milliseconds($0)] } ?? [])
      })
  }
}
