import Programs
import Topologies

/// A run that needs no clock: one pass through a program in which no two messages can meet.
///
/// Every message is lone (see ``MessagePlan``), so every finish follows from the finishes before it, and program order
/// is an order in which what an operation waits for comes first. The arithmetic is that of ``Engine``, bit for bit.
struct Walk {
  /// Walks through a program.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - topology: The cluster.
  ///   - plan: The routes; none of the messages may need the clock.
  ///   - conditions: What the run meets; nothing that needs the clock.
  /// - Returns: nil when the walk meets an operation that waits for one that program order has not settled yet, as a
  ///   program written rank by rank may have, or one that never can; the engine then does the whole run.
  static func run(
    _ program: Program, on topology: Topology, plan: MessagePlan, conditions: Conditions
  ) throws(SimulationError) -> Timeline? {
    let kernelTimes = KernelTimes(program: program, topology: topology, conditions: conditions)
    let messageConditions = MessageConditions(topology: topology, conditions: conditions)
    let ways = zip(plan.routes, plan.isLone).map { plan.links.way(of: $0, isLone: $1) }
    let delays = (0..<program.worldSize).map { conditions.startDelay(ofRank: $0) }
    let count = program.count
    var starts = [Double](repeating: 0, count: count)
    var finishes = [Double](repeating: .nan, count: count)
    var causes = [Int32](repeating: -1, count: count)
    var messageStarts = [Double](repeating: .nan, count: program.messages.count)
    var messagePosts = [Double](repeating: .nan, count: program.messages.count)
    for index in 0..<count {
      var start = delays[Int(program.ranks[index])]
      var cause: Int32 = -1
      for place in Int(program.dependencyStarts[index])..<Int(program.dependencyStarts[index + 1]) {
        let dependency = program.dependencies[place]
        let time = finishes[Int(dependency)]
        guard !time.isNaN else { return nil }
        if time > start || (time == start && dependency > cause) {
          start = time
          cause = dependency
        }
      }
      starts[index] = start
      causes[index] = cause
      let subject = Int(program.subjects[index])
      switch program.kinds[index] {
      case .compute:
        finishes[index] =
          start + kernelTimes.seconds(kernel: subject, rank: Int(program.ranks[index]), operation: index)
      case .allocate, .free:
        finishes[index] = start
      case .send, .receive:
        let ends = program.messages[subject]
        // The later of the two in program order settles the message.
        guard Int32(index) == max(ends.send, ends.receive), min(ends.send, ends.receive) >= 0 else { continue }
        let began = max(starts[Int(ends.send)], starts[Int(ends.receive)])
        let way = ways[Int(plan.routeOfMessage[subject])]
        let posted = began + way.overhead
        messageStarts[subject] = began
        messagePosts[subject] = posted
        let arrival =
          messageConditions.isPlain
          ? way.arrival(posted: posted, bytes: ends.bytes)
          : way.arrival(
            posted: posted, message: subject, bytes: ends.bytes, on: plan.routes[Int(plan.routeOfMessage[subject])],
            messageConditions)
        finishes[Int(ends.send)] = arrival
        finishes[Int(ends.receive)] = arrival
      }
    }
    guard !finishes.contains(where: \.isNaN) else { return nil }
    let ledger = try MemoryLedger(program: program, finishes: finishes)
    return Timeline(
      starts: starts, finishes: finishes, causes: causes, messageStarts: messageStarts, messagePosts: messagePosts,
      routeOfMessage: plan.routeOfMessage, routes: plan.routes, holds: [], legs: [], backgroundTransfers: [],
      ledger: ledger)
  }
}
