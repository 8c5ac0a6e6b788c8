import Experiments
import Quantities

extension ReproductionSection {
  /// Speed-ups.
  init(_ title: String, _ outcome: SpeedUpOutcome) {
    self.init(title: title)
    let figure = outcome.figure
    blocks.append(
      .text(
        "One layer of \(figure.model.model.name) on the first ranks of \(figure.topology.topology.name). Ring and tree are "
          + "Treeline's own; beside them the published code's, whose ring has the overhead of \(figure.fittedName)'s fit on "
          + "every hop and its bandwidth on \(figure.bandwidthLinks.joined(separator: ", ")). The last column gives both "
          + "algorithms the fixed cost that the published factor implies."))
    let fixed = outcome.claims.first?.fixedCost
    blocks.append(
      .table(
        columns: [
          "GPUs", "tokens", "tree (simulated)", "ring (simulated)", "ring (closed form)", "speed-up (simulated)",
          "published code (simulated)", "published",
          fixed.map { "with \(ReproductionWords.short($0)) in both (closed form)" } ?? "",
        ],
        rows: outcome.cells.map { cell in
          let published = figure.published.first { $0.ranks == cell.ranks && $0.tokens == cell.tokens }
          return [
            "\(cell.ranks)", ReproductionWords.tokens(cell.tokens), ReproductionWords.short(cell.tree),
            ReproductionWords.short(cell.ring), ReproductionWords.short(cell.ringByFormula),
            NumberText.format(cell.times, significantDigits: 3),
            NumberText.format(cell.publishedTimes, significantDigits: 3),
            published.map { NumberText.format($0.times, significantDigits: 3) } ?? "",
            fixed.map { NumberText.format(cell.times(with: $0), decimals: 2) } ?? "",
          ]
        }))
  }

  /// Peaks of memory.
  init(_ title: String, _ outcome: PeakMemoryOutcome) {
    self.init(title: title)
    let experiment = outcome.experiment
    blocks.append(
      .text(
        "\(ReproductionWords.tokens(experiment.tokens)) tokens on \(experiment.ranks) ranks of "
          + "\(experiment.topology.topology.name), by the simulator's ledger of buffers. The published gaps come without a "
          + "number of tokens: the last column is what each gap implies if it is a rank's K and V once."))
    blocks.append(
      .table(
        columns: [
          "width", "gap, published", "gap, simulated", "off", "gap, the paper's formulas (closed form)",
          "tree (simulated)", "ring (simulated)", "tokens implied (closed form)",
        ],
        rows: outcome.rows.map { row in
          [
            "\(row.published.width)", row.published.gap.description, row.gap.description,
            ReproductionWords.off(row.gap.baseUnits, from: row.published.gap.baseUnits),
            Bytes(Int64(row.gapByFormula.rounded())).description, row.tree.description, row.ring.description,
            NumberText.format(row.impliedTokens / 1000, significantDigits: 4) + "k",
          ]
        }))
    if let goal = PaperOutcome.peakMemory(outcome).goal {
      blocks.append(.text("Goal: \(ReproductionWords.goal(goal))"))
    }
  }

  /// What is sent.
  init(_ title: String, _ outcome: VolumeOutcome) {
    self.init(title: title)
    let experiment = outcome.experiment
    blocks.append(
      .text(
        "One layer of \(experiment.model.model.name) on \(experiment.topology.topology.name), partial results in bf16 and "
          + "all-reduces around a ring, as V_ring = 2btd·p and V_tree = 2(p-1)/p·(bd + 2b·n_h) count."))
    var rows: [[String]] = []
    for row in outcome.rows {
      let cell = "\(row.cell.ranks) GPUs, \(ReproductionWords.tokens(row.cell.tokens))"
      func bytes(_ value: Double) -> String { Bytes(Int64(value.rounded())).description }
      rows += [
        [
          "\(cell): V_ring", "one hop, all ranks", bytes(row.hopByFormula), bytes(row.hop),
          ReproductionWords.off(row.hop, from: row.hopByFormula),
        ],
        [
          "\(cell): V_tree", "a step, one rank", bytes(row.treeByFormula), row.treeOfRank.description,
          ReproductionWords.off(row.treeOfRank.baseUnits, from: row.treeByFormula),
        ],
        ["\(cell): ring", "a step, one rank", "", row.ringOfRank.description, ""],
        ["\(cell): ring", "a step, all ranks", "", row.ring.description, ""],
        ["\(cell): tree", "a step, all ranks", "", row.tree.description, ""],
      ]
    }
    blocks.append(.table(columns: ["volume", "basis", "paper (closed form)", "simulated", "off"], rows: rows))
    if let goal = PaperOutcome.volume(outcome).goal { blocks.append(.text("Goal: \(ReproductionWords.goal(goal))")) }
  }

  /// Local attention.
  init(_ title: String, _ outcome: LocalAttentionOutcome) {
    self.init(title: title)
    let experiment = outcome.experiment
    blocks.append(
      .text(
        "\(ReproductionWords.tokens(experiment.tokens)) tokens of \(experiment.model.model.name) on \(experiment.ranks) "
          + "ranks: \(ReproductionWords.tokens(outcome.tokensOfRank)) tokens a rank, \(outcome.bytes) of K and V to read."
      ))
    func row(_ name: String, _ time: Seconds, _ rate: BytesPerSecond?, _ label: String) -> [String] {
      [
        name, ReproductionWords.short(time), rate.map { ReproductionWords.short($0) + label } ?? "",
        rate.map { NumberText.format($0 / outcome.bandwidth, significantDigits: 3) } ?? "",
      ]
    }
    var rows = [
      row(
        "simulated, \(outcome.deviceName)", outcome.simulated,
        BytesPerSecond(outcome.bytes.baseUnits / outcome.simulated.seconds), "")
    ]
    for published in outcome.rows {
      rows.append(row("published", published.published.time, published.bandwidthOfTime, " (closed form)"))
      guard let faster = published.faster else { continue }
      rows.append(
        row("simulated with a memory as fast as that takes", faster, published.fasterBandwidth, " (assumed)"))
    }
    let columns = [
      "", "time", "K and V read at", "times the \(ReproductionWords.short(outcome.bandwidth)) of the data sheet",
    ]
    blocks.append(.table(columns: columns, rows: rows))
  }

  /// What came of an experiment.
  init(_ experiment: PaperExperiment, _ outcome: PaperOutcome) {
    let title = "\(experiment.name): \(experiment.title)"
    switch outcome {
    case .decodeTimes(let outcome): self.init(title, outcome)
    case .speedUp(let outcome): self.init(title, outcome)
    case .peakMemory(let outcome): self.init(title, outcome)
    case .volume(let outcome): self.init(title, outcome)
    case .localAttention(let outcome): self.init(title, outcome)
    }
    blocks.insert(.text("Published: \(experiment.source)."), at: 0)
  }
}
