import Attention
import Programs
import TestSupport
import Testing
import Workloads

@testable import CPUNumerics

/// A program that is wrong is found to be.
@Suite struct MutationTests {
  /// Every mutant is caught by the audit, which leaves nothing to luck; and most by execution, which shares none of its
  /// code, so that neither finds fault with what is right. Of decode steps, and of causal chunks and prefills.
  @Test(arguments: ProgramMutation.Kind.allCases)
  func everyMutantIsCaught(kind: ProgramMutation.Kind) throws {
    var generator = SeededGenerator(seed: 5)
    var (count, executed) = (0, 0)
    let sharded = AlgorithmCases.prefillRings + AlgorithmCases.prefillGathers
    for (queryTokens, algorithms) in [
      (1, AlgorithmCases.replicated), (6, AlgorithmCases.replicated + sharded), (23, sharded),
    ] {
      let workload = AttentionWorkload(
        shape: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 3), batch: 2, tokens: 23, queryTokens: queryTokens,
        mask: .causal, type: .fp32)
      let tensors = AttentionTensors<Double>(workload: workload, seed: 3)
      let exact = ExactAttention(tensors)
      for algorithm in algorithms {
        let group = ExecutionTests.group(algorithm, ranks: 5, nodes: 2)
        let program = algorithm.program(for: workload, on: group)
        let graph = ProgramGraph(program)
        let coverage = CoverageAudit(program, graph, workload: workload, shards: CoverageAuditTests.shards(algorithm))
        #expect(coverage.faults.isEmpty)
        let mutator = ProgramMutator(program, graph, results: coverage.results, contents: coverage.contents)
        for _ in 0..<(queryTokens == 1 ? 2 : 1) {
          guard let mutation = mutator.draw(kind, using: &generator) else { continue }
          count += 1
          let faults = CoverageAuditTests.faults(mutation.program, workload, CoverageAuditTests.shards(algorithm))
          #expect(
            !faults.isEmpty, "\(algorithm.name) \(algorithm.options), \(queryTokens): \(mutation.description)")
          #expect(!program.difference(to: mutation.program).isEmpty)
          if Self.executionCatches(mutation.program, tensors, exact, orders: 2) { executed += 1 }
        }
      }
    }
    #expect(count > 60)
    #expect(2 * executed > count, "execution caught \(executed) of \(count)")
  }

  /// Whether some order shows that a program is wrong.
  static func executionCatches(
    _ program: Program, _ tensors: AttentionTensors<Double>, _ exact: ExactAttention<Double>, orders: Int
  ) -> Bool {
    for seed in 0..<UInt64(orders) {
      var executor = ProgramExecutor<Double>(program, workload: tensors.workload)
      guard (try? executor.load(tensors)) != nil, (try? executor.run(order: .random(seed: seed))) != nil,
        let residual = try? ExecutionTests.residual(executor, exact), residual < 1e-12
      else { return true }
    }
    return false
  }

  @Test func aProgramWithoutMessagesHasNoneToChange() {
    let workload = AttentionWorkload(
      shape: AttentionShape(queryHeads: 2, kvHeads: 1, keyDim: 2), batch: 1, tokens: 5, type: .fp32)
    let program = SingleDeviceAttention().program(for: workload, on: RankGroup(oneNodeOf: 1))
    let graph = ProgramGraph(program)
    let coverage = CoverageAudit(program, graph, workload: workload)
    let mutator = ProgramMutator(program, graph, results: coverage.results, contents: coverage.contents)
    var generator = SeededGenerator(seed: 1)
    let possible = ProgramMutation.Kind.allCases.filter { mutator.draw($0, using: &generator) != nil }
    #expect(possible == [.skipsKeys, .repeatsKeys, .waitsForNothing, .mistakesPositions])
  }

  @Test func aMutantsNumberSaysAllOfIt() throws {
    let few = ProgramCheck(seed: 3, ranks: [2, 3], tokens: 9, batch: 1, mutations: 1)
    let many = ProgramCheck(seed: 3, ranks: [2, 3], tokens: 9, batch: 1, mutations: 50)
    for number in [0, 4, 17] {
      let (first, second) = (try #require(few.report(onMutant: number)), try #require(many.report(onMutant: number)))
      #expect(first.notes == second.notes)
      #expect(!first.residuals[0].passes)
    }
  }

  /// A check counts those that escape as misses, and says which is the first.
  @Test func whatEscapesIsAMiss() throws {
    let check = ProgramCheck(seed: 3, ranks: [2], tokens: 9, batch: 1, mutations: 1)
    let mutant = try #require(check.mutant(1))
    var tally = MutantTally()
    tally.count(mutant, 1, .init(faults: [ProgramFault(.race, "")], execution: nil))
    tally.count(mutant, 11, .init(faults: [], execution: "off"))
    #expect(tally.row(.repeatsKeys, "again").passes)
    #expect(tally.row(.repeatsKeys, "again").place == "caught: audit 1 of 2, execution 1")
    tally.count(mutant, 21, .init(faults: [], execution: nil))
    let row = tally.row(.repeatsKeys, "again")
    #expect(!row.passes && row.value == 1 && row.reproduction == "again --mutant 21")
  }
}
