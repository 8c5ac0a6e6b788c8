import Simulation

/// The hold model of event queues: with so many events pending, take the earliest and put one back, later by a random
/// time (Jones, "An empirical comparison of priority-queue and event-set implementations", CACM 29(4), 1986).
///
/// `Benchmarks/peers.cpp` does the same with `std::priority_queue`, from the same seed.
struct HoldModel {
  let pending: Int
  let holds: Int

  /// Runs it and returns the time of the last event.
  func run() -> Double {
    var dice = Dice(seed: 7)
    var queue = EventQueue(capacity: pending)
    for index in 0..<pending { queue.push(time: dice.fraction(), payload: UInt32(index)) }
    var now = 0.0
    for _ in 0..<holds {
      guard let event = queue.pop() else { break }
      now = event.time
      queue.push(time: now + dice.fraction(), payload: event.payload)
    }
    return now
  }
}
