import Attention
import Quantities
import TestSupport
import Testing
import Workloads

@testable import CPUNumerics
@testable import Programs

/// A prefill whose kernels attend to the wrong tokens is found to be wrong: by an error, or by values that are not those
/// of attention.
@Suite struct PrefillMutationTests {
  enum Mutation: CaseIterable {
    /// An attend kernel leaves a token out.
    case skipsTokens
    /// An attend kernel takes the block of keys that its rank attended to before once more, and leaves out its own.
    case repeatsBlock
    /// An attend kernel takes its queries for those of other tokens, and so sees other keys.
    case mistakesTokens
  }

  /// Makes one change; nil when the program has no place for it.
  static func mutated(_ program: Program, _ mutation: Mutation, _ generator: inout SeededGenerator) -> Program? {
    var copy = program
    func isAttend(_ index: Int) -> Bool {
      guard program.kinds[index] == .compute else { return false }
      let action = program.kernels[Int(program.subjects[index])].action
      return action == .attend || action == .attendInto
    }
    func pairs(_ attention: AttendedTokens) -> Double {
      attention.keys.reduce(0) { $0 + attention.mask.pairs(of: attention.queries, with: $1) }
    }
    /// Whether a query of a kernel sees a key of one of its blocks.
    func isSeen(_ block: Int, of index: Int) -> Bool {
      program.attentions[Int32(index)].map { $0.mask.pairs(of: $0.queries, with: $0.keys[block]) > 0 } ?? false
    }
    /// The attend kernel of the same rank before one.
    func before(_ index: Int) -> Int? { (0..<index).last { isAttend($0) && program.ranks[$0] == program.ranks[index] } }
    /// What a kernel says of its tokens, with all queries a token later.
    func mistaken(_ index: Int) -> AttendedTokens? {
      guard var attention = program.attentions[Int32(index)] else { return nil }
      func later(_ run: Range<Int>) -> Range<Int> { run.lowerBound + 1..<run.upperBound + 1 }
      attention.queries = TokenRuns(later(attention.queries.first), later(attention.queries.second))
      return attention
    }
    switch mutation {
    case .skipsTokens:
      let places = (0..<program.count).filter { isAttend($0) && isSeen(0, of: $0) }
      guard let operation = places.randomElement(using: &generator) else { return nil }
      let place = Int(program.operandStarts[operation]) + 1
      copy.operands[place].count = 0
      copy.operands[place + 1].count = 0
      copy.attentions[Int32(operation)]?.keys[0] = .none
    case .repeatsBlock:
      let places = (0..<program.count).filter { isAttend($0) && isSeen(0, of: $0) && before($0) != nil }
      guard let operation = places.randomElement(using: &generator), let earlier = before(operation) else { return nil }
      for operand in 1...2 {
        copy.operands[Int(program.operandStarts[operation]) + operand] =
          program.operands[Int(program.operandStarts[earlier]) + operand]
      }
      copy.attentions[Int32(operation)]?.keys = program.attentions[Int32(earlier)]?.keys ?? []
    case .mistakesTokens:
      let places = (0..<program.count).filter { index in
        guard let right = program.attentions[Int32(index)], let wrong = mistaken(index) else { return false }
        return pairs(wrong) != pairs(right)
      }
      guard let operation = places.randomElement(using: &generator) else { return nil }
      copy.attentions[Int32(operation)] = mistaken(operation)
    }
    return copy
  }

  /// Under a causal mask, where a block may be hidden from all queries but one.
  @Test(arguments: Mutation.allCases)
  func wrongBlocksOfAPrefillAreCaught(mutation: Mutation) throws {
    var generator = SeededGenerator(seed: 8)
    var count = 0
    for algorithm in AlgorithmCases.prefillRings + AlgorithmCases.prefillGathers {
      for queryTokens in [4, 23] {
        let shape = AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 3)
        let workload = AttentionWorkload(
          shape: shape, batch: 1, tokens: 23, queryTokens: queryTokens, mask: .causal, type: .fp32)
        let program = algorithm.program(
          for: workload, on: ExecutionTests.group(algorithm, ranks: 5, nodes: 2))
        let tensors = AttentionTensors<Double>(workload: workload, seed: 3)
        let exact = ExactAttention(tensors)
        #expect(!MutationTests.executionCatches(program, tensors, exact, orders: 1))
        for _ in 0..<3 {
          guard let mutant = Self.mutated(program, mutation, &generator) else { continue }
          count += 1
          let isCaught = MutationTests.executionCatches(mutant, tensors, exact, orders: 1)
          #expect(isCaught, "\(mutation): \(algorithm.name) \(algorithm.options), \(queryTokens) query tokens")
        }
      }
    }
    #expect(count > 30)
  }
}
