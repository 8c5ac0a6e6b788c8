import ArgumentParser
import Quantities
import Reporting
import Simulation

/// What trace is written of a simulation.
struct TraceOptions: ParsableArguments {
  @Option(
    name: .customLong("trace"),
    help: ArgumentHelp(
      "Write a timeline for ui.perfetto.dev or chrome://tracing: every algorithm in one file, gzip if named .gz.",
      valueName: "file"))
  var path: String?

  @Option(
    name: .customLong("trace-ranks"),
    help: ArgumentHelp("Ranks to show in the timeline, such as 0-7,12 (default: all).", valueName: "ranks"))
  var ranks: String?

  /// Starts the trace; nil when none is wanted.
  func open(for plan: SimulationPlan) throws -> RankedTrace? {
    let shown = try ranks.map { try TraceRanks(parsing: $0) } ?? .all
    guard let path else {
      guard ranks == nil else { throw UsageError("--trace-ranks needs --trace") }
      return nil
    }
    guard let worldSize = plan.rankCounts.first, plan.rankCounts.count == 1 else {
      throw UsageError("--trace shows one step; give one --tokens and one --gpus")
    }
    try shown.validate(worldSize: worldSize)
    return RankedTrace(file: try TraceFile(path: path), ranks: shown)
  }

  /// Says what was written, and how to see less when it is more than viewers like.
  func closingLines(_ summary: TraceFile.Summary) -> [String] {
    let size =
      summary.fileBytes == summary.jsonBytes
      ? "\(Bytes(summary.fileBytes))" : "\(Bytes(summary.fileBytes)) (\(Bytes(summary.jsonBytes)) unpacked)"
    let path = PrintableText.line(summary.path)
    var lines = ["", "Trace: \(path), \(size); open it in https://ui.perfetto.dev or chrome://tracing"]
    if summary.jsonBytes > Self.comfortableBytes {
      lines.append("Viewers are slow with that much; --trace-ranks 0-7 shows fewer ranks.")
    }
    return lines
  }

  /// Chrome's viewer reads a trace as one string, which its engine limits to 512 MB.
  private static let comfortableBytes: Int64 = 500_000_000
}

/// A trace under way, and the ranks that it shows.
struct RankedTrace {
  let file: TraceFile
  let ranks: TraceRanks

  /// Adds a run.
  func add(_ run: SimulationRun, named name: String) throws(TraceError) {
    try file.add(run, named: name, ranks: ranks)
  }

  /// Completes the file.
  func finish() throws(TraceError) -> TraceFile.Summary { try file.finish() }
}
