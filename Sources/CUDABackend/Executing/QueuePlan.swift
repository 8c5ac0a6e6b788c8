import Programs

/// How the operations of a program lie on queues of devices: which queue each has, what it waits for, and which of them
/// others wait for.
///
/// Steps stand in an order in which each comes after all that it waits for, so that putting them on their queues one after
/// another can't deadlock. A message that is a copy is one step: it starts when both its sides have been reached, on the
/// sender's queue. Messages and all-reduces that are calls of a library are steps of every rank that takes part, all on one
/// queue of it: a library does the calls of a rank in the order in which they were made. Allocating and freeing take no
/// step; what depends on them depends on what they depend on. A queue waits for another by an event, and only where an
/// earlier wait does not imply it. Copies that no stream orders share their sender's queue of sends, which is one of the
/// orders that a program allows.
struct QueuePlan {
  /// How ranks reach one another.
  enum Transport: Hashable, CaseIterable {
    /// By copies from device to device.
    case copies
    /// By calls of NCCL: messages and all-reduces.
    case calls
  }

  /// A queue of a rank.
  struct Queue: Hashable {
    /// The stream of calls of a library, behind those of programs.
    static let calls = UInt8(Stream.count)

    let rank: Int
    let stream: UInt8
  }

  /// What a step does.
  enum Work: Hashable {
    /// Launches the kernels of an operation.
    case compute(Int)
    /// Copies a message.
    case copy(message: Int)
    /// A rank's sides of messages that are started together, in the order of their numbers: operations.
    case exchange([Int])
    /// A rank's part of an all-reduce.
    case allReduce(region: Int)
  }

  /// What is put on a queue.
  struct Step: Hashable {
    /// What it does.
    let work: Work
    /// The operations that it stands for.
    let operations: [Int]
    /// The queue, as an index into ``queues``.
    let queue: Int
    /// The steps that it waits for, each on another queue.
    var waits: [Int]
    /// Whether a later step waits for it.
    var isAwaited: Bool
    /// The call that it is a rank's part of: a call's steps stand together, and are made together. Nil for no call.
    let call: Int?
  }

  /// The queues, in the order of their first steps.
  private(set) var queues: [Queue] = []
  /// The steps.
  private(set) var steps: [Step] = []
  /// All operations in the order of the plan, those that take no step among them, but none that a library does by itself; of
  /// a message its send alone.
  private(set) var order: [Int] = []

  private let program: Program
  /// The last step on each queue that must be done for an operation to be, by operation.
  private var frontiers: [[Int: Int]]
  /// What each queue has waited for.
  private var waited: [[Int: Int]] = []
  private var frontiersOfSteps: [[Int: Int]] = []
  private var numbers: [Queue: Int] = [:]
  private var calls = 0

  /// Plans a program.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - transport: How ranks reach one another.
  /// - Throws: ``CUDAError/program(_:)`` where operations wait for one another.
  init(_ program: Program, transport: Transport = .copies) throws(CUDAError) {
    self.program = program
    frontiers = [[Int: Int]](repeating: [:], count: program.count)
    let pieces = try transport == .calls ? StepOrder(callsOf: program).pieces : StepOrder(copiesOf: program).pieces
    for piece in pieces {
      switch piece {
      case .operation(let operation):
        order.append(operation)
        // A library's call launches what a program's launch stands for.
        if isKernel(operation), transport == .copies || !isLaunch(operation) {
          let stream = program.streams[operation]
          add(
            .compute(operation), [operation],
            on: Queue(rank: rank(operation), stream: (stream == .unordered ? .compute : stream).index))
        } else {
          frontiers[operation] = needs(of: [operation])
        }
      case .copy(let number):
        let message = program.messages[number]
        let send = Int(message.send)
        order.append(send)
        let stream = program.streams[send]
        add(
          .copy(message: number), [send, Int(message.receive)],
          on: Queue(rank: rank(send), stream: (stream == .unordered ? .send : stream).index))
      case .exchange(let messages):
        order += messages.map { Int(program.messages[$0].send) }
        addCall(messages.flatMap { [Int(program.messages[$0].send), Int(program.messages[$0].receive)] }) {
          .exchange($0)
        }
      case .allReduce(let region, let operations):
        addCall(operations) { _ in .allReduce(region: region) }
      }
    }
  }

  private func rank(_ operation: Int) -> Int { Int(program.ranks[operation]) }

  private func isKernel(_ operation: Int) -> Bool { program.kinds[operation] == .compute }

  private func isLaunch(_ operation: Int) -> Bool {
    program.kernels[Int(program.subjects[operation])].action == .launch
  }

  /// The last steps that some operations wait for, those of one piece not among them.
  private func needs(of operations: [Int]) -> [Int: Int] {
    operations.reduce(into: [:]) { needs, operation in
      for dependency in program.dependencies(of: OperationID(Int32(operation))) {
        needs.merge(frontiers[Int(dependency)]) { max($0, $1) }
      }
    }
  }

  /// Adds a step of each rank that has any of the operations of a call.
  private mutating func addCall(_ operations: [Int], _ work: ([Int]) -> Work) {
    let parts = Dictionary(grouping: operations, by: rank).sorted { $0.key < $1.key }
    // None of a call waits for another part of it: what they need is known before any of them is added.
    let needed = parts.map { needs(of: $0.value) }
    for (part, needs) in zip(parts, needed) {
      add(work(part.value), part.value, needs, on: Queue(rank: part.key, stream: Queue.calls), call: calls)
    }
    calls += 1
  }

  private mutating func add(_ work: Work, _ operations: [Int], on name: Queue) {
    add(work, operations, needs(of: operations), on: name, call: nil)
  }

  private mutating func add(
    _ work: Work, _ operations: [Int], _ needs: [Int: Int], on name: Queue, call: Int?
  ) {
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
    for operation in operations { frontiers[operation] = frontier }
    frontiersOfSteps.append(frontier)
    steps.append(
      Step(work: work, operations: operations, queue: queue, waits: waits, isAwaited: false, call: call))
  }
}
