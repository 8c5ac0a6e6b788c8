import Attention
import Programs
import Quantities
import Testing
import Workloads

@testable import CPUNumerics

/// The check of ranks that each have a memory of their own, with threads for processes.
@Suite struct RankCheckTests {
  private static func residuals(
    _ check: RankCheck, _ tamper: @escaping @Sendable (Int, [UInt8]) -> [UInt8] = { $1 }
  ) throws -> [Residual] {
    try check.residuals(findings(check, tamper))
  }

  private static func findings(
    _ check: RankCheck, _ tamper: @escaping @Sendable (Int, [UInt8]) -> [UInt8] = { $1 }
  ) throws -> [[Double]] {
    let results = LocalRanks(worldSize: check.ranks).run { transport in
      transport.tamper = { tamper(transport.rank, $0) }
      return try transport.gather(check.findings(over: transport))
    }
    // The error of the rank that saw it, not of one that waited for it.
    for case .failure(let error) in results where !(error is LocalRanks.NoAnswer) { throw error }
    return try results.map { try $0.get() }[0]
  }

  @Test(
    "Every algorithm is attention by messages and by a library's all-reduce",
    arguments: [(1, 9), (2, 3), (3, 31), (5, 4)])
  func everyAlgorithm(ranks: Int, tokens: Int) throws {
    let check = RankCheck(seed: 3, ranks: ranks, tokens: tokens, batch: 2, libraryCall: "a library")
    let findings = try Self.findings(check)
    let traffic = check.traffic(findings)
    #expect((traffic.sent > .zero) == (ranks > 1) && (traffic.reduced > .zero) == (ranks > 1))
    #expect(Int64(traffic.messagesSent) < traffic.sent.count || ranks == 1)
    let rows = check.residuals(findings)
    #expect(rows.count == (ranks == 1 ? 80 : 85))
    for row in rows { #expect(row.passes && !row.place.isEmpty, "\(row)") }
    // Not even rounding is found where no rounding was done.
    #expect(rows.contains { $0.value > 0 })
    #expect(Set(rows.map(\.reproduction)) == [check.reproduction])
  }

  @Test("A wrong bit in a message is found")
  func wrongBit() throws {
    let check = RankCheck(seed: 3, ranks: 2, tokens: 8, batch: 1, libraryCall: "a library")
    let rows = try Self.residuals(check) { rank, bytes in
      guard rank == 1, var first = bytes.first else { return bytes }
      first ^= 1
      return [first] + bytes.dropFirst()
    }
    let bits = try #require(rows.first { $0.name == "output of a rank, in bits" })
    #expect(!bits.passes)
    // Nothing else was wrong, and two rows that no message reaches are as they were.
    for row in rows where row.name.hasPrefix("bytes") || row.name.contains("a library") {
      #expect(row.passes, "\(row)")
    }
  }

  @Test("A message of another size ends the check")
  func wrongSize() throws {
    let check = RankCheck(seed: 3, ranks: 2, tokens: 8, batch: 1, libraryCall: "a library")
    #expect(throws: ExecutionError.self) { _ = try Self.residuals(check) { $1.dropLast() } }
  }

  @Test("The bound grows with what is rounded, and holds the coarser types apart")
  func bound() {
    func bound(_ type: DataType, _ partial: DataType, ranks: Int = 4, folds: Bool = false) -> Double {
      let workload = AttentionWorkload(
        shape: AttentionShape(queryHeads: 2, kvHeads: 2, keyDim: 8), batch: 1, tokens: 30, type: type,
        partialType: partial)
      return RankErrorBound(AttentionTensors<Double>(workload: workload, seed: 1)).output(ranks: ranks, folds: folds)
    }
    #expect(bound(.fp32, .fp32) < bound(.fp16, .fp32))
    #expect(bound(.fp16, .fp32) < bound(.bf16, .fp32))
    #expect(bound(.bf16, .fp32) < bound(.bf16, .bf16))
    #expect(bound(.bf16, .bf16) < bound(.bf16, .bf16, folds: true))
    #expect(bound(.fp32, .fp32) < bound(.fp32, .fp32, ranks: 8))
    #expect(bound(.fp32, .fp32) < 1e-4)
  }
}
