import ArgumentParser
import CPUNumerics

/// `treeline check program`: every program audited, and wrong ones caught.
struct CheckProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "program",
    abstract: "Check that every program is right in any order, and that wrong programs are caught.",
    usage: "treeline check program [<options>]",
    discussion: """
      Audits the programs that the simulator times, without a number and whatever order they run in: ends of messages, \
      lives of buffers, races, that each query token of each rank's output has every token that the mask lets it see once, \
      and that kernels attend to the tokens that they say; to decode, for a chunk of a prefill and for a full one, with and \
      without a causal mask. Then changes programs at random (skips keys, drops a message, mistakes positions, ...) and counts the mutants that neither the audit nor execution with \
      real numbers catches. The exit code is 70 when a fault is found or a mutant escapes. A mutant is a wrong program: \
      looked at alone with --mutant, it ends with 70 when it is caught.

      EXAMPLES
        treeline check program
        treeline check program --seed 7 --ranks 2,3,16 --tokens 200 --query-tokens 64 --mutations 100
        treeline check program --mutant 37
      """)

  @Option(help: "Seed of the mutants, of the random numbers and of the orders.")
  var seed: UInt64 = 1

  @Option(help: "Numbers of ranks; a list.")
  var ranks: String = "1,2,3,5,8"

  @Option(help: "Tokens of each sequence; with mutants at least one a rank.")
  var tokens: Int = 61

  @Option(help: "Query tokens of the chunk of a prefill; all where there are fewer tokens.")
  var queryTokens: Int = 5

  @Option(name: .shortAndLong, help: "Sequences in the batch.")
  var batch: Int = 1

  @Option(help: "Mutants of each kind; 0 for audits alone.")
  var mutations: Int = 25

  @Option(help: ArgumentHelp("Make this mutant alone and print what is found, from 0.", valueName: "number"))
  var mutant: Int?

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let check = try check()
      let database = try storage.open()
      let outcome = try outcome(of: check)
      let records = CheckRecords(
        name: "program", options: "ranks=\(ranks) query-tokens=\(queryTokens) batch=\(batch) mutations=\(mutations)",
        seed: seed, tokens: tokens, residuals: outcome.residuals)
      let title =
        "Programs by audit and mutation: seed \(seed), ranks \(ranks), tokens \(tokens), batch \(batch), "
        + "\(mutations) mutants of each kind"
      try records.report(title, notes: outcome.notes, asJSON: json, to: database, storage)
    }
  }

  private func outcome(of check: ProgramCheck) throws -> ProgramCheck.Outcome {
    if let mutant {
      guard let outcome = check.report(onMutant: mutant) else {
        throw UsageError("--mutant: no program of --ranks \(ranks) has a place for mutant \(mutant)")
      }
      return outcome
    }
    var progress = Progress(total: check.count, of: "programs and mutants")
    defer { progress.finish() }
    return check.outcome { progress.update(done: $0) }
  }

  private func check() throws -> ProgramCheck {
    let ranks = try CommaList.integers(self.ranks, option: "--ranks", in: 1...64)
    for (option, value, range) in [
      ("--tokens", tokens, 1...10_000), ("--query-tokens", queryTokens, 1...10_000), ("--batch", batch, 1...64),
      ("--mutations", mutations, 0...10_000),
      ("--mutant", mutant ?? 0, 0...1_000_000_000),
    ] where !range.contains(value) {
      throw UsageError("\(option): found \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    let most = ranks.max() ?? 1
    guard tokens >= most || (mutations == 0 && mutant == nil) else {
      throw UsageError(
        """
        --tokens: found \(tokens), expected at least a token a rank, \(most), so that every mutant is wrong; \
        --mutations 0 audits with fewer
        """)
    }
    return ProgramCheck(
      seed: seed, ranks: ranks, tokens: tokens, queryTokens: queryTokens, batch: batch, mutations: mutations)
  }
}
