import ArgumentParser
import CPUNumerics
import MPIRanks

extension CheckAttention {
  /// The most ranks that a check has, in one process or over MPI.
  static let mostRanks = 64

  /// Runs the check as one rank among those that mpirun has started; rank 0 reports and stores.
  func checkOverMPI() throws {
    let transport = try MPITransport(timeout: mpi.limit)
    guard transport.worldSize <= Self.mostRanks else {
      try transport.finish()
      guard transport.rank == 0 else { throw ExitCode.usage }
      throw UsageError("--mpi: found \(transport.worldSize) ranks, expected 1 to \(Self.mostRanks)")
    }
    let check = RankCheck(
      seed: seed, ranks: transport.worldSize, tokens: tokens, queryTokens: queryTokens, batch: batch,
      libraryCall: "MPI_Allreduce")
    let findings = try transport.endingAllRanks {
      var progress = Progress(total: check.programCount, of: "programs")
      let own = try check.findings(over: transport) { name, done in
        transport.program = name
        if transport.rank == 0 { progress.update(done: done) }
      }
      progress.finish()
      transport.program = "the results"
      let all = try transport.gather(own)
      try transport.finish()
      return all
    }
    guard transport.rank == 0 else { return }
    if transport.worldSize == 1 {
      CommandFailure.warn("--mpi: one rank alone, so that no message was sent; start it with mpirun -np N")
    }
    let residuals = check.residuals(findings)
    let records = CheckRecords(
      name: "attention", options: "mpi ranks=\(transport.worldSize) query-tokens=\(queryTokens) batch=\(batch)",
      seed: seed,
      tokens: tokens,
      residuals: residuals)
    let ranks = transport.worldSize == 1 ? "1 rank" : "\(transport.worldSize) ranks"
    let traffic = check.traffic(findings)
    let title = """
      Attention over \(transport.library): \(ranks), seed \(seed), tokens \(tokens), batch \(batch). MPI was asked for \
      \(traffic.messagesSent) messages of \(traffic.sent) in all, and for all-reduces of \(traffic.reduced).
      """
    try records.report(title, asJSON: json, to: storage.open(), storage)
  }
}
