import Quantities
import TestSupport
import Testing

@testable import Programs

@Suite struct ProgramBuilderTests {
  static let kernel = Kernel(action: .copy, flops: .zero, bytes: Bytes(8), type: .bf16, launched: false)

  /// Two ranks with a buffer each.
  static func pair() -> (builder: ProgramBuilder, buffers: [BufferID]) {
    var builder = ProgramBuilder(worldSize: 2)
    let buffers = (0..<2).map { builder.buffer(rank: $0, label: "x", elements: 16, type: .fp32, persistent: true) }
    return (builder, buffers)
  }

  @Test func operationsOfAStreamDependOnTheOneBefore() {
    var builder = ProgramBuilder(worldSize: 2)
    let first = builder.compute(Self.kernel, rank: 0)
    let other = builder.compute(Self.kernel, rank: 1)
    let second = builder.compute(Self.kernel, rank: 0)
    let free = builder.compute(Self.kernel, rank: 0, stream: .unordered)
    let program = builder.build()
    #expect(Array(program.dependencies(of: second)) == [first.index])
    #expect(program.dependencies(of: other).isEmpty)
    #expect(program.dependencies(of: free).isEmpty)
    #expect(program.kernels.count == 1)
  }

  @Test func aTransferIsOneMessageWithTwoSides() {
    var (builder, buffers) = Self.pair()
    let slice = Slice(buffers[0], offset: 4, count: 8)
    let (send, receive) = builder.transfer(slice, to: Slice(buffers[1], offset: 0, count: 8))
    let program = builder.build()
    #expect(
      program.messages == [Message(from: 0, to: 1, send: send.index, receive: receive.index, bytes: 32)])
    #expect(program.operands(of: send).first == slice)
    #expect(program.bytesSentByRank == [Bytes(32), .zero])
    #expect(program.totalMessageBytes == Bytes(32))
  }

  @Test func sendsAndReceivesAddedApartMatchInOrderByTag() {
    var (builder, buffers) = Self.pair()
    let whole = buffers.map { builder.whole($0) }
    let late = builder.receive(whole[1], from: 0, tag: 7)
    let first = builder.send(Slice(buffers[0], offset: 0, count: 1), to: 1)
    let second = builder.send(Slice(buffers[0], offset: 0, count: 2), to: 1)
    let tagged = builder.send(Slice(buffers[0], offset: 0, count: 3), to: 1, tag: 7)
    let one = builder.receive(whole[1], from: 0)
    let two = builder.receive(whole[1], from: 0)
    let lonely = builder.receive(whole[0], from: 1)
    let messages = builder.build().messages
    #expect(messages.contains(Message(from: 0, to: 1, send: first.index, receive: one.index, bytes: 4)))
    #expect(messages.contains(Message(from: 0, to: 1, send: second.index, receive: two.index, bytes: 8)))
    #expect(messages.contains(Message(from: 0, to: 1, send: tagged.index, receive: late.index, bytes: 12)))
    #expect(messages.contains(Message(from: 1, to: 0, send: -1, receive: lonely.index, bytes: 0)))
    #expect(messages.count == 4)
  }

  @Test func regionsNestAndTheirOperationsPointToTheInnermost() {
    var builder = ProgramBuilder(worldSize: 1)
    builder.beginRegion("outer")
    builder.beginRegion("inner", detail: "ring")
    builder.compute(Self.kernel, rank: 0)
    builder.endRegion()
    builder.compute(Self.kernel, rank: 0)
    builder.endRegion()
    builder.compute(Self.kernel, rank: 0)
    let program = builder.build()
    #expect(program.regions == [Region(name: "outer"), Region(name: "inner", detail: "ring", parent: 0)])
    #expect(program.regionIndices == [1, 0, -1])
  }

  @Test func withoutOperandsEverythingElseIsTheSame() {
    func build(_ keeps: Bool) -> Program {
      var builder = ProgramBuilder(worldSize: 2, keepsOperands: keeps)
      let buffers = (0..<2).map { builder.buffer(rank: $0, label: "x", elements: 16, type: .fp32) }
      let live = buffers.map { builder.allocate($0) }
      builder.transfer(builder.whole(buffers[0]), to: builder.whole(buffers[1]), sendAfter: .one(live[0]))
      return builder.build()
    }
    let (full, lean) = (build(true), build(false))
    #expect(lean.operands.isEmpty)
    #expect(full.operands.count == 2)
    #expect(full.dependencies == lean.dependencies)
    #expect(full.messages == lean.messages)
  }

  @Test func roomChangesNothing() {
    func build(_ reserved: Int?) -> Program {
      var builder = ProgramBuilder(worldSize: 2)
      let buffers = (0..<2).map { builder.buffer(rank: $0, label: "x", elements: 16, type: .fp32) }
      for _ in 0..<50 {
        if let reserved {
          builder.reserve(operations: reserved, messages: reserved, dependencies: reserved, buffers: reserved)
        }
        builder.transfer(builder.whole(buffers[0]), to: builder.whole(buffers[1]))
      }
      return builder.build()
    }
    let plain = build(nil)
    #expect(plain.count == 100)
    for reserved in [0, 1, 1000] {
      let roomy = build(reserved)
      #expect(roomy.kinds == plain.kinds && roomy.dependencies == plain.dependencies)
      #expect(roomy.messages == plain.messages && roomy.operands == plain.operands)
    }
  }

  @Test func dependenciesAreAddedOneByOne() {
    let ids = (0..<5).map { OperationID(Int32($0)) }
    var after = Dependencies.none
    for (index, id) in ids.enumerated() {
      after = after.and(id).and(nil)
      #expect(after.operations == Array(ids.prefix(index + 1)))
      #expect(Dependencies(after.operations).operations == after.operations)
    }
  }

  @Test func labelsAreToldApartHoweverMany() {
    var builder = ProgramBuilder(worldSize: 1)
    for round in 0..<2 {
      for label in 0..<20 {
        _ = builder.buffer(rank: 0, label: "label \(label)", elements: round, type: .fp32)
      }
    }
    let program = builder.build()
    #expect(program.labels == (0..<20).map { "label \($0)" })
    #expect(program.buffers.map(\.label) == (0..<40).map { Int32($0 % 20) })
  }

  @Test(arguments: 1...20) func dependenciesComeBeforeTheirDependents(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    var builder = ProgramBuilder(worldSize: 4)
    var done: [OperationID] = []
    for _ in 0..<500 {
      let after = (0..<3).compactMap { _ in done.randomElement(using: &generator) }
      let stream = [Stream.compute, .send, .unordered].randomElement(using: &generator) ?? .compute
      done.append(
        builder.compute(Self.kernel, rank: Int.random(in: 0..<4, using: &generator), stream: stream, after: .all(after))
      )
    }
    let program = builder.build()
    for operation in done {
      #expect(program.dependencies(of: operation).allSatisfy { $0 < operation.index })
    }
    // Every operation of an ordered stream depends on the one before it there.
    var last: [Int: Int32] = [:]
    for index in 0..<program.count where program.streams[index] != .unordered {
      let key = Int(program.ranks[index]) * 256 + Int(program.streams[index].index)
      if let before = last[key] {
        #expect(program.dependencies(of: OperationID(Int32(index))).contains(before))
      }
      last[key] = Int32(index)
    }
  }

  @Test func aListingReadsLikeThePlanOfARank() {
    var (builder, buffers) = Self.pair()
    builder.beginRegion("hop 0")
    let kernel = builder.compute(Self.kernel, rank: 0)
    builder.transfer(builder.whole(buffers[0]), to: builder.whole(buffers[1]), sendAfter: .one(kernel))
    builder.endRegion()
    #expect(
      builder.build().listing(ofRank: 0) == [
        "#0 compute copy (0 FLOP, 8 B), hop 0", "#1 send 64 B to rank 1, hop 0 after #0",
      ])
  }

  @Test(arguments: [true, false]) func tokensAreKeptWithOperandsAndListed(keepsOperands: Bool) {
    var builder = ProgramBuilder(worldSize: 1, keepsOperands: keepsOperands)
    let queries = builder.buffer(
      rank: 0, label: "queries", elements: 4, type: .fp32, persistent: true, holding: TokenRuns(6..<8))
    let output = builder.buffer(rank: 0, label: "output", elements: 4, type: .fp32, persistent: true)
    let attention = AttendedTokens(
      mask: .causal, queries: TokenRuns(6..<8), keys: [TokenRuns(0..<2, 6..<8), TokenRuns(2..<6)])
    var kernel = Self.kernel
    kernel.action = .attend
    let attend = builder.compute(kernel, rank: 0, attending: attention)
    let other = builder.compute(Self.kernel, rank: 0)
    let program = builder.build()
    #expect(program.attention(of: attend) == (keepsOperands ? attention : nil))
    #expect(program.attention(of: other) == nil)
    #expect(program.tokens(heldBy: queries) == (keepsOperands ? TokenRuns(6..<8) : nil))
    #expect(program.tokens(heldBy: output) == nil)
    #expect(
      program.line(ofOperation: 0)
        == "#0 compute attend (0 FLOP, 8 B)"
        + (keepsOperands ? ", causal, queries 6-7 to keys 0-1, 6-7; 2-5" : ""))
  }
}
