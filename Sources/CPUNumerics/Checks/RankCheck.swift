import Attention
import Collectives
import Programs
import Quantities
import Simulation
import Workloads

/// Checks that every algorithm computes attention, and moves and keeps the bytes that the simulator says, when each of its
/// ranks is a process of its own: what ``AttentionCheck`` does in one process, over a ``RankTransport``.
///
///     let check = RankCheck(seed: 1, ranks: transport.worldSize, tokens: 61, batch: 1)
///     let gathered = try transport.gather(try check.findings(over: transport))
///     if transport.rank == 0 { check.residuals(gathered) }
///
/// Every program runs with its collectives as its own messages, in the order of its simulation, because a peak depends on
/// the order; and each that all-reduces once more with the library's all-reduce in place of those. By messages a rank's
/// output must be that of the same program executed in one process, to the bit. Outputs are compared with plain attention
/// in double precision over the stored numbers, with ``RankErrorBound``: of the query tokens that the rank holds, which may
/// be none.
public struct RankCheck: Sendable {
  /// Chooses the numbers.
  public let seed: UInt64
  /// The number of ranks.
  public let ranks: Int
  /// The tokens of each sequence; a full prefill has at most ``mostPrefillTokens``.
  public let tokens: Int
  /// The query tokens of a chunk of a prefill; as many as ``tokens`` where these are fewer.
  public let queryTokens: Int
  /// The sequences of a batch.
  public let batch: Int
  /// What the library's call is named in the table, such as "MPI_Allreduce".
  public let libraryCall: String

  /// Describes a check; every number is at least 1.
  public init(seed: UInt64, ranks: Int, tokens: Int, queryTokens: Int = 5, batch: Int, libraryCall: String) {
    self.queryTokens = min(queryTokens, tokens)
    self.seed = seed
    self.ranks = ranks
    self.tokens = tokens
    self.batch = batch
    self.libraryCall = libraryCall
  }

  /// What the command line must say to check the same again.
  public var reproduction: String {
    "mpirun -np \(ranks) treeline check attention --mpi --seed \(seed) --tokens \(tokens) "
      + "--query-tokens \(queryTokens) --batch \(batch)"
  }

  /// How many programs each rank executes, over all shapes.
  public var programCount: Int { cases.count * entries.count }

  /// Runs this rank's part of the check.
  ///
  /// - Parameters:
  ///   - transport: Joins it with the other ranks, which all call this.
  ///   - progress: Is told what comes next and how many programs are done.
  /// - Returns: Three numbers a row of the table, a residual, its bound and where it is; then the bytes and messages sent
  ///   and the bytes that the library reduced.
  /// - Throws: ``ExecutionError``, `SimulationError` or what the transport throws.
  public func findings(
    over transport: some RankTransport, progress: (String, Int) -> Void = { _, _ in }
  ) throws -> [Double] {
    var rows = names.map { Finding(name: $0) }
    let before = transport.traffic
    let accounts = entries.count
    var done = 0
    for (place, check) in cases.enumerated() {
      let input = Input(check, seed: seed, place: place)
      for (row, entry) in entries.enumerated() {
        progress("\(entry.name), \(check.name)", done)
        let index = Double(row * cases.count + place)
        let seen = try run(entry, input, transport)
        rows[row].see(
          seen.distance, within: input.bound.output(ranks: ranks, folds: entry.algorithm is RingAttention), at: index)
        for (offset, distance) in seen.accounts.enumerated() {
          if let distance { rows[accounts + offset].see(distance, within: 0, at: index) }
        }
        done += 1
      }
    }
    let moved = transport.traffic - before
    return rows.flatMap { [$0.value, $0.bound, $0.place] }
      + [Double(moved.sent.count), Double(moved.messagesSent), Double(moved.reduced.count)]
  }

  /// What all ranks together asked their transport for, from the ``findings(over:progress:)`` of all.
  public func traffic(_ findings: [[Double]]) -> RankTraffic {
    findings.reduce(into: RankTraffic()) { sum, numbers in
      let own = numbers.suffix(3).map { Int64($0) }
      sum.sent += Bytes(own[0])
      sum.messagesSent += Int(own[1])
      sum.reduced += Bytes(own[2])
    }
  }

  /// The table, from the ``findings(over:progress:)`` of all ranks.
  public func residuals(_ findings: [[Double]]) -> [Residual] {
    names.enumerated().map { row, name in
      var worst = WorstResidual(name, source: sources[row], reproduction: reproduction)
      for (rank, numbers) in findings.enumerated() where numbers[3 * row + 2] >= 0 {
        worst.see(numbers[3 * row], within: numbers[3 * row + 1], at: place(numbers[3 * row + 2], row, rank))
      }
      return worst.row
    }
  }

  /// Where a number was found: an index over entries and cases, as a number that a transport can carry.
  private func place(_ index: Double, _ row: Int, _ rank: Int) -> String {
    let (entry, check) = Int(index).quotientAndRemainder(dividingBy: cases.count)
    let place = "\(cases[check].name), rank \(rank)"
    return row < entries.count ? place : "\(entries[entry].name), \(place)"
  }

  private struct Finding {
    let name: String
    private(set) var value = 0.0
    private(set) var bound = 0.0
    /// -1 as long as nothing has been seen.
    private(set) var place = -1.0

    init(name: String) { self.name = name }

    mutating func see(_ value: Double, within bound: Double, at place: Double) {
      func ratio(_ value: Double, _ bound: Double) -> Double {
        Residual(name: name, value: value, bound: bound, source: "", reproduction: "").ratio
      }
      guard self.place < 0 || ratio(value, bound) > ratio(self.value, self.bound) else { return }
      (self.value, self.bound, self.place) = (value, bound, place)
    }
  }
}
