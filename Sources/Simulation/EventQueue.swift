/// The pending events of a simulation, earliest first.
///
/// A binary heap over contiguous 16-byte events. Events of equal time come out in the order in which they went in, so
/// that a run is the same on every machine:
///
///     var queue = EventQueue()
///     queue.push(time: 2e-6, payload: 7)
///     queue.push(time: 1e-6, payload: 3)
///     let first = queue.pop()  // payload 3
///
/// An event can also be *last*: it comes after all others of its time, however late they go in, and among the last ones
/// of that time in an order of the caller's.
///
/// The invariant is the heap's: no event is before its parent in (time, sequence) order. A binary heap rather than a
/// 4-ary one or a calendar queue: at up to a million pending events it was no slower, and it has no parameters.
public struct EventQueue: Sendable {
  /// One pending event.
  public struct Event: Sendable {
    /// When it happens, in seconds from the start.
    public let time: Double
    /// What breaks ties and names the event: the order of insertion, or for last events, that of the caller above
    /// ``firstOfLast``.
    public let sequence: UInt32
    /// What happens, in the simulation's own code.
    public let payload: UInt32

    @inline(__always)
    func precedes(_ other: Event) -> Bool {
      time < other.time || (time == other.time && sequence < other.sequence)
    }
  }

  /// Where the sequence numbers of last events begin.
  static let firstOfLast: UInt32 = 1 << 31

  private var heap: ContiguousArray<Event> = []
  private var nextSequence: UInt32 = 0

  /// Creates an empty queue.
  ///
  /// - Parameter capacity: The number of pending events to make room for.
  public init(capacity: Int = 0) {
    heap.reserveCapacity(capacity)
  }

  /// The number of pending events.
  public var count: Int { heap.count }

  /// Whether no event is pending.
  public var isEmpty: Bool { heap.isEmpty }

  /// The time of the earliest event; infinite when none is pending.
  @inline(__always)
  public var nextTime: Double { heap.isEmpty ? .infinity : heap[0].time }

  /// Whether another event can be pushed: half of the 32-bit sequence numbers are for last events.
  public var isExhausted: Bool { nextSequence >= Self.firstOfLast }

  /// Adds an event and returns its sequence number.
  ///
  /// - Complexity: O(log count).
  @inline(__always)
  @discardableResult
  public mutating func push(time: Double, payload: UInt32) -> UInt32 {
    let sequence = nextSequence
    nextSequence &+= 1
    insert(Event(time: time, sequence: sequence, payload: payload))
    return sequence
  }

  /// Adds an event that comes after all others of its time.
  ///
  /// - Parameters:
  ///   - time: When it happens.
  ///   - payload: What happens.
  ///   - order: Its place among the last events of that time; below 2^31.
  /// - Complexity: O(log count).
  @inline(__always)
  public mutating func pushLast(time: Double, payload: UInt32, order: UInt32) {
    insert(Event(time: time, sequence: Self.firstOfLast | order, payload: payload))
  }

  @inline(__always)
  private mutating func insert(_ event: Event) {
    heap.append(event)
    heap.withUnsafeMutableBufferPointer { slots in
      var hole = slots.count - 1
      while hole > 0 {
        let parent = (hole - 1) >> 1
        guard event.precedes(slots[parent]) else { break }
        slots[hole] = slots[parent]
        hole = parent
      }
      slots[hole] = event
    }
  }

  /// Removes and returns the earliest event; nil when none is pending.
  ///
  /// - Complexity: O(log count).
  @inline(__always)
  public mutating func pop() -> Event? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap.withUnsafeMutableBufferPointer { slots in
        let count = slots.count
        var hole = 0
        // Sink the hole to a leaf along the smaller children, then float the last event up from there: it came from
        // the bottom and nearly always stays there, which saves a comparison a level.
        var child = 1
        while child + 1 < count {
          if slots[child + 1].precedes(slots[child]) { child += 1 }
          slots[hole] = slots[child]
          hole = child
          child = 2 * hole + 1
        }
        if child < count {
          slots[hole] = slots[child]
          hole = child
        }
        while hole > 0 {
          let parent = (hole - 1) >> 1
          guard last.precedes(slots[parent]) else { break }
          slots[hole] = slots[parent]
          hole = parent
        }
        slots[hole] = last
      }
    }
    return first
  }
}
