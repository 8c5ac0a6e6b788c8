import ArgumentParser
import CPUNumerics
import Experiments
import Foundation
import Quantities
import Reporting
import ResultStore

/// `treeline check precision`: what fewer bits cost, by the number of ranks.
struct CheckPrecision: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "precision",
    abstract: "Measure what storing and adding in fewer bits costs, by ranks, context, type and order.",
    usage: "treeline check precision [<options>]",
    discussion: """
      Executes ring decoding and tree decoding (over a binary tree, and one-shot) with every number rounded where a \
      device rounds it: fp32, bf16, fp16, and fp8 e4m3 and e5m2 with a scale for 128 numbers; partial results in fp32 or \
      as narrow as the outputs. The exit code is 70 when an error is past what rounding can make of it.

      EXAMPLES
        treeline check precision
        treeline check precision --ranks 1,8,64 --tokens 1024,16384 --seeds 2
        treeline check precision --plot precision.vl.json
      """)

  @Option(help: "Seed of the first drawing of random numbers; the others follow it.")
  var seed: UInt64 = 1

  @Option(help: "Drawings of random numbers; figures are medians over them.")
  var seeds: Int = 3

  @Option(help: "Numbers of ranks; a list.")
  var ranks: String = "1,2,4,8,16,32"

  @Option(help: "Cached tokens; a list.")
  var tokens: String = "1024"

  @Option(help: ArgumentHelp("Write the curves as a Vega-Lite picture.", valueName: "file"))
  var plot: String?

  @OptionGroup var jobs: JobOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let grid = try grid()
      let jobs = try jobs.count()
      let database = try storage.open()
      let outcomes = try outcomes(of: grid, jobs: jobs)
      let curves = grid.curves(of: outcomes)
      if let plot { try write(try PrecisionPlot(grid: grid, curves: curves).json(), to: plot) }
      let run = RunRecord(
        createdAt: Environment.timestamp, command: CommandText.arguments, treelineVersion: Version.text, seed: seed,
        kind: "check")
      let number = try database?.save(run: run, inputs: [], results: [record(grid, curves)])
      if json {
        try Output.write(JSONText.encode(PrecisionDocument(number: number, seed: seed, grid: grid, curves: curves)))
      } else {
        try Output.write(PrecisionReport(grid: grid, curves: curves, reproduction: reproduction).lines)
        try Output.write(storage.closingLines([number].compactMap { $0 }))
      }
      if let failure = CheckFailure(residuals(curves)) { throw failure }
    }
  }

  private var reproduction: String {
    "treeline check precision --seed \(seed) --seeds \(seeds) --ranks \(ranks) --tokens \(tokens)"
  }

  private func grid() throws -> PrecisionGrid {
    guard (1...100).contains(seeds) else { throw UsageError("--seeds: found \(seeds), expected 1 to 100") }
    guard seed <= UInt64.max - 100 else { throw UsageError("--seed: found \(seed), expected at most 2^64 - 101") }
    let ranks = try CommaList.integers(self.ranks, option: "--ranks", in: 1...256)
    let tokens = try CommaList.integers(self.tokens, option: "--tokens", in: 1...1_000_000)
    for count in tokens where count < (ranks.max() ?? 1) {
      throw UsageError(
        """
        --tokens: found \(count), fewer than the \(ranks.max() ?? 1) ranks of --ranks; expected at least a token a rank: \
        ranks without tokens add no rounding, so a curve over ranks would go on past the ranks that compute (treeline \
        check attention covers them)
        """)
    }
    let work = Double(ranks.reduce(0, +)) * Double(tokens.reduce(0, +)) * Double(seeds)
    guard work <= 1e8 else {
      throw UsageError(
        "--ranks, --tokens and --seeds: a ring executes ranks x tokens, \(Int(work)) in all; expected at most 1e8")
    }
    return PrecisionGrid(
      ranks: ranks.sorted(), tokens: tokens, seeds: (0..<UInt64(seeds)).map { seed + $0 })
  }

  private func outcomes(of grid: PrecisionGrid, jobs: Int) throws -> [PrecisionStudy.Outcome] {
    let cases = grid.cases
    let study = PrecisionStudy()
    var progress = Progress(total: cases.count, of: "cases")
    defer { progress.finish() }
    var outcomes: [PrecisionStudy.Outcome] = []
    // In batches, so that progress is told from one thread.
    for start in stride(from: 0, to: cases.count, by: 4 * jobs) {
      let batch = Array(cases[start..<min(start + 4 * jobs, cases.count)])
      outcomes += try Parallel(jobs: jobs).map(batch.count) { try study.run(batch[$0]) }
      progress.update(done: outcomes.count)
    }
    return outcomes
  }

  private func residuals(_ curves: [PrecisionGrid.Curve]) -> [Residual] {
    curves.map { curve in
      Residual(
        name: "\(curve.line.kind.name), \(curve.line.order.rawValue)", place: "\(curve.line.tokens) tokens",
        value: curve.worstOverBound, bound: 1, source: "rounding of every stored number", reproduction: reproduction)
    }
  }

  private func record(_ grid: PrecisionGrid, _ curves: [PrecisionGrid.Curve]) -> ResultRecord {
    var metrics: [MetricRecord] = []
    for curve in curves {
      let scope = "\(curve.line.tokens) tokens, \(curve.line.kind.name), \(curve.line.order.rawValue)"
      func add(_ name: String, _ scope: String, _ value: Double) {
        metrics.append(MetricRecord(name: name, scope: scope, value: .real(value), unit: "", provenance: .computed))
      }
      for (count, error) in zip(grid.ranks, curve.errors) {
        add("arithmetic error", "\(scope), \(count) rank(s)", error)
      }
      add("storage error", scope, curve.storage)
      add("error over bound", scope, curve.worstOverBound)
      if let exponent = curve.exponent { add("growth with ranks", scope, exponent) }
    }
    return ResultRecord(label: "precision", algorithm: "precision", options: "seeds=\(seeds)", metrics: metrics)
  }

  private func write(_ text: String, to path: String) throws {
    do {
      try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw PlotError(path: path, reason: error.localizedDescription)
    }
  }
}

/// A picture could not be written.
struct PlotError: Error, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String { "--plot \(path): can't write: \(reason)" }
}
