import Measurements
import Quantities
import ResultStore

/// What `treeline measure` stored, as measurements to import elsewhere.
public enum MeasuredRuns {
  /// Reads the runs of a database: times of attention kernels, and of all other kernels as figures. What an emulation gave
  /// is no measurement, and is among the bad rows.
  ///
  /// - Parameters:
  ///   - database: The database.
  ///   - name: What messages call it.
  /// - Throws: `ResultStoreError`; `MeasurementError` where nothing was measured on a device.
  public static func read(_ database: ResultDatabase, name: String) throws -> MeasurementFile {
    var (rows, emulated) = (0, 0)
    var measurements: [Measurement] = []
    var issues: [ImportIssue] = []
    for summary in try database.runs().reversed() where summary.run.kind == "measure" {
      let run = try database.run(summary.id)
      let gpu = run.inputs.first { $0.kind == "machine" }?.name ?? ""
      for result in run.results where result.metrics.contains(where: { $0.name == "time" }) {
        rows += 1
        func refuse(_ problem: String) {
          issues.append(
            ImportIssue(line: 0, kind: .bad, problem: "run \(summary.id), result '\(result.label)': \(problem)"))
        }
        guard let time = result.metrics.first(where: { $0.name == "time" && $0.scope.isEmpty }) else {
          refuse("found no median time, expected one")
          continue
        }
        guard time.provenance == .measured else {
          emulated += 1
          refuse("its time is \(time.provenance.rawValue), which is no measurement; expected one of a device")
          continue
        }
        guard time.value.real > 0, !gpu.isEmpty else {
          refuse("found a time of \(time.value) on '\(gpu)', expected one above zero on a named device")
          continue
        }
        measurements += Self.measurements(result, Seconds(time.value.real), gpu: gpu, run: summary)
      }
    }
    guard !measurements.isEmpty else {
      throw MeasurementError(
        file: name,
        rows == 0
          ? "found no run of `treeline measure kernel`, expected at least one"
          : "none of its \(rows) measurements can be used, \(emulated) because they come from an emulation; expected "
            + "those of a device")
    }
    return MeasurementFile(
      name: name, format: .treeline, software: "Treeline", rowCount: rows, measurements: measurements, issues: issues)
  }

  private static func measurements(_ result: ResultRecord, _ time: Seconds, gpu: String, run: RunSummary)
    -> [Measurement]
  {
    let origin = "run \(run.id) of \(run.run.createdAt)"
    let options = self.options(result.options)
    // A full prefill computes what no causal kernel does, and is a figure of its own.
    if let kernel = kernel(result, options, time, gpu: gpu, run: run), options["causal"] != "false" {
      return [.kernel(kernel)]
    }
    var figures = [
      MeasuredFigure(
        line: 0, origin: origin, kind: .kernel, subject: gpu, name: "\(result.label), time", scope: result.options,
        value: time.seconds, unit: "s")
    ]
    if let rate = result.metrics.first(where: { $0.name == "rate" && $0.provenance == .measured }) {
      figures.append(
        MeasuredFigure(
          line: 0, origin: origin, kind: .kernel, subject: gpu, name: "\(result.label), rate", scope: result.options,
          value: rate.value.real, unit: rate.unit))
    }
    return figures.map { .figure($0) }
  }

  private static func kernel(
    _ result: ResultRecord, _ options: [String: String], _ time: Seconds, gpu: String, run: RunSummary
  ) -> KernelTime? {
    func integer(_ name: String) -> Int? { options[name].flatMap { Int($0) } }
    guard let type = options["type"], let heads = integer("heads"), let kvHeads = integer("kv-heads"),
      let dim = integer("head-dim"), let batch = integer("batch"), let tokens = integer("tokens")
    else { return nil }
    return KernelTime(
      line: 0, gpu: gpu, software: "Treeline \(run.run.treelineVersion), \(result.algorithm)", dtype: type,
      batch: batch,
      queryHeads: heads, kvHeads: kvHeads, headDim: dim, window: 0, queryTokens: integer("queries") ?? 1,
      contextTokens: tokens, time: time)
  }

  /// The words `name=value` of a canonical text, up to the description of the machine.
  private static func options(_ text: String) -> [String: String] {
    var options: [String: String] = [:]
    for word in text.prefix(while: { $0 != ";" }).split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { options[String(parts[0])] = String(parts[1]) }
    }
    return options
  }

  /// A text of all that was read: equal for equal measurements.
  public static func canonicalText(_ file: MeasurementFile) -> String {
    file.measurements.map { "\($0)" }.joined(separator: "\n")
  }
}
