import Dispatch
import Synchronization

/// A loop whose turns may run at the same time.
package struct ParallelLoop {
  /// The most threads.
  package let jobs: Int

  /// Creates a loop over at most so many threads.
  package init(jobs: Int) {
    self.jobs = max(jobs, 1)
  }

  /// Runs `body` once for every index below `count`, each on one of at most ``jobs`` threads.
  ///
  /// Turns are handed out one at a time, so that a thread that the machine holds up holds up little. Which thread runs a
  /// turn is left to chance: a turn writes only what no other turn reads or writes.
  package func run(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { start(count, $0) }
  }

  /// What `body` gives for every index below `count`, in their order.
  package func map<Value>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
    var values = [Value?](repeating: nil, count: count)
    values.withUnsafeMutableBufferPointer { values in
      nonisolated(unsafe) let values = values
      run(count) { values[$0] = body($0) }
    }
    return values.compactMap { $0 }
  }

  private func start(_ count: Int, _ body: @escaping (Int) -> Void) {
    let workers = min(jobs, count)
    guard workers > 1 else { return (0..<count).forEach(body) }
    let next = Atomic(0)
    let shared = SharedBody(call: body)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard turn < count else { return }
        shared.call(turn)
      }
    }
  }
}

/// A loop's body, called from many threads while ``ParallelLoop/run(_:_:)`` waits for them: it captures pointers, of which
/// the compiler can't know that each turn writes its own part only.
private struct SharedBody: @unchecked Sendable {
  let call: (Int) -> Void
}
