/// Counts the events of an instant, so that a run whose clock stands still is told instead of going on for ever.
struct Watchdog {
  private let patience: Int
  /// How many events have happened since the clock last moved.
  private(set) var count = 0

  /// - Parameter patience: More events than any instant can have.
  init(patience: Int) {
    self.patience = patience
  }

  /// Notes that the clock has moved.
  @inline(__always)
  mutating func progressed() { count = 0 }

  /// Whether the clock may still be moving; asked once an event.
  @inline(__always)
  var isContent: Bool {
    mutating get {
      count += 1
      return count < patience
    }
  }
}
