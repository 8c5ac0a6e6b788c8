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

  private static func programs(_ sizes: [Int] = [1, 2, 3, 5, 8]) -> [(name: String, program: Program)] {
    sizes.flatMap { ranks in
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
    for ((name, program), transport) in Self.programs().flatMap({ program in
      QueuePlan.Transport.allCases.map { (program, $0) }
    }) {
      let plan = try QueuePlan(program, transport: transport)
      let before = Self.history(plan)
      var stepOf: [Int: Int] = [:]
      for (place, step) in plan.steps.enumerated() {
        for operation in step.operations { stepOf[operation] = place }
        for awaited in step.waits {
          #expect(plan.steps[awaited].isAwaited, "\(name)")
          #expect(plan.steps[awaited].queue != step.queue, "\(name)")
        }
      }
      let work = (0..<program.count).filter { operation in
        guard program.kinds[operation] == .compute else { return [.send, .receive].contains(program.kinds[operation]) }
        return transport == .copies || program.kernels[Int(program.subjects[operation])].action != .launch
      }
      #expect(work.allSatisfy { stepOf[$0] != nil }, "\(name)")
      /// The work that must be done before an operation: through allocations and frees to what these wait for.
      func needs(_ operation: Int) -> Set<Int> {
        program.dependencies(of: OperationID(Int32(operation))).reduce(into: []) { found, dependency in
          if let step = stepOf[Int(dependency)] { found.insert(step) } else { found.formUnion(needs(Int(dependency))) }
        }
      }
      for operation in work {
        guard let step = stepOf[operation] else { continue }
        // What a library's call does inside itself is in its own hands.
        #expect(
          needs(operation).subtracting([step]).isSubset(of: before[step]),
          "\(name): \(program.line(ofOperation: operation))")
      }
      // Every awaited step is waited for.
      let awaited = Set(plan.steps.flatMap(\.waits))
      #expect(plan.steps.indices.allSatisfy { plan.steps[$0].isAwaited == awaited.contains($0) }, "\(name)")
    }
  }

  /// What is left to do of a plan whose messages are calls, when every rank makes its calls one after another and each lasts
  /// until all others that it is about have begun: as NCCL does them at worst.
  private static func unfinished(_ plan: QueuePlan, _ program: Program) -> Int {
    var sideOf: [Int: Int] = [:]
    for (place, step) in plan.steps.enumerated() { for operation in step.operations { sideOf[operation] = place } }
    var calls: [Int: [Int]] = [:]
    for (place, step) in plan.steps.enumerated() { if let call = step.call { calls[call, default: []].append(place) } }
    var left = plan.queues.map { _ in [Int]() }
    for (place, step) in plan.steps.enumerated() { left[step.queue].append(place) }
    var next = [Int](repeating: 0, count: left.count)
    var hasBegun = [Bool](repeating: false, count: plan.steps.count)
    var isDone = hasBegun
    var changes = true
    while changes {
      changes = false
      for queue in left.indices where next[queue] < left[queue].count {
        let place = left[queue][next[queue]]
        let step = plan.steps[place]
        guard step.waits.allSatisfy({ isDone[$0] }) else { continue }
        if !hasBegun[place] { (hasBegun[place], changes) = (true, true) }
        let others: [Int] =
          switch step.work {
          case .compute, .copy: []
          case .exchange(let operations):
            operations.compactMap { operation in
              let message = program.messages[Int(program.subjects[operation])]
              return sideOf[Int(program.kinds[operation] == .send ? message.receive : message.send)]
            }
          case .allReduce: step.call.flatMap { calls[$0] } ?? []
          }
        guard others.allSatisfy({ hasBegun[$0] }) else { continue }
        isDone[place] = true
        next[queue] += 1
        changes = true
      }
    }
    return isDone.count { !$0 }
  }

  @Test("Calls of NCCL, each until the other side calls too, end for every algorithm, in one order per pair of ranks")
  func calls() throws {
    for (name, program) in Self.programs([1, 2, 3, 5, 8, 16, 64]) {
      let plan = try QueuePlan(program, transport: .calls)
      #expect(Self.unfinished(plan, program) == 0, "\(name)")
      // NCCL matches what two ranks send and receive by order.
      var sent: [[Int]: [Int]] = [:]
      var received = sent
      for step in plan.steps {
        guard case .exchange(let operations) = step.work else { continue }
        for operation in operations {
          let number = Int(program.subjects[operation])
          let message = program.messages[number]
          if Int(program.ranks[operation]) != plan.queues[step.queue].rank {
            Issue.record("\(name): \(program.line(ofOperation: operation)) is on another rank's queue")
          }
          let pair = [Int(message.from), Int(message.to)]
          if program.kinds[operation] == .send {
            sent[pair, default: []].append(number)
          } else {
            received[pair, default: []].append(number)
          }
        }
      }
      #expect(sent == received, "\(name)")
      // A call's steps stand together, a rank each.
      let calls = Dictionary(grouping: plan.steps.indices.filter { plan.steps[$0].call != nil }) { plan.steps[$0].call }
      let areTogether = calls.values.allSatisfy { places in
        places == Array(places[0]...places[places.count - 1])
          && Set(places.map { plan.steps[$0].queue }).count == places.count
      }
      #expect(areTogether, "\(name)")
    }
  }

  @Test("A hop of a ring is one group of each rank, and an all-reduce of the tree one call")
  func groups() throws {
    for ranks in [2, 3, 8] {
      let group = RankGroup(oneNodeOf: ranks)
      let ring = try QueuePlan(RingAttention().program(for: Self.workload, on: group), transport: .calls)
      #expect(Set(ring.steps.compactMap(\.call)).count == ranks - 1)
      let tree = TreeAttention(collective: .flat(.ring)).program(for: Self.workload, on: group)
      let plan = try QueuePlan(tree, transport: .calls)
      let reductions = plan.steps.compactMap { step -> Int? in
        if case .allReduce(let region) = step.work { region } else { nil }
      }
      #expect(Set(reductions).count == 3 && reductions.count == 3 * ranks)
      #expect(!plan.steps.contains { if case .exchange = $0.work { true } else { false } })
      // NCCL receives into memory of its own.
      func receiving(_ plan: QueuePlan) -> Int {
        plan.order.count {
          tree.kinds[$0] == .allocate
            && tree.labels[Int(tree.buffers[Int(tree.subjects[$0])].label)] == "collective scratch"
        }
      }
      #expect(receiving(plan) == 0)
      #expect(receiving(try QueuePlan(tree)) > 0)
      let packed = TreeAttention(fusion: .one, collective: .flat(.ring)).program(for: Self.workload, on: group)
      let messages = try QueuePlan(packed, transport: .calls)
      #expect(!messages.steps.contains { if case .allReduce = $0.work { true } else { false } })
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
    for ((name, program), transport) in Self.programs().flatMap({ program in
      QueuePlan.Transport.allCases.map { (program, $0) }
    }) {
      let plan = try QueuePlan(program, transport: transport)
      let arena = ArenaPlan(program, order: plan.order, transport: transport)
      let placed = Set(plan.order)
      let graph = ProgramGraph(program, messaging: transport == .calls ? .buffered : .rendezvous)
      var reach: [Int32: Set<Int32>] = [:]
      for node in graph.order {
        var own: Set<Int32> = []
        for end in graph.operations(of: node, in: program) {
          var earlier = Array(program.dependencies(of: OperationID(end)))
          if program.kinds[Int(end)] == .receive, transport == .calls {
            earlier.append(program.messages[Int(program.subjects[Int(end)])].send)
          }
          for dependency in earlier {
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
        guard placed.contains(operation) else { continue }
        if program.kinds[operation] == .allocate { lives[subject, default: (nil, nil)].born = Int32(operation) }
        if program.kinds[operation] == .free { lives[subject, default: (nil, nil)].died = Int32(operation) }
      }
      /// Whether a buffer is gone in every order before another is there.
      func isGone(_ first: Int, before second: Int) -> Bool {
        guard let died = lives[first]?.died, let born = lives[second]?.born else { return false }
        return reach[born]?.contains(died) == true
      }
      var sums = [Int](repeating: 0, count: program.worldSize)
      let buffers = program.buffers.indices.filter { program.buffers[$0].persistent || lives[$0] != nil }
      for first in buffers {
        let buffer = program.buffers[first]
        let own = arena.offsets[first]..<arena.offsets[first] + Int(buffer.bytes.count)
        #expect(own.lowerBound % 256 == 0)
        #expect(own.upperBound <= arena.sizes[Int(buffer.rank)])
        sums[Int(buffer.rank)] += (own.count + 255) / 256 * 256
        for second in buffers where second > first && program.buffers[second].rank == buffer.rank {
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
