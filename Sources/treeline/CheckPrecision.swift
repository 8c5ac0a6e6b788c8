import ArgumentParser
import CPUNumerics
import Experiments
import Quantities
import Reporting
import ResultStore
import Workloads

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
        treeline check precision --tokens 131072 --seeds 1 --heads 1
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

  @Option(help: "Heads, each with its keys and values of 64 elements.")
  var heads: Int = 4

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
      if let plot {
        try OutputFile(option: "--plot", path: plot).write(try PrecisionPlot(grid: grid, curves: curves).json() + "\n")
      }
      let number = try database?.save(
        run: .ofCommand(kind: "check", seed: seed), inputs: [], results: [record(grid, curves)])
      if json {
        try Output.write(JSONText.encode(PrecisionDocument(number: number, seed: seed, grid: grid, curves: curves)))
      } else {
        try Output.write(PrecisionReport(grid: grid, curves: curves, reproduction: reproduction).lines)
        try Output.write(storage.closingLines([number].compactMap { $0 }))
      }
      if let failure = CheckFailure(residuals(curves)) { throw failure }
    }
  }

  /// The most work that is taken on, so that a slip of a digit does not run for days: at the 4 µs that a unit of it took on
  /// the two cores of an AMD EPYC, default and `--tokens 1048576 --heads 1` alike, about an hour on them.
  private static let mostWork = 1.5e9

  private var reproduction: String {
    "treeline check precision --seed \(seed) --seeds \(seeds) --ranks \(CommandText.quoted(ranks)) "
      + "--tokens \(CommandText.quoted(tokens))"
      + (heads == 4 ? "" : " --heads \(heads)")
  }

  private func grid() throws -> PrecisionGrid {
    guard (1...100).contains(seeds) else { throw UsageError("--seeds: found \(seeds), expected 1 to 100") }
    guard seed <= UInt64.max - 100 else { throw UsageError("--seed: found \(seed), expected at most 2^64 - 101") }
    guard (1...64).contains(heads) else { throw UsageError("--heads: found \(heads), expected 1 to 64") }
    let ranks = try CommaList.integers(self.ranks, option: "--ranks", in: 1...256)
    let tokens = try CommaList.integers(self.tokens, option: "--tokens", in: 1...1 << 22)
    for count in tokens where count < (ranks.max() ?? 1) {
      throw UsageError(
        """
        --tokens: found \(count), fewer than the \(ranks.max() ?? 1) ranks of --ranks; expected at least a token a rank: \
        ranks without tokens add no rounding, so a curve over ranks would go on past the ranks that compute (treeline \
        check attention covers them)
        """)
    }
    let work = Double(ranks.reduce(0, +)) * Double(tokens.reduce(0, +)) * Double(seeds) * Double(heads)
    guard work <= Self.mostWork else {
      throw UsageError(
        """
        --ranks, --tokens, --seeds and --heads: a ring executes ranks x tokens x heads, \(Int(work)) in all; expected at \
        most \(Int(Self.mostWork))
        """)
    }
    // A rank keeps its shard and two more that pass through.
    guard let longest = tokens.max(), longest * heads <= 1 << 22 else {
      throw UsageError(
        """
        --tokens and --heads: found \(tokens.max() ?? 0) tokens of \(heads) heads; expected at most \(1 << 22) in all: each \
        thread keeps four copies of their keys and values, of 512 B a token and head
        """)
    }
    return PrecisionGrid(
      ranks: ranks.sorted(), tokens: tokens, seeds: (0..<UInt64(seeds)).map { seed + $0 })
  }

  private func outcomes(of grid: PrecisionGrid, jobs: Int) throws -> [PrecisionStudy.Outcome] {
    let cases = grid.cases
    let study = PrecisionStudy(shape: AttentionShape(queryHeads: heads, kvHeads: heads, keyDim: 64))
    let progress = SharedProgress(total: cases.count, of: "cases")
    defer { progress.finish() }
    var outcomes: [Int: PrecisionStudy.Outcome] = [:]
    // What is drawn, stored and computed exactly once serves every case that shares it, and goes before the next is made.
    for tokens in grid.tokens {
      for seed in grid.seeds {
        let drawing = study.draw(tokens: tokens, seed: seed, jobs: jobs)
        for format in CacheFormat.allCases {
          let own = cases.indices.filter {
            cases[$0].tokens == tokens && cases[$0].seed == seed && cases[$0].format == format
          }
          guard !own.isEmpty else { continue }
          let stored = study.store(drawing, as: format, jobs: jobs)
          let found = try Parallel(jobs: jobs).map(own.count) { index in
            defer { progress.advance() }
            return try study.run(cases[own[index]], on: stored)
          }
          for (index, outcome) in zip(own, found) { outcomes[index] = outcome }
        }
      }
    }
    return cases.indices.compactMap { outcomes[$0] }
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
    return ResultRecord(
      label: "precision", algorithm: "precision", options: "seeds=\(seeds) heads=\(heads)", metrics: metrics)
  }
}
