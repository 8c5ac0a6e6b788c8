import Attention
import Collectives
import Experiments
import Quantities
import Scenarios
import Simulation
import Topologies
import Workloads

/// A comparison of algorithms on one step, for a terminal.
public struct StepReport: Sendable {
  private let topology: Topology
  let model: ModelShape
  private let workload: AttentionWorkload
  private let ranks: Int
  private let options: StepOptions
  let outcomes: [StepOutcome]
  private let overrides: [String]
  /// What every step met; nil for nothing.
  let scenario: Scenario?
  /// How attention kernels were timed; nil for rooflines.
  let kernels: KernelTiming?
  /// How exchanges were timed as NCCL runs them; nil where that was not asked for.
  let collectives: CollectiveTiming?

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - experiment: What was asked.
  ///   - model: The model.
  ///   - outcomes: What each algorithm came to, in the order of the columns.
  ///   - overrides: The fields that were overridden, as they stood on the command line.
  public init(
    experiment: StepExperiment, model: ModelShape, outcomes: [StepOutcome], overrides: [String] = []
  ) {
    self.overrides = overrides
    topology = experiment.topology
    self.model = model
    workload = experiment.workload
    ranks = experiment.ranks
    options = experiment.options
    self.outcomes = outcomes
    scenario = experiment.scenario
    kernels = experiment.kernels
    collectives = experiment.collectives
  }

  /// The whole report, line by line, at most 100 columns wide.
  public var lines: [String] {
    heading + [""] + table.lines + scenarioNotes + kernelNotes + collectiveNotes + [""] + explanation + [""]
      + paperLines + selectionLines
  }

  // MARK: What was asked

  private var heading: [String] {
    let shape = workload.shape
    let heads =
      shape.valuesShareKeys
      ? "\(shape.queryHeads) query heads on a latent cache of \(shape.cacheElementsPerToken) elements a token"
      : "\(shape.queryHeads) query heads, \(shape.kvHeads) KV heads, head dim \(shape.keyDim)"
    let layouts = workload.isDecode ? [.contiguous] : [TokenLayout.contiguous, options.layout]
    let longest = layouts.map { $0.largestShare(of: workload.tokens, among: ranks) }.max() ?? 0
    let cache = workload.cacheBytes(tokens: workload.tokens)
    let shard = workload.cacheBytes(tokens: longest)
    let pairs = [
      ("Cluster", "\(topology.name): \(topology.summary)".replacing("\n", with: " ")),
      (
        "Ranks",
        "\(ranks) of \(topology.deviceCount) devices in \(Self.count(topology.ranksByNode(first: ranks).count, "node"))"
      ),
      (
        "Model",
        "\(model.name): \(heads), \(Self.count(model.layers, "layer")), \(workload.type.rawValue), batch \(workload.batch)"
      ),
      (
        "Context",
        "\(TokenCount(workload.tokens)) tokens, at most \(TokenCount(longest)) a rank; KV cache of a layer \(cache), \(shard) a rank"
          + StepWords(workload: workload).queries
      ),
    ]
    let changes = overrides.isEmpty ? [] : [("Set", overrides.joined(separator: ", "))]
    return (pairs + changes + kernelHeading + collectiveHeading + scenarioHeading).flatMap { name, text in
      TextTable.wrap(text, TextTable.widest - 10).enumerated().map { index, line in
        (index == 0 ? name : "").padded(to: 10) + line
      }
    }
  }

  // MARK: The comparison

  private var title: String {
    let text = StepWords(workload: workload).stepOfOneLayer
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  /// What one layer's time is multiplied to: of a decode step a token's.
  var allLayersName: String {
    workload.isDecode ? "time per token, \(model.layers) layers" : "time of \(model.layers) layers"
  }

  private var table: TextTable {
    var table = TextTable(columns: [title] + outcomes.map(\.name))
    table.add(["options"] + outcomes.map(\.options))
    table.addRule()
    if scenario == nil { addTimes(to: &table) } else { addScenarioTimes(to: &table) }
    table.addHeading("critical path of the step")
    for part in CriticalPath.Part.allCases {
      row(&table, "  \(part.rawValue)") { outcome in
        let path = outcome.figures.criticalPath
        guard path.time(part) > .zero else { return "-" }
        return "\(path.time(part)) \(Self.share(of: part, path))"
      }
    }
    row(&table, "  bound by") { outcome in
      outcome.figures.criticalPath.rankedResources.first?.resource.description ?? "nothing"
    }
    table.addHeading("bytes sent (equal to the closed form unless shown)")
    row(&table, "  by the busiest rank") { Self.checked($0.figures.largestBytesSent, $0.closedForm.largestBytesSent) }
    row(&table, "  by all ranks") { Self.checked($0.figures.totalBytes, $0.closedForm.totalBytes) }
    for (index, traffic) in (outcomes.first?.figures.trafficByClass ?? []).enumerated() {
      row(&table, "  on \(traffic.linkClass) links (\(traffic.tier.rawValue))") {
        let bytes = $0.figures.trafficByClass[index].bytes
        return bytes > .zero ? bytes.description : "-"
      }
    }
    row(&table, "  busiest link") { $0.figures.busiestLink.map { $0.name } ?? "-" }
    row(&table, "    its bytes, share of the step busy") {
      $0.figures.busiestLink.map { "\($0.bytes), \(NumberText.format(100 * $0.utilization, significantDigits: 3)) %" }
        ?? "-"
    }
    addMemory(to: &table)
    return table
  }

  private func addTimes(to table: inout TextTable) {
    row(&table, "step time, simulated") { $0.figures.makespan.description }
    row(&table, "  closed form, slowest wire for all") { $0.closedForm.time.description }
    row(&table, "  simulated over closed form") { Self.percent($0.timeDifference) }
    addComparison(to: &table)
    addKernelTimes(to: &table)
    addCollectiveTimes(to: &table)
    if model.layers > 1 {
      row(&table, "\(allLayersName), simulated") { $0.allLayersTime.description }
      row(&table, "  of it fixed: launches, latency") { ($0.figures.fixedCost * Double(model.layers)).description }
    }
  }

  /// How the algorithms compare, by the step times that are told first.
  func addComparison(to table: inout TextTable) {
    guard let fastest = outcomes.map(\.figures.makespan).min(), outcomes.count > 1 else { return }
    row(&table, "  times the fastest") { NumberText.format($0.figures.makespan / fastest, significantDigits: 4) }
  }

  private func addMemory(to table: inout TextTable) {
    table.addHeading("peak memory of a device, one layer (equal to the closed form unless shown)")
    row(&table, "  highest peak") { Self.checked($0.figures.peak.bytes, $0.closedForm.largestPeak) }
    row(&table, "    on rank, at") { "\($0.figures.peak.rank), \($0.figures.peak.moment)" }
    var labels: [String] = []
    for outcome in outcomes {
      for (label, _) in outcome.figures.peak.breakdown where !labels.contains(label) { labels.append(label) }
    }
    for label in labels {
      row(&table, "    \(label)") { outcome in
        outcome.figures.peak.breakdown.first(where: { $0.label == label })?.bytes.description ?? "-"
      }
    }
    row(&table, "  KV cache and buffers, \(Self.count(model.layers, "layer")), of") {
      "\($0.fit.needed) of \($0.fit.capacity)"
    }
    row(&table, "  fits, weights not counted") { $0.fit.fits ? "yes" : "NO, \($0.fit.excess) too much" }
    if let parameters = model.parameters {
      let weights = Bytes(Int64(parameters)) * workload.type.size
      row(&table, "    weights of the whole model, \(workload.type.rawValue)") { _ in weights.description }
    }
    if outcomes.contains(where: { !$0.fit.fits }) {
      row(&table, "  fewest such devices that hold it") { outcome in
        if outcome.fit.fits { return "" }
        guard outcome.choice != .single else { return "use tree or ring" }
        return outcome.fit.smallestRanks.map { "\($0)" } ?? "no number of them"
      }
    }
  }

  func row(_ table: inout TextTable, _ name: String, _ cell: (StepOutcome) -> String) {
    table.add([name] + outcomes.map(cell))
  }

  /// The simulated value, with the closed form beside it when they differ, which they never should.
  private static func checked(_ simulated: Bytes, _ formula: Bytes) -> String {
    simulated == formula ? simulated.description : "\(simulated) (closed form \(formula))"
  }

  /// "1 layer", "32 layers".
  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  static func percent(_ difference: Double) -> String {
    guard abs(difference) >= 5e-6 else { return "equal" }
    return (difference > 0 ? "+" : "") + NumberText.format(100 * difference, significantDigits: 3) + " %"
  }

  /// The share of a part of a critical path: in whole per cent that sum up to 100, but for parts that need more digits.
  private static func share(of part: CriticalPath.Part, _ path: CriticalPath) -> String {
    let parts = CriticalPath.Part.allCases.filter { path.time($0) > .zero }
    let shares = parts.map { path.time($0) / path.total }
    func needsDigits(_ share: Double) -> Bool { share >= 0.9995 || share < 0.0995 }
    guard let index = parts.firstIndex(of: part) else { return "" }
    let text =
      shares.contains(where: needsDigits)
      ? NumberText.format(100 * shares[index], decimals: needsDigits(shares[index]) ? 1 : 0)
      : "\(WholeShares.percents(shares)[index])"
    return "(\(text)%)"
  }

  // MARK: Why

  private var explanation: [String] {
    StepExplanation(outcomes: outcomes, workload: workload, ranks: ranks).sentences
      .flatMap { TextTable.wrap($0, TextTable.widest) }
  }

  // MARK: The paper

  /// The paper's formulas, which are of one query of each sequence.
  private var paperLines: [String] {
    guard workload.isDecode else {
      return TextTable.wrap(
        "The paper's formulas (arXiv 2408.04093) count one query token of each sequence, and are left out here.",
        TextTable.widest)
    }
    return paperTable.lines + paperNotes
  }

  private var paperTable: TextTable {
    let paper = PaperFormulas(workload: workload, ranks: ranks)
    func bytes(_ value: Double) -> String { Bytes(Int64(min(value, 9e18).rounded())).description }
    var table = TextTable(columns: ["The paper's formulas (arXiv 2408.04093), closed form", "per rank", "all ranks"])
    let hops = outcomes.first(where: { $0.choice == .ring }).map { $0.options.hasPrefix("p hops") ? ranks : ranks - 1 }
    table.add(["memory, ring: 4btd + 2bd", bytes(paper.ringMemory), ""])
    table.add(["memory, tree: 2btd + 2bd + 2b·n_h", bytes(paper.treeMemory), ""])
    table.add([
      "volume, ring, one hop: 2btd; V_ring = 2btd·p", bytes(paper.ringHopPerRank), bytes(paper.ringHopAllRanks) + " *",
    ])
    if let hops, hops > 0 {
      table.add([
        "volume, ring, \(Self.count(hops, "hop"))", bytes(paper.ringStepPerRank(hops: hops)),
        bytes(paper.ringStepAllRanks(hops: hops)),
      ])
    }
    table.add([
      "volume, tree: V_tree = 2(p-1)/p·(bd + 2b·n_h)", bytes(paper.treeStepPerRank) + " *",
      bytes(paper.treeStepAllRanks),
    ])
    return table
  }

  /// What the letters of the formulas stand for, and where this model is not the paper's.
  private var paperNotes: [String] {
    let shape = workload.shape
    var text =
      "* the basis that the paper states; compare within a column. b sequences, t = N/p tokens a rank, d = n_h·d_h, "
      + "elements of \(workload.type.size) B."
    let paperElements = 2 * shape.outputElements
    if shape.cacheElementsPerToken != paperElements {
      let times = Double(paperElements) / Double(shape.cacheElementsPerToken)
      text +=
        " The paper keeps K and V for every query head; this model's cache is "
        + "\(NumberText.format(times, significantDigits: 3)) times smaller, and so is what it moves."
    }
    return TextTable.wrap(text, TextTable.widest)
  }

  // MARK: Collectives that were chosen

  private var selectionLines: [String] {
    let chosen = outcomes.filter { !$0.selections.isEmpty }
    guard !chosen.isEmpty, ranks > 1 else { return [] }
    return ["", "Collectives chosen by the cost model (--collective auto):"]
      + chosen.flatMap { outcome in
        outcome.selections.flatMap { SelectionReport(name: $0.name, selection: $0.selection).lines }
      }
  }
}

extension String {
  /// The text with spaces up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
