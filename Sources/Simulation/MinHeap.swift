/// What a ``MinHeap`` holds: entries with a strict order that never ties, so that they always come out alike.
protocol HeapEntry: Sendable {
  func precedes(_ other: Self) -> Bool
}

/// A binary heap, first entry on top.
struct MinHeap<Entry: HeapEntry>: Sendable {
  private var entries: ContiguousArray<Entry> = []

  @inline(__always)
  var first: Entry? { entries.first }

  /// Every entry, in no order that means anything.
  var all: ContiguousArray<Entry> { entries }

  @inline(__always)
  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// - Complexity: O(log n).
  @inline(__always)
  mutating func push(_ entry: Entry) {
    entries.append(entry)
    entries.withUnsafeMutableBufferPointer { slots in
      var hole = slots.count - 1
      while hole > 0 {
        let parent = (hole - 1) >> 1
        guard entry.precedes(slots[parent]) else { break }
        slots[hole] = slots[parent]
        hole = parent
      }
      slots[hole] = entry
    }
  }

  /// - Complexity: O(log n).
  @inline(__always)
  mutating func pop() -> Entry? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return first }
    entries.withUnsafeMutableBufferPointer { slots in
      let count = slots.count
      var hole = 0
      while true {
        var child = 2 * hole + 1
        guard child < count else { break }
        if child + 1 < count, slots[child + 1].precedes(slots[child]) { child += 1 }
        guard slots[child].precedes(last) else { break }
        slots[hole] = slots[child]
        hole = child
      }
      slots[hole] = last
    }
    return first
  }
}
