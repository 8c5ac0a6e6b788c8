import Programs

/// How the operations of a program lie on queues of devices: which queue each has, what it waits for, and which of them
/// others wait for.
///
/// Steps stand in an order in which each comes after all that it waits for, so that putting them on their queues one after
/// another can't deadlock. A message is one step: it starts when both its sides have been reached, on the sender's queue.
/// Allocating and freeing take no step; what depends on them depends on what they depend on. A queue waits for another by
/// an event, and only where an earlier wait does not imply it. Messages that no stream orders share their sender's queue of
/// sends, which is one of the orders that a program allows.
struct QueuePlan {
  /// A queue of a rank.
  struct Queue: Hashable {
    let rank: Int
    let stream: UInt8
  }

  /// What is put on a queue.
  struct Step: Hashable {
    /// The operation; of a message its send.
    let operation: Int
    /// The queue, as an index into ``queues``.
    let queue: Int
    /// The steps that it waits for, each on another queue.
    var waits: [Int]
    /// Whether a later step waits for it.
    var isAwaited: Bool
  }

  /// The queues, in the order of their first steps.
  private(set) var queues: [Queue] = []
  /// The steps.
  private(set) var steps: [Step] = []
  /// All operations in the order of the plan, those that take no step among them; of a message its send alone.
  private(set) var order: [Int] = []

  /// Plans a program.
  ///
  /// - Throws: ``CUDAError/program(_:)`` where operations wait for one another.
  init(_ program: Program) throws(CUDAError) {
    let graph = ProgramGraph(program)
    guard graph.stuck.isEmpty else {
      throw .program("\(graph.stuck.count) of \(program.count) operations wait for one another")
    }
    // The last step on each queue that must be done for an operation to be, by operation.
    var frontiers = [[Int: Int]](repeating: [:], count: program.count)
    var waited: [[Int: Int]] = []
    var frontiersOfSteps: [[Int: Int]] = []
    var numbers: [Queue: Int] = [:]
    for node in graph.order {
      let ends = graph.operations(of: node, in: program).map { Int($0) }
      guard let first = ends.first else { continue }
      var needs: [Int: Int] = [:]
      for end in ends {
        for dependency in program.dependencies(of: OperationID(Int32(end))) {
          needs.merge(frontiers[Int(dependency)]) { max($0, $1) }
        }
      }
      let operation = ends.first { program.kinds[$0] == .send } ?? first
      order.append(operation)
      let kind = program.kinds[operation]
      guard kind != .allocate, kind != .free else {
        frontiers[operation] = needs
        continue
      }
      let stream = program.streams[operation]
      let own = kind == .compute ? Stream.compute : .send
      let name = Queue(
        rank: Int(program.ranks[operation]), stream: stream == .unordered ? own.index : stream.index)
      let queue = numbers[name] ?? queues.count
      if numbers[name] == nil {
        numbers[name] = queue
        queues.append(name)
        waited.append([:])
      }
      var waits: [Int] = []
      for (other, step) in needs.sorted(by: { $0.key < $1.key }) where other != queue {
        guard step > waited[queue][other, default: -1] else { continue }
        waited[queue][other] = step
        let isImplied = needs.contains { $0.key != other && frontiersOfSteps[$0.value][other, default: -1] >= step }
        guard !isImplied else { continue }
        steps[step].isAwaited = true
        waits.append(step)
      }
      // What the queue has waited for stays true of all that follows on it.
      let frontier = waited[queue].merging([queue: steps.count]) { $1 }
      for end in ends { frontiers[end] = frontier }
      frontiersOfSteps.append(frontier)
      steps.append(Step(operation: operation, queue: queue, waits: waits, isAwaited: false))
    }
  }
}
