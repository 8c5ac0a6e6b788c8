import Attention
import Programs
import Quantities
import TestSupport
import Testing
import Workloads

@testable import CUDABackend

/// What queues and events enforce of a program, and where its buffers lie.
@Suite struct QueuePlanTests {
  private static let workload = AttentionWorkload(
    shape: AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 64), batch: 1, tokens: 37, type: .bf16, partialType: .fp32)

  private static func programs() -> [(name: String, program: Program)] {
    [1, 2, 3, 5, 8].flatMap { ranks in
      AlgorithmCases.replicated.compactMap { algorithm in
        guard ranks > 1 || !(algorithm is TreeAttention) else { return nil }
        return (
          "\(algorithm.name), \(algorithm.options), \(ranks) ranks",
          algorithm.program(for: workload, on: RankGroup(oneNodeOf: ranks))
        )
      }
    }
  }

  /// Which steps are done before a step, by the order of queues and by what they wait for.
  private static func history(_ plan: QueuePlan) -> [Set<Int>] {
    var last: [Int: Int] = [:]
    var before: [Set<Int>] = []
    for (place, step) in plan.steps.enumerated() {
      var own: Set<Int> = []
      for earlier in step.waits + [last[step.queue]].compactMap({ $0 }) {
        own.insert(earlier)
        own.formUnion(before[earlier])
      }
      before.append(own)
      last[step.queue] = place
    }
    return before
  }

  @Test("Queues and events enforce every dependency of every algorithm, and wait for no more than what is awaited")
  func dependencies() throws {
    for (name, program) in Self.programs() {
      let plan = try QueuePlan(program)
      let before = Self.history(plan)
      var stepOf: [Int: Int] = [:]
      for (place, step) in plan.steps.enumerated() {
        stepOf[step.operation] = place
        if program.kinds[step.operation] == .send {
          stepOf[Int(program.messages[Int(program.subjects[step.operation])].receive)] = place
        }
        for awaited in step.waits {
          #expect(plan.steps[awaited].isAwaited, "\(name)")
          #expect(plan.steps[awaited].queue != step.queue, "\(name)")
        }
      }
      let work = (0..<program.count).filter { ![.allocate, .free].contains(program.kinds[$0]) }
      #expect(work.allSatisfy { stepOf[$0] != nil }, "\(name)")
      /// The work that must be done before an operation: through allocations and frees to what these wait for.
      func needs(_ operation: Int) -> Set<Int> {
        program.dependencies(of: OperationID(Int32(operation))).reduce(into: []) { found, dependency in
          if let step = stepOf[Int(dependency)] { found.insert(step) } else { found.formUnion(needs(Int(dependency))) }
        }
      }
      for operation in work {
        guard let step = stepOf[operation] else { continue }
        #expect(needs(operation).isSubset(of: before[step]), "\(name): \(program.line(ofOperation: operation))")
      }
      // Every awaited step is waited for.
      let awaited = Set(plan.steps.flatMap(\.waits))
      #expect(plan.steps.indices.allSatisfy { plan.steps[$0].isAwaited == awaited.contains($0) }, "\(name)")
    }
  }

  @Test("A wait that is taken out leaves a dependency unenforced: none is there for nothing")
  func everyWaitMatters() throws {
    let program = RingAttention().program(for: Self.workload, on: RankGroup(oneNodeOf: 4))
    let plan = try QueuePlan(program)
    let whole = Self.history(plan)
    for (place, step) in plan.steps.enumerated() {
      for wait in step.waits {
        var fewer = plan.steps
        fewer[place].waits.removeAll { $0 == wait }
        var last: [Int: Int] = [:]
        var before: [Set<Int>] = []
        for (other, step) in fewer.enumerated() {
          var own: Set<Int> = []
          for earlier in step.waits + [last[step.queue]].compactMap({ $0 }) {
            own.formUnion(before[earlier].union([earlier]))
          }
          before.append(own)
          last[fewer[other].queue] = other
        }
        #expect(before != whole, "step \(place) need not wait for step \(wait)")
      }
    }
  }

  @Test("Live buffers share no memory in any order, and freed memory is used again")
  func arenas() throws {
    var reused = 0
    for (name, program) in Self.programs() {
      let plan = try QueuePlan(program)
      let arena = ArenaPlan(program, order: plan.order)
      let graph = ProgramGraph(program)
      var reach: [Int32: Set<Int32>] = [:]
      for node in graph.order {
        var own: Set<Int32> = []
        for end in graph.operations(of: node, in: program) {
          for dependency in program.dependencies(of: OperationID(end)) {
            let other = graph.nodes[Int(dependency)]
            own.insert(other)
            own.formUnion(reach[other] ?? [])
          }
        }
        reach[node] = own
      }
      var lives: [Int: (born: Int32?, died: Int32?)] = [:]
      for operation in 0..<program.count {
        let subject = Int(program.subjects[operation])
        if program.kinds[operation] == .allocate { lives[subject, default: (nil, nil)].born = Int32(operation) }
        if program.kinds[operation] == .free { lives[subject, default: (nil, nil)].died = Int32(operation) }
      }
      /// Whether a buffer is gone in every order before another is there.
      func isGone(_ first: Int, before second: Int) -> Bool {
        guard let died = lives[first]?.died, let born = lives[second]?.born else { return false }
        return reach[born]?.contains(died) == true
      }
      var sums = [Int](repeating: 0, count: program.worldSize)
      for (first, buffer) in program.buffers.enumerated() {
        let own = arena.offsets[first]..<arena.offsets[first] + Int(buffer.bytes.count)
        #expect(own.lowerBound % 256 == 0)
        #expect(own.upperBound <= arena.sizes[Int(buffer.rank)])
        sums[Int(buffer.rank)] += (own.count + 255) / 256 * 256
        for second in program.buffers.indices.dropFirst(first + 1)
        where program.buffers[second].rank == buffer.rank {
          let other = arena.offsets[second]..<arena.offsets[second] + Int(program.buffers[second].bytes.count)
          guard own.overlaps(other) else { continue }
          reused += 1
          #expect(
            isGone(first, before: second) || isGone(second, before: first),
            "\(name): \(program.name(of: BufferID(Int32(first)))), \(program.name(of: BufferID(Int32(second))))")
        }
      }
      for rank in 0..<program.worldSize {
        #expect(Int(arena.peaks[rank].count) <= arena.sizes[rank] && arena.sizes[rank] <= sums[rank], "\(name)")
      }
    }
    #expect(reused > 100)
  }

  @Test("Operations that wait for one another are an error, not a hang")
  func deadlock() {
    var builder = ProgramBuilder(worldSize: 2)
    let buffers = (0..<2).map { builder.buffer(rank: $0, label: "x", elements: 4, type: .fp32, persistent: true) }
    let first = builder.send(builder.whole(buffers[0]), to: 1)
    builder.receive(builder.whole(buffers[0]), from: 1, after: .one(first))
    let second = builder.send(builder.whole(buffers[1]), to: 0)
    builder.receive(builder.whole(buffers[1]), from: 0, after: .one(second))
    let program = builder.build()
    #expect(throws: CUDAError.self) { _ = try QueuePlan(program) }
  }
}
