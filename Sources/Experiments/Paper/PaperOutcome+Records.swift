import Quantities
import ResultStore

extension PaperExperiment {
  /// The texts that the outcome was made from, each once.
  public var inputs: [InputRecord] {
    var inputs = [InputRecord(hash: hash, kind: "paper", name: name, text: text)]
    func add(_ topology: ResolvedTopology) {
      inputs.append(
        InputRecord(hash: topology.hash, kind: "topology", name: topology.topology.name, text: topology.text))
    }
    func add(_ model: ResolvedModel) {
      inputs.append(InputRecord(hash: model.hash, kind: "model", name: model.model.name, text: model.text))
    }
    switch subject {
    case .decodeTimes(let subject):
      add(subject.topology)
      add(subject.model)
    case .speedUp(let subject):
      add(subject.topology)
      add(subject.model)
      add(subject.fitted.topology)
      add(subject.fitted.model)
    case .peakMemory(let subject):
      add(subject.topology)
    case .volume(let subject):
      add(subject.topology)
      add(subject.model)
    case .localAttention(let subject):
      add(subject.topology)
      add(subject.model)
    }
    return inputs
  }

  /// An outcome as it is stored: every figure with its unit and where it comes from.
  public func record(_ outcome: PaperOutcome) -> ResultRecord {
    var metrics: [MetricRecord] =
      switch outcome {
      case .decodeTimes(let outcome): outcome.metrics
      case .speedUp(let outcome): outcome.metrics
      case .peakMemory(let outcome): outcome.metrics
      case .volume(let outcome): outcome.metrics
      case .localAttention(let outcome): outcome.metrics
      }
    if let goal = outcome.goal {
      metrics.append(
        MetricRecord(
          name: "worst difference, of the goal", value: .real(goal.worst), unit: "", provenance: .simulated))
    }
    return ResultRecord(label: name, algorithm: "reproduction", options: "sha256=\(hash)", metrics: metrics)
  }
}

extension MetricRecord {
  fileprivate static func number(_ name: String, _ scope: String, _ value: Double, _ provenance: Provenance) -> Self {
    MetricRecord(name: name, scope: scope, value: .real(value), unit: "", provenance: provenance)
  }
}

extension DecodeTimesOutcome {
  fileprivate var metrics: [MetricRecord] {
    func time(_ name: String, _ scope: String, _ value: Seconds, _ provenance: Provenance) -> MetricRecord {
      MetricRecord(name: name, scope: scope, value: value, provenance: provenance)
    }
    func rate(_ name: String, _ value: Double, _ provenance: Provenance) -> MetricRecord {
      MetricRecord(name: name, value: .real(value), unit: "B/s", provenance: provenance)
    }
    var metrics = [
      time("hop overhead", "", fit.overhead, .fitted),
      time("hop overhead", "before the fit", Seconds(experiment.overhead.median), .assumed),
      MetricRecord.number("deviation of log hop overhead", "", fit.overheadSigma, .fitted),
      rate("hop bandwidth", fit.bandwidth.bytesPerSecond, .fitted),
      MetricRecord(
        name: "hop bandwidth", scope: "before the fit", value: .real(experiment.bandwidth.median), unit: "B/s",
        provenance: .assumed),
      MetricRecord.number("deviation of log hop bandwidth", "", fit.bandwidthSigma, .fitted),
      MetricRecord(
        name: "link bandwidth", scope: "as described", value: .real(describedBandwidth.bytesPerSecond), unit: "B/s",
        provenance: .assumed),
    ]
    for row in rows {
      let scope = "\(row.tokens) tokens"
      let name = "ring minus tree, a layer and step"
      if let times = row.published, let difference = published(row), let error = standardError(row) {
        metrics += [
          time("time, tree", scope, times.tree.value, .published),
          time("standard error, tree", scope, times.tree.error, .published),
          time("time, ring", scope, times.ring.value, .published),
          time("standard error, ring", scope, times.ring.error, .published),
          time(name, scope, difference, .published),
          time("standard error of ring minus tree", scope, error, .published),
        ]
      }
      metrics += [
        time(name, scope, row.difference, .simulated), time(name, scope, row.hopsAlone, .closedForm),
        time("deviation of ring minus tree", scope, row.deviation, .fitted),
        time("ring, a layer and step", scope, row.ring, .simulated),
        time("tree, a layer and step", scope, row.tree, .simulated),
        time("broadcast and barrier of the tree", scope, row.synchronisation, .simulated),
        time("ring minus tree, all layers and steps", scope, total(row), .simulated),
      ]
      if let leftOut = row.leftOut { metrics.append(time(name, scope + ", this row left out", leftOut, .fitted)) }
      metrics += [
        time(name, scope + ", priors twice as wide", row.widerPriors, .fitted),
        time(name, scope + ", links as described", row.asDescribed, .simulated),
        time(name, scope + ", KV heads sent", row.keyValueHeads, .simulated),
        time(name, scope + ", by default", row.byDefault, .simulated),
      ]
      if let allWays = row.allWays { metrics.append(time(name, scope + ", all paths", allWays, .simulated)) }
    }
    return metrics
  }
}

extension SpeedUpOutcome {
  fileprivate var metrics: [MetricRecord] {
    var metrics: [MetricRecord] = []
    func time(_ name: String, _ scope: String, _ value: Seconds, _ provenance: Provenance = .simulated) {
      metrics.append(MetricRecord(name: name, scope: scope, value: value, provenance: provenance))
    }
    for cell in cells {
      let scope = "\(cell.ranks) GPUs, \(cell.tokens) tokens"
      time("step time, tree", scope, cell.tree)
      time("step time, ring", scope, cell.ring)
      time("step time, ring", scope, cell.ringByFormula, .closedForm)
      time("step time, published code's tree", scope, cell.publishedTree)
      time("step time, published code's ring", scope, cell.publishedRing)
      metrics.append(.number("speed-up", scope, cell.times, .simulated))
      metrics.append(.number("speed-up of the published code", scope, cell.publishedTimes, .simulated))
      if let claim = claims.first, claim.fixedCost > .zero {
        metrics.append(
          .number("speed-up", scope + ", with the implied fixed cost", cell.times(with: claim.fixedCost), .closedForm))
      }
    }
    for claim in claims {
      let scope = "\(claim.cell.ranks) GPUs, \(claim.cell.tokens) tokens"
      metrics.append(.number("speed-up", scope, claim.published.times, .published))
      time("implied fixed cost", scope, claim.fixedCost)
      metrics.append(.number("speed-up", scope + ", every rank delayed", claim.delayedTimes, .simulated))
      time("step time, ring", scope + ", all ways between nodes", claim.manyRings)
      time("implied fixed cost", scope + ", all ways between nodes", claim.manyRingsFixedCost)
    }
    time("layer and step at most", "table of \(figure.fittedName)", mostPerLayer, .published)
    return metrics
  }
}

extension PeakMemoryOutcome {
  fileprivate var metrics: [MetricRecord] {
    rows.flatMap { row in
      let scope = "width \(row.published.width)"
      func bytes(_ name: String, _ scope: String, _ value: Bytes, _ provenance: Provenance = .simulated) -> MetricRecord
      {
        MetricRecord(name: name, scope: scope, value: value, provenance: provenance)
      }
      let layers = scope + ", \(experiment.layers) layer(s)"
      return [
        bytes("gap of peaks", scope, row.published.gap, .published), bytes("gap of peaks", scope, row.gap),
        MetricRecord(
          name: "gap of peaks", scope: scope, value: .real(row.gapByFormula), unit: "B", provenance: .closedForm),
        bytes("peak memory, tree", scope, row.tree), bytes("peak memory, ring", scope, row.ring),
        bytes("memory needed, tree", layers, row.treeOfLayers), bytes("memory needed, ring", layers, row.ringOfLayers),
        .number("tree over ring", scope, row.share, .simulated),
        .number("tree over ring", scope + ", buffers without the cache", row.shareOfBuffers, .simulated),
        .number("tree over ring", layers, row.shareOfLayers, .simulated),
        .number("tokens that the gap implies", scope, row.impliedTokens, .closedForm),
      ]
    }
  }
}

extension VolumeOutcome {
  fileprivate var metrics: [MetricRecord] {
    rows.flatMap { row in
      let scope = "\(row.cell.ranks) GPUs, \(row.cell.tokens) tokens"
      func bytes(_ name: String, _ basis: String, _ value: Double, _ provenance: Provenance) -> MetricRecord {
        MetricRecord(name: name, scope: "\(scope), \(basis)", value: .real(value), unit: "B", provenance: provenance)
      }
      func count(_ name: String, _ basis: String, _ value: Bytes) -> MetricRecord {
        MetricRecord(name: name, scope: "\(scope), \(basis)", value: value, provenance: .simulated)
      }
      return [
        bytes("volume, ring", "one hop, all ranks", row.hopByFormula, .closedForm),
        bytes("volume, ring", "one hop, all ranks", row.hop, .simulated),
        count("volume, ring", "a step, one rank", row.ringOfRank), count("volume, ring", "a step, all ranks", row.ring),
        bytes("volume, tree", "a step, one rank", row.treeByFormula, .closedForm),
        count("volume, tree", "a step, one rank", row.treeOfRank), count("volume, tree", "a step, all ranks", row.tree),
        .number("ring over tree", scope + ", as the paper states them", row.quotientAsStated, .closedForm),
        .number("ring over tree", scope + ", a step, one rank", row.quotientPerRank, .simulated),
      ]
    }
  }
}

extension LocalAttentionOutcome {
  fileprivate var metrics: [MetricRecord] {
    let scope = "\(tokensOfRank) tokens of a rank"
    var metrics = [
      MetricRecord(name: "local attention", scope: scope, value: simulated, provenance: .simulated),
      MetricRecord(
        name: "memory bandwidth", scope: deviceName, value: .real(bandwidth.bytesPerSecond), unit: "B/s",
        provenance: .dataSheet),
    ]
    for (number, row) in rows.enumerated() {
      let claim = scope + (rows.count > 1 ? ", claim \(number + 1)" : "")
      metrics += [
        MetricRecord(name: "local attention", scope: claim, value: row.published.time, provenance: .published),
        MetricRecord(
          name: "memory bandwidth that the published time takes", scope: claim,
          value: .real(row.bandwidthOfTime.bytesPerSecond), unit: "B/s", provenance: .closedForm),
      ]
      if let faster = row.faster, let rate = row.fasterBandwidth {
        metrics += [
          MetricRecord(
            name: "local attention", scope: claim + ", faster memory", value: faster, provenance: .simulated),
          MetricRecord(
            name: "memory bandwidth", scope: claim + ", faster memory", value: .real(rate.bytesPerSecond), unit: "B/s",
            provenance: .assumed),
        ]
      }
    }
    return metrics
  }
}
