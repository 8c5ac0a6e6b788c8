import Programs
import Quantities
import Simulation

/// By how much each operation of a run could finish later before the step would: the critical path method (Kelley and
/// Walker 1959) on the times of the run.
///
/// Each slack holds with everything else as it was; a later message could also get in the way of others.
struct Slack {
  /// For each operation, in seconds.
  let seconds: [Double]

  /// Works backwards from the end of a run.
  ///
  /// - Complexity: O(operations + dependencies).
  init(of run: SimulationRun) {
    let program = run.program
    let timeline = run.timeline
    var latest = [Double](repeating: run.makespan.seconds, count: program.count)
    var dependents = [Int32](repeating: 0, count: program.count)
    for dependency in program.dependencies { dependents[Int(dependency)] += 1 }
    var ready = (0..<program.count).filter { dependents[$0] == 0 }
    var isReady = [Bool](repeating: false, count: program.count)
    func settle(_ operation: Int, start: Double) {
      for dependency in program.dependencies(of: OperationID(Int32(operation))) {
        let index = Int(dependency)
        latest[index] = min(latest[index], start)
        dependents[index] -= 1
        if dependents[index] == 0 { ready.append(index) }
      }
    }
    while let operation = ready.popLast() {
      isReady[operation] = true
      let finish = timeline.finishes[operation]
      switch program.kinds[operation] {
      case .compute, .allocate, .free:
        settle(operation, start: latest[operation] - (finish - timeline.starts[operation]))
      case .send, .receive:
        // Both sides of a message finish at once, so both are settled when the second is reached.
        let message = Int(program.subjects[operation])
        let (send, receive) = (Int(program.messages[message].send), Int(program.messages[message].receive))
        guard send >= 0, receive >= 0, isReady[send], isReady[receive] else { continue }
        let end = min(latest[send], latest[receive])
        (latest[send], latest[receive]) = (end, end)
        let start = end - (finish - timeline.messageStarts[message])
        settle(send, start: start)
        settle(receive, start: start)
      }
    }
    // Differences of rounded times may fall a hair below zero.
    seconds = zip(latest, timeline.finishes).map { max(0, $0 - $1) }
  }
}
