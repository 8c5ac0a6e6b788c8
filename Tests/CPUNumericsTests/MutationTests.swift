import Attention
import Quantities
import TestSupport
import Testing
import Workloads

@testable import CPUNumerics
@testable import Programs

/// A program that is wrong is found to be: by an error, or by values that are not those of attention.
@Suite struct MutationTests {
  enum Mutation: CaseIterable {
    /// An attend kernel leaves a token out.
    case skipsTokens
    /// A message carries a neighbouring part of its buffer.
    case sendsOthers
    /// A kernel copies what it should have added.
    case reducesOtherwise
    /// A message's bytes land elsewhere.
    case landsElsewhere
    /// An attend kernel takes the block of keys that its rank attended to before once more, and leaves out its own.
    case repeatsBlock
    /// An attend kernel takes its queries for those of other tokens, and so sees other keys.
    case mistakesTokens
    /// An operation does not wait for what it needs.
    case waitsForNothing
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
    // A wrong maximum that all ranks share changes nothing: attention does not depend on the shift.
    func isOfMaxima(_ index: Int) -> Bool {
      let region = program.regionIndices[index]
      return region >= 0 && program.regions[Int(region)].name == "all-reduce max"
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
    case .sendsOthers, .landsElsewhere:
      let kind: OperationKind = mutation == .sendsOthers ? .send : .receive
      let places = (0..<program.count).filter { program.kinds[$0] == kind && !isOfMaxima($0) }
        .map { Int(program.operandStarts[$0]) }
        .filter { place in
          let slice = program.operands[place]
          return slice.count > 0 && slice.offset + slice.count < program.buffers[Int(slice.buffer.index)].elements
        }
      guard let place = places.randomElement(using: &generator) else { return nil }
      copy.operands[place].offset += 1
    case .reducesOtherwise:
      let places = program.kernels.indices.filter {
        program.kernels[$0].action == .reduce(.sum) || program.kernels[$0].action == .reduce(.onlineSoftmax)
      }
      guard let place = places.randomElement(using: &generator) else { return nil }
      copy.kernels[place].action = .copy
    case .waitsForNothing:
      let places = program.dependencies.indices
      guard let place = places.randomElement(using: &generator) else { return nil }
      // On the first operation instead: that of another rank as a rule, which is done at once.
      copy.dependencies[place] = 0
    }
    return copy
  }

  /// Whether some order shows that a program is wrong.
  static func isCaught(
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

  @Test(arguments: [Mutation.skipsTokens, .sendsOthers, .reducesOtherwise, .landsElsewhere])
  func wrongDataIsCaught(mutation: Mutation) throws {
    var generator = SeededGenerator(seed: 5)
    var count = 0
    for algorithm in AlgorithmCases.all {
      // What the last of p hops brings home is not attended to again.
      if let ring = algorithm as? RingAttention, ring.hops != .fewest { continue }
      let shape = AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 3)
      var workload = AttentionWorkload(shape: shape, batch: 1, tokens: 23, type: .fp32)
      if algorithm.shares(of: workload, among: 1).queryLayout != nil {
        // Every rank has queries that see all, so that nothing is sent in vain.
        (workload.queryTokens, workload.mask) = (workload.tokens, .full)
      }
      let group = ExecutionTests.group(algorithm, ranks: 5, nodes: 2)
      let program = algorithm.program(for: workload, on: group)
      let tensors = AttentionTensors<Double>(workload: workload, seed: 3)
      let exact = ExactAttention(tensors)
      for _ in 0..<3 {
        guard let mutant = Self.mutated(program, mutation, &generator) else { continue }
        count += 1
        let isCaught = Self.isCaught(mutant, tensors, exact, orders: 2)
        #expect(isCaught, "\(mutation): \(algorithm.name) \(algorithm.options)")
      }
    }
    #expect(count > 30)
  }

  /// Under a causal mask, where a block may be hidden from all queries but one.
  @Test(arguments: [Mutation.skipsTokens, .repeatsBlock, .mistakesTokens])
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
        #expect(!Self.isCaught(program, tensors, exact, orders: 1))
        for _ in 0..<3 {
          guard let mutant = Self.mutated(program, mutation, &generator) else { continue }
          count += 1
          let isCaught = Self.isCaught(mutant, tensors, exact, orders: 1)
          #expect(isCaught, "\(mutation): \(algorithm.name) \(algorithm.options), \(queryTokens) query tokens")
        }
      }
    }
    #expect(count > 30)
  }

  /// Dependencies that others imply may go; but of those that go, enough must be missed.
  @Test func missingDependenciesAreCaught() throws {
    var generator = SeededGenerator(seed: 6)
    var caught = 0
    let algorithm = TreeAttention(fusion: .three, collective: .ring)
    let shape = AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 3)
    let workload = AttentionWorkload(shape: shape, batch: 1, tokens: 23, type: .fp32)
    let program = algorithm.program(for: workload, on: ExecutionTests.group(algorithm, ranks: 4, nodes: 1))
    let tensors = AttentionTensors<Double>(workload: workload, seed: 3)
    let exact = ExactAttention(tensors)
    for _ in 0..<60 {
      guard let mutant = Self.mutated(program, .waitsForNothing, &generator) else { continue }
      if Self.isCaught(mutant, tensors, exact, orders: 20) { caught += 1 }
    }
    #expect(caught > 20, "caught \(caught) of 60")
  }
}
