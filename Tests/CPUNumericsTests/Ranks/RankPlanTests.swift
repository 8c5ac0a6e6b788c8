import Attention
import Collectives
import Programs
import Quantities
import TestSupport
import Testing
import Workloads

@testable import CPUNumerics

/// What each rank is given of a program: all of it once, in an order without deadlock.
@Suite struct RankPlanTests {
  private static let workload = AttentionWorkload(
    shape: AttentionShape(queryHeads: 6, kvHeads: 2, keyDim: 8), batch: 2, tokens: 23, type: .bf16, partialType: .fp32)

  private static func programOrder(_ program: Program) -> [Int32] { (0..<program.count).map { Int32($0) } }

  @Test(arguments: AlgorithmCases.all.indices, [2, 5, 8])
  func everyOperationIsOneRanks(index: Int, ranks: Int) throws {
    let algorithm = AlgorithmCases.all[index]
    let group = ExecutionTests.group(algorithm, ranks: ranks, nodes: 2)
    let program = algorithm.program(for: Self.workload, on: group)
    var seen = [Int](repeating: 0, count: program.count)
    for rank in 0..<program.worldSize {
      let plan = try RankPlan(program, rank: rank, order: Self.programOrder(program))
      for case .operation(let operation) in plan.steps {
        seen[operation] += 1
        #expect(Int(program.ranks[operation]) == rank)
      }
      #expect(plan.sent == program.bytesSentByRank[rank])
      #expect(plan.reduced == .zero)
    }
    #expect(seen.allSatisfy { $0 == 1 })
  }

  @Test(arguments: TreeAttention.Fusion.allCases, [FlatAlgorithm.ring, .oneShot, .doubleBinaryTree])
  func allReducesBecomeCallsInTheSameOrder(fusion: TreeAttention.Fusion, collective: FlatAlgorithm) throws {
    let algorithm = TreeAttention(fusion: fusion, collective: .flat(collective))
    let program = algorithm.program(for: Self.workload, on: RankGroup(oneNodeOf: 5))
    let scalars = 2 * 6
    // n, d and m of every head, each once; packed or apart.
    let payload = Bytes(Int64(4 * (scalars * 8 + 2 * scalars)))
    let calls = try (0..<5).map { rank in
      let plan = try RankPlan(callingLibraryFor: program, rank: rank)
      #expect(plan.sent == .zero && plan.received == .zero)
      #expect(plan.reduced == payload)
      return plan.steps.compactMap { step -> Int? in
        guard case .allReduce(let region, let after) = step else { return nil }
        #expect(!after.isEmpty)
        return region
      }
    }
    #expect(calls[0].count == [.one: 1, .two: 2, .three: 3][fusion])
    #expect(calls.allSatisfy { $0 == calls[0] })
  }

  @Test func anAllReduceOverSomeRanksKeepsItsMessages() throws {
    var builder = ProgramBuilder(worldSize: 3)
    let buffers = (0..<2).map { builder.buffer(rank: $0, label: "x", elements: 4, type: .fp32, persistent: true) }
    AllReduce(group: [0, 1], payload: Payload(units: 4, type: .fp32), reduction: .sum)
      .lower(.flat(.ring), buffers: buffers, ready: [.none, .none], into: &builder)
    let program = builder.build()
    let plan = try RankPlan(callingLibraryFor: program, rank: 0)
    #expect(plan.reduced == .zero)
    #expect(plan.sent == program.bytesSentByRank[0] && plan.sent > .zero)
  }

  /// Two ranks that each send, wait until that is done, and only then receive: with messages that wait for their receive
  /// none would ever go on.
  @Test func anOrderThatWaitsForWhatComesLaterIsRefused() throws {
    var builder = ProgramBuilder(worldSize: 2)
    let own = (0..<2).map { builder.buffer(rank: $0, label: "own", elements: 1, type: .fp32, persistent: true) }
    let inbox = (0..<2).map { builder.buffer(rank: $0, label: "inbox", elements: 1, type: .fp32, persistent: true) }
    let sends = (0..<2).map { builder.send(builder.whole(own[$0]), to: 1 - $0) }
    for rank in 0..<2 { builder.receive(builder.whole(inbox[rank]), from: 1 - rank, after: .one(sends[rank])) }
    let program = builder.build()
    // One rank that can't begin ends all; the other's last step stands after everything.
    #expect(throws: ExecutionError.self) { _ = try RankPlan(program, rank: 0, order: Self.programOrder(program)) }
    #expect(throws: Never.self) { _ = try RankPlan(program, rank: 1, order: Self.programOrder(program)) }
  }

  @Test func anOrderAgainstADependencyIsRefused() throws {
    let program = RingAttention().program(for: Self.workload, on: RankGroup(oneNodeOf: 3))
    let backwards = Array(Self.programOrder(program).reversed())
    #expect(throws: ExecutionError.self) { _ = try RankPlan(program, rank: 0, order: backwards) }
  }
}
