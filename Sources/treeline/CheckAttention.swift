import ArgumentParser
import CPUNumerics
import MPIRanks

/// `treeline check attention`: every algorithm, executed with real numbers.
struct CheckAttention: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Check that every algorithm computes attention, and the bytes and memory that it is said to need.",
    usage: "treeline check attention [<options>]",
    discussion: """
      Executes the programs that the simulator times with real numbers, in an order drawn by chance: tree, ring, \
      all-gather and single with all their options and collectives, for MHA, GQA and MLA: to decode, for a chunk of a \
      prefill and for a full one, with and without a causal mask. Outputs are compared with plain \
      attention in double precision, bytes and peaks of every rank with the simulator's. The exit code is 70 when a \
      residual is past its bound.

      With --mpi each process that mpirun starts is one rank, with memory of its own: the programs run by real messages, \
      then with MPI_Allreduce under our operator in place of each all-reduce, and the bytes that MPI was asked to move are \
      compared with the simulator's: to decode, for a chunk of a causal prefill, and for a full one of at most 24 tokens. It needs a build with the package's trait MPI. Exit code 69: a rank did not answer.

      EXAMPLES
        treeline check attention
        treeline check attention --seed 7 --ranks 2,3,16 --tokens 200 --batch 2
        mpirun -np 8 treeline check attention --mpi
      """)

  @Option(help: "Seed of the random numbers and orders.")
  var seed: UInt64 = 1

  @Option(help: "Numbers of ranks; a list (default: \(Self.defaultRanks)).")
  var ranks: String?

  private static let defaultRanks = "1,2,3,5,8"

  @Option(help: "Tokens of each sequence; may be fewer than ranks.")
  var tokens: Int = 61

  @Option(help: "Query tokens of the chunk of a prefill; all where there are fewer tokens.")
  var queryTokens: Int = 5

  @Option(name: .shortAndLong, help: "Sequences in the batch.")
  var batch: Int = 1

  @OptionGroup var mpi: MPIOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      for (option, value, most) in [
        ("--tokens", tokens, 10_000), ("--query-tokens", queryTokens, 10_000), ("--batch", batch, 64),
      ]
      where !(1...most).contains(value) {
        throw UsageError("\(option): found \(value), expected 1 to \(most)")
      }
      if try mpi.isOn {
        guard self.ranks == nil else {
          throw UsageError("--ranks: not with --mpi, where every process that mpirun -np N starts is a rank")
        }
        return try checkOverMPI()
      }
      let list = self.ranks ?? Self.defaultRanks
      let ranks = try CommaList.integers(list, option: "--ranks", in: 1...64)
      let check = AttentionCheck(seed: seed, ranks: ranks, tokens: tokens, queryTokens: queryTokens, batch: batch)
      let database = try storage.open()
      var progress = Progress(total: check.programCount, of: "programs")
      let residuals = try check.residuals { progress.update(done: $0) }
      progress.finish()
      let records = CheckRecords(
        name: "attention", options: "ranks=\(list) query-tokens=\(queryTokens) batch=\(batch)", seed: seed,
        tokens: tokens,
        residuals: residuals)
      let title = "Attention by execution: seed \(seed), ranks \(list), tokens \(tokens), batch \(batch)"
      try records.report(title, asJSON: json, to: database, storage)
    }
  }
}
