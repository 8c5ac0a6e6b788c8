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
    // A wrong maximum that all ranks share changes nothing: attention does not depend on the shift.
    func isOfMaxima(_ index: Int) -> Bool {
      let region = program.regionIndices[index]
      return region >= 0 && program.regions[Int(region)].name == "all-reduce max"
    }
    switch mutation {
    case .skipsTokens:
      let places = (0..<program.count).filter(isAttend).map { Int(program.operandStarts[$0]) + 1 }
        .filter { program.operands[$0].count > 0 }
      guard let place = places.randomElement(using: &generator) else { return nil }
      copy.operands[place].count = 0
      copy.operands[place + 1].count = 0
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
      let workload = AttentionWorkload(shape: shape, batch: 1, tokens: 23, type: .fp32)
      let group = ExecutionTests.group(algorithm, ranks: 5, nodes: 2)
      let program = algorithm.program(for: workload, on: group)
      let tensors = AttentionTensors<Double>(workload: workload, seed: 3)
      let exact = ExactAttention(tensors)
      for _ in 0..<3 {
        guard let mutant = Self.mutated(program, mutation, &generator) else { continue }
        count += 1
        #expect(Self.isCaught(mutant, tensors, exact, orders: 2), "\(mutation): \(algorithm.name) \(algorithm.options)")
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
