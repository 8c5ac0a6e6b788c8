import Quantities
import ResultStore
import Simulation

extension StepOutcome {
  /// The outcome as it is stored: every figure with its unit and provenance.
  ///
  public func record() -> ResultRecord {
    ResultRecord(
      label: name, algorithm: name, options: options, status: fit.fits ? .ok : .doesNotFit,
      metrics: timeMetrics + byteMetrics + linkMetrics + memoryMetrics + selectionMetrics)
  }

  /// The scope of figures of the cluster as described, where others are of a scenario.
  private static let clean = "without the scenario"

  private var timeMetrics: [MetricRecord] {
    var metrics = [MetricRecord(name: MetricRecord.stepTimeName, value: figures.makespan, provenance: .simulated)]
    metrics += scenarioMetrics
    metrics += kernelMetrics + collectiveMetrics
    metrics += [
      // A closed form is never of a scenario, and is not to be set beside one by mistake.
      MetricRecord(
        name: MetricRecord.stepTimeName, scope: scenario == nil ? "" : Self.clean, value: closedForm.time,
        provenance: .closedForm),
      MetricRecord(
        name: isDecode ? "token time" : "time of all layers", scope: "\(layers) layer(s)", value: allLayersTime,
        provenance: .simulated),
      MetricRecord(name: "fixed cost", scope: "per layer", value: figures.fixedCost, provenance: .simulated),
    ]
    for part in CriticalPath.Part.allCases {
      metrics.append(
        MetricRecord(
          name: "critical path", scope: part.rawValue, value: figures.time(part), provenance: .simulated))
    }
    for (resource, time) in figures.criticalPath.rankedResources {
      metrics.append(
        MetricRecord(
          name: "critical resource", scope: resource.description, value: time, provenance: .simulated))
    }
    return metrics
  }

  /// The step times of the replications, and that of the step without the scenario; of one replication there is no
  /// spread.
  private var scenarioMetrics: [MetricRecord] {
    guard let scenario else { return [] }
    func time(_ scope: String, _ value: Seconds) -> MetricRecord {
      MetricRecord(name: MetricRecord.stepTimeName, scope: scope, value: value, provenance: .simulated)
    }
    var metrics = [time(Self.clean, scenario.clean.makespan)]
    metrics.append(
      MetricRecord(
        name: "replications", value: .integer(Int64(scenario.spread.count)), unit: "", provenance: .simulated))
    guard scenario.spread.count > 1 else { return metrics }
    metrics += scenario.spread.summary.map { time($0.name, $0.time) }
    metrics.append(
      MetricRecord(
        name: "median replication", value: .integer(Int64(scenario.replication)), unit: "", provenance: .simulated))
    return metrics + scenario.spread.times.enumerated().map { time("replication \($0.offset)", $0.element) }
  }

  /// The kernels as the calibrated model has them, and what their intervals make of the step.
  private var kernelMetrics: [MetricRecord] {
    guard let kernels else { return [] }
    var metrics: [MetricRecord] = []
    for kernel in kernels.kernels {
      let prediction = kernel.prediction
      for (end, time) in [("", prediction.time), (", p10", prediction.low), (", p90", prediction.high)] {
        metrics.append(
          MetricRecord(name: "kernel time", scope: kernel.label + end, value: time, provenance: .fitted))
      }
    }
    metrics.append(
      MetricRecord(
        name: "extrapolated", scope: "reasons", value: .integer(Int64(kernels.extrapolations.count)), unit: "",
        provenance: .fitted))
    guard let spread = kernels.spread else { return metrics }
    metrics.append(
      MetricRecord(
        name: "replications", scope: "of kernel times", value: .integer(Int64(spread.count)), unit: "",
        provenance: .simulated))
    for percent in [10, 50, 90] {
      metrics.append(
        MetricRecord(
          name: MetricRecord.stepTimeName, scope: "p\(percent), kernel times drawn", value: spread.percentile(percent),
          provenance: .simulated))
    }
    return metrics
  }

  /// The step with its exchanges as NCCL runs them, and what the model says of each.
  private var collectiveMetrics: [MetricRecord] {
    guard let collectives else { return [] }
    let scope = "with NCCL's collectives"
    var metrics = [
      MetricRecord(name: MetricRecord.stepTimeName, scope: scope, value: collectives.time, provenance: .closedForm)
    ]
    for percent in [10, 50, 90] {
      guard let spread = collectives.spread else { break }
      metrics.append(
        MetricRecord(
          name: MetricRecord.stepTimeName, scope: "\(scope), p\(percent)", value: spread.percentile(percent),
          provenance: .closedForm))
    }
    for (place, exchange) in collectives.exchanges.enumerated() {
      let label = "\(exchange.call.collective.rawValue) of \(exchange.call.bytes), \(exchange.choice.title)"
      for (end, time) in [("", exchange.time), (", p10", exchange.low), (", p90", exchange.high)] {
        metrics.append(
          MetricRecord(name: "collective time", scope: label + end, value: time, provenance: .fitted))
      }
      metrics.append(
        MetricRecord(
          name: "collectives", scope: label, value: .integer(Int64(collectives.counts[place])), unit: "",
          provenance: .closedForm))
    }
    metrics.append(
      MetricRecord(
        name: "extrapolated", scope: "reasons, of collectives",
        value: .integer(Int64(collectives.extrapolations.count)), unit: "", provenance: .fitted))
    return metrics
  }

  /// What the cost model estimated for each candidate of each all-reduce that was left to choose.
  private var selectionMetrics: [MetricRecord] {
    selections.enumerated().flatMap { place, entry in
      entry.selection.table.compactMap { candidate in
        candidate.cost.map {
          MetricRecord(
            name: "collective estimate", scope: "\(place + 1), \(entry.name): \(candidate.algorithm)", value: $0.total,
            provenance: .closedForm)
        }
      }
    }
  }

  private var byteMetrics: [MetricRecord] {
    var metrics = [
      MetricRecord(name: "bytes sent", scope: "all ranks", value: figures.totalBytes, provenance: .simulated),
      MetricRecord(name: "bytes sent", scope: "all ranks", value: closedForm.totalBytes, provenance: .closedForm),
      MetricRecord(
        name: "bytes sent", scope: "largest rank", value: figures.largestBytesSent, provenance: .simulated),
      MetricRecord(
        name: "bytes sent", scope: "largest rank", value: closedForm.largestBytesSent, provenance: .closedForm),
      MetricRecord(
        name: "messages", value: .integer(Int64(figures.messages)), unit: "", provenance: .simulated),
    ]
    for (rank, bytes) in figures.bytesSentByRank.enumerated() {
      metrics.append(MetricRecord(name: "bytes sent", scope: "rank \(rank)", value: bytes, provenance: .simulated))
    }
    return metrics
  }

  private var linkMetrics: [MetricRecord] {
    var metrics: [MetricRecord] = []
    for row in figures.trafficByClass {
      let scope = "\(row.linkClass), \(row.tier.rawValue)"
      metrics += [
        MetricRecord(name: "link bytes", scope: scope, value: row.bytes, provenance: .simulated),
        MetricRecord(name: "busiest link bytes", scope: scope, value: row.busiestBytes, provenance: .simulated),
      ]
    }
    if let link = figures.busiestLink {
      metrics.append(
        MetricRecord(
          name: "link utilization", scope: link.name, value: .real(link.utilization), unit: "",
          provenance: .simulated))
    }
    return metrics
  }

  private var memoryMetrics: [MetricRecord] {
    var metrics = [
      MetricRecord(name: "peak memory", scope: "largest rank", value: figures.peak.bytes, provenance: .simulated),
      MetricRecord(
        name: "peak memory", scope: "largest rank", value: closedForm.largestPeak, provenance: .closedForm),
      MetricRecord(
        name: "peak moment", scope: "rank \(figures.peak.rank)", value: figures.peak.moment, provenance: .simulated),
      MetricRecord(
        name: "memory needed", scope: "\(layers) layer(s), rank \(fit.rank)", value: fit.needed, provenance: .simulated),
      MetricRecord(name: "memory capacity", scope: "rank \(fit.rank)", value: fit.capacity, provenance: .dataSheet),
    ]
    for (label, bytes) in figures.peak.breakdown {
      metrics.append(
        MetricRecord(name: "peak memory part", scope: label, value: bytes, provenance: .simulated))
    }
    for (rank, bytes) in figures.peakBytesByRank.enumerated() {
      metrics.append(MetricRecord(name: "peak memory", scope: "rank \(rank)", value: bytes, provenance: .simulated))
    }
    return metrics
  }
}
