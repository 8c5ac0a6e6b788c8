import Quantities
import TestSupport
import Testing

@testable import Programs

/// Small programs, each with one fault that the audit must name, and the same without it.
@Suite struct ProgramAuditTests {
  static let copy = Kernel(action: .copy, flops: .zero, bytes: Bytes(8), type: .fp32, launched: false)
  static let sum = Kernel(action: .reduce(.sum), flops: .zero, bytes: Bytes(8), type: .fp32, launched: false)

  /// Two ranks with a persistent buffer each.
  static func pair() -> (builder: ProgramBuilder, wholes: [Slice]) {
    var builder = ProgramBuilder(worldSize: 2)
    let buffers = (0..<2).map { builder.buffer(rank: $0, label: "x", elements: 16, type: .fp32, persistent: true) }
    return (builder, buffers.map { builder.whole($0) })
  }

  static func part(_ slice: Slice, _ range: Range<Int64>) -> Slice {
    Slice(slice.buffer, offset: slice.offset + range.lowerBound, count: Int64(range.count))
  }

  private func kinds(_ program: Program, _ messaging: ProgramGraph.Messaging = .rendezvous) -> [ProgramFault.Kind] {
    ProgramAudit(program, messaging: messaging).faults.map(\.kind)
  }

  @Test func writesAfterASendMustWaitForIt() {
    func program(waits: Bool) -> Program {
      var (builder, wholes) = Self.pair()
      let sent = builder.transfer(wholes[0], to: wholes[1]).send
      builder.compute(
        Self.copy, rank: 0, operands: [Self.part(wholes[0], 0..<4), Self.part(wholes[0], 8..<12)],
        after: waits ? .one(sent) : .none)
      return builder.build()
    }
    #expect(kinds(program(waits: true)).isEmpty)
    let faults = ProgramAudit(program(waits: false)).faults
    #expect(faults.count == 1 && faults[0].kind == .race)
    #expect(faults[0].description.contains("'x' of rank 0"), "\(faults)")
  }

  @Test func usesOfDifferentElementsAndReadsOfTheSameNeedNoOrder() {
    var (builder, wholes) = Self.pair()
    builder.transfer(Self.part(wholes[0], 0..<8), to: Self.part(wholes[1], 0..<8), sendStream: .unordered)
    builder.transfer(
      Self.part(wholes[0], 4..<8), to: Self.part(wholes[1], 8..<12), sendStream: .unordered, receiveStream: .unordered)
    builder.compute(
      Self.copy, rank: 0, operands: [Self.part(wholes[0], 0..<4), Self.part(wholes[0], 8..<12)])
    #expect(kinds(builder.build()).isEmpty)
  }

  /// What a message overwrites has been read by what its sender waited for: the order goes through the other rank.
  @Test func orderGoesThroughMessages() {
    var (builder, wholes) = Self.pair()
    let there = builder.transfer(wholes[0], to: wholes[1], sendStream: .unordered, receiveStream: .unordered)
    builder.transfer(
      wholes[1], to: wholes[0], sendStream: .unordered, receiveStream: .unordered, sendAfter: .one(there.receive))
    let program = builder.build()
    #expect(kinds(program).isEmpty)
    #expect(kinds(program, .buffered).isEmpty)
  }

  /// The receive alone waits; by rendezvous its message does too, but a receive buffer takes it before.
  @Test func aProgramMayLeanOnTheRendezvous() {
    var (builder, wholes) = Self.pair()
    let filled = builder.compute(
      Self.copy, rank: 1, operands: [Self.part(wholes[1], 0..<4), Self.part(wholes[1], 8..<12)])
    let sent = builder.transfer(wholes[0], to: wholes[1], receiveAfter: .one(filled)).send
    let back = builder.buffer(rank: 1, label: "y", elements: 4, type: .fp32, persistent: true)
    builder.transfer(
      Self.part(wholes[0], 0..<4), to: builder.whole(back), sendAfter: .one(sent))
    builder.transfer(
      Self.part(wholes[1], 8..<12), to: Self.part(wholes[0], 0..<4), sendStream: .unordered,
      receiveStream: .unordered, sendAfter: .one(filled))
    let racing = kinds(builder.build())
    #expect(racing.allSatisfy { $0 == .race } && !racing.isEmpty)

    var (other, slices) = Self.pair()
    let done = other.compute(
      Self.copy, rank: 1, operands: [Self.part(slices[1], 0..<4), Self.part(slices[1], 8..<12)])
    let z = other.buffer(rank: 0, label: "z", elements: 4, type: .fp32, persistent: true)
    let w = other.buffer(rank: 1, label: "w", elements: 4, type: .fp32, persistent: true)
    // Rank 0 writes what rank 1's kernel has read once a message that only its receive holds back has gone.
    let gone = other.transfer(
      other.whole(z), to: other.whole(w), sendStream: .unordered, receiveStream: .unordered, receiveAfter: .one(done))
    other.transfer(
      Self.part(slices[0], 0..<4), to: Self.part(slices[1], 8..<12), sendStream: .unordered, receiveStream: .unordered,
      sendAfter: .one(gone.send))
    let leaning = other.build()
    #expect(kinds(leaning).isEmpty)
    #expect(kinds(leaning, .buffered) == [.race])
  }

  @Test func buffersAreUsedWithinTheirLives() {
    enum Slip: CaseIterable {
      case none, usesUnborn, usesFreed, allocatesTwice, freesTwice, freesUnborn, freesPersistent
    }
    for slip in Slip.allCases {
      var (builder, wholes) = Self.pair()
      let buffer = builder.buffer(rank: 0, label: "t", elements: 16, type: .fp32)
      var last = slip == .usesUnborn || slip == .freesUnborn ? nil : builder.allocate(buffer)
      if slip == .allocatesTwice { last = builder.allocate(buffer, after: .maybe(last)) }
      if slip != .freesUnborn {
        last = builder.compute(Self.copy, rank: 0, operands: [wholes[0], builder.whole(buffer)], after: .maybe(last))
      }
      if slip != .usesUnborn { last = builder.free(buffer, after: .maybe(last)) }
      if slip == .freesTwice { last = builder.free(buffer, after: .maybe(last)) }
      if slip == .usesFreed {
        builder.compute(Self.copy, rank: 0, operands: [builder.whole(buffer), wholes[0]], after: .maybe(last))
      }
      if slip == .freesPersistent { builder.free(wholes[0].buffer, after: .maybe(last)) }
      let faults = ProgramAudit(builder.build()).faults
      #expect(faults.isEmpty == (slip == .none), "\(slip): \(faults)")
      #expect(faults.allSatisfy { $0.kind == .structure }, "\(slip): \(faults)")
    }
  }

  @Test func aFreeBesideAUseIsARace() {
    var (builder, wholes) = Self.pair()
    let buffer = builder.buffer(rank: 0, label: "t", elements: 16, type: .fp32)
    let live = builder.allocate(buffer)
    builder.compute(Self.copy, rank: 0, operands: [wholes[0], builder.whole(buffer)], after: .one(live))
    builder.free(buffer, after: .one(live))
    #expect(kinds(builder.build()).contains(.race))
  }

  @Test func brokenStructureIsNamedAndNeverTraps() {
    var (builder, wholes) = Self.pair()
    let first = builder.compute(Self.copy, rank: 0, operands: [wholes[0], wholes[0]])
    builder.transfer(wholes[0], to: wholes[1], sendAfter: .one(first))
    builder.compute(Self.copy, rank: 0, operands: [wholes[0], wholes[0]], after: .one(first))
    let program = builder.build()
    #expect(kinds(program).allSatisfy { $0 == .race })

    func expect(_ message: String, _ change: (inout Program) -> Void) {
      var copy = program
      change(&copy)
      let faults = ProgramAudit(copy).faults.filter { $0.kind == .structure }
      #expect(faults.contains { $0.description.contains(message) }, "\(message): \(faults)")
    }
    expect("does not come before it") { $0.dependencies[0] = 3 }
    expect("0 receives") { $0.kinds[2] = .free }
    expect("has 16") { $0.operands[0].offset = 4 }
    expect("uses 'x' of rank 1") { $0.operands[0].buffer = wholes[1].buffer }
    expect("is not the end that its message names") { $0.messages[0].receive = -1 }
    expect("is not on its message's rank") { $0.messages[0].to = 0 }
    expect("carries 64 B out of 60 B") { $0.operands[2].count = 15 }
    expect("does not wait for the one before on its stream") { $0.setDependencies(of: 3, to: []) }
    expect("without a message") { $0.setDependencies(of: 2, to: [0]) }
    expect("has 1 operands") {
      $0.operands.removeFirst(); for i in 1..<$0.operandStarts.count { $0.operandStarts[i] -= 1 }
    }
    expect("built without its operands") {
      $0.operandStarts = [0]; $0.operands = []
    }
    expect("of buffer 9") { $0.operands[0].buffer = BufferID(9) }
    expect("a subject or a region that does not exist") { $0.subjects[0] = 7 }
    expect("a rank, a subject") { $0.ranks[0] = 2 }
    expect("does not rise") { $0.dependencyStarts[1] = 5 }
  }

  @Test func whatWaitsForItselfIsADeadlock() {
    var (builder, wholes) = Self.pair()
    // Each rank receives before it sends.
    let first = builder.receive(Self.part(wholes[0], 0..<4), from: 1)
    builder.send(Self.part(wholes[0], 4..<8), to: 1, after: .one(first))
    let second = builder.receive(Self.part(wholes[1], 0..<4), from: 0)
    builder.send(Self.part(wholes[1], 4..<8), to: 0, after: .one(second))
    let faults = ProgramAudit(builder.build()).faults
    #expect(faults.count == 1 && faults[0].description.contains("wait for one another"), "\(faults)")
  }

  /// On random programs the search finds just the order that the closure of all dependencies has, and the audit finds a
  /// race just when some pair of uses that clash is unordered.
  @Test func theAuditAgreesWithEveryPair() {
    var generator = SeededGenerator(seed: 1)
    var outcomes: [String: Int] = [:]
    for _ in 0..<150 {
      let program = Self.random(using: &generator)
      for messaging in ProgramGraph.Messaging.allCases {
        let graph = ProgramGraph(program, messaging: messaging)
        guard graph.stuck.isEmpty else {
          #expect(kinds(program, messaging).contains(.structure))
          outcomes["stuck", default: 0] += 1
          continue
        }
        let clashes = clashes(program, graph)
        #expect(kinds(program, messaging).contains(.race) == (clashes > 0))
        outcomes[clashes > 0 ? "racing" : "right", default: 0] += 1
      }
    }
    #expect(outcomes["racing", default: 0] > 20 && outcomes["right", default: 0] > 20, "\(outcomes)")
  }

  /// How many pairs of uses clash and are unordered, by the closure of all dependencies.
  private func clashes(_ program: Program, _ graph: ProgramGraph) -> Int {
    var before = [[Bool]](repeating: [Bool](repeating: false, count: program.count), count: program.count)
    for node in graph.order {
      for predecessor in graph.predecessors(of: node) {
        before[Int(node)][Int(predecessor)] = true
        for earlier in 0..<program.count where before[Int(predecessor)][earlier] { before[Int(node)][earlier] = true }
      }
    }
    var search = OrderSearch(graph)
    var clashes = 0
    for late in graph.order {
      for early in graph.order where early != late {
        #expect(search.unordered([early], before: late).isEmpty == before[Int(late)][Int(early)])
        if !before[Int(late)][Int(early)], !before[Int(early)][Int(late)], Self.clash(program, graph, early, late) {
          clashes += 1
        }
      }
    }
    return clashes
  }

  /// Kernels and messages of two ranks on parts of two persistent buffers.
  private static func random(using generator: inout SeededGenerator) -> Program {
    var (builder, wholes) = Self.pair()
    var done: [[OperationID]] = [[], []]
    for _ in 0..<Int.random(in: 2...14, using: &generator) {
      let rank = Int.random(in: 0...1, using: &generator)
      let starts = (0..<2).map { _ in Int64.random(in: 0...12, using: &generator) }
      // Most wait for the last operation of their rank, so that programs without races come up too.
      func after(_ rank: Int, _ generator: inout SeededGenerator) -> Dependencies {
        guard Int.random(in: 0..<8, using: &generator) > 0 else { return .none }
        return Dependencies(Array(done[rank].suffix(2)))
      }
      if Bool.random(using: &generator) {
        done[rank].append(
          builder.compute(
            sum, rank: rank, stream: .unordered,
            operands: starts.map { part(wholes[rank], $0..<$0 + 4) }, after: after(rank, &generator)))
      } else {
        let ends = builder.transfer(
          part(wholes[rank], starts[0]..<starts[0] + 4), to: part(wholes[1 - rank], starts[1]..<starts[1] + 4),
          sendStream: .unordered, receiveStream: .unordered, sendAfter: after(rank, &generator),
          receiveAfter: after(1 - rank, &generator))
        done[rank].append(ends.send)
        done[1 - rank].append(ends.receive)
      }
    }
    return builder.build()
  }

  private static func clash(_ program: Program, _ graph: ProgramGraph, _ first: Int32, _ second: Int32) -> Bool {
    func uses(_ node: Int32) -> [(slice: Slice, access: OperandAccess)] {
      graph.operations(of: node, in: program).flatMap { program.accesses(of: Int($0)) }
    }
    return uses(first).contains { left in
      uses(second).contains { $0.slice.overlaps(left.slice) && ($0.access.writes || left.access.writes) }
    }
  }
}
