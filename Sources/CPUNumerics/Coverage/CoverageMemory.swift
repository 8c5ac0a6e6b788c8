import Programs

/// The buffers of all ranks with what their elements hold, as runs of elements whose indices rise together.
struct CoverageMemory {
  /// A run of elements of one term.
  struct Run: Hashable {
    /// The first element, from the start of the buffer or of a slice.
    var start: Int64
    /// The element after the last.
    var end: Int64
    var term: CoverageTerm
    /// The index of the first element in the tensor that the term names.
    var index: Int64

    /// The index of an element.
    func index(at element: Int64) -> Int64 { index + element - start }
  }

  private var buffers: [[Run]]
  private(set) var isLive: [Bool]

  init(_ program: Program) {
    buffers = program.buffers.map { _ in [] }
    isLive = program.buffers.map(\.persistent)
  }

  /// Everything that has been written of a buffer.
  subscript(buffer: Int) -> [Run] { buffers[buffer] }

  mutating func allocate(_ buffer: Int) {
    buffers[buffer] = []
    isLive[buffer] = true
  }

  mutating func free(_ buffer: Int) {
    buffers[buffer] = []
    isLive[buffer] = false
  }

  /// Whether nothing of a slice has been written.
  func isFresh(_ slice: Slice) -> Bool { runs(of: slice).isEmpty }

  /// What a slice holds, counted from its start; nil where something has not been written.
  func read(_ slice: Slice) -> [Run]? {
    let runs = runs(of: slice)
    var next: Int64 = 0
    for run in runs {
      guard run.start == next else { return nil }
      next = run.end
    }
    return next == slice.count ? runs : nil
  }

  /// What has been written of a slice, counted from its start.
  private func runs(of slice: Slice) -> [Run] {
    let all = buffers[Int(slice.buffer.index)]
    let end = slice.offset + slice.count
    var found: [Run] = []
    var place = Self.first(in: all, endingAfter: slice.offset)
    while place < all.count, all[place].start < end {
      var run = all[place]
      if run.start < slice.offset {
        run = Run(start: slice.offset, end: run.end, term: run.term, index: run.index(at: slice.offset))
      }
      run.end = min(run.end, end)
      run.start -= slice.offset
      run.end -= slice.offset
      if run.start < run.end { found.append(run) }
      place += 1
    }
    return found
  }

  /// Replaces what a slice holds by runs that are counted from its start.
  mutating func write(_ runs: [Run], to slice: Slice) {
    guard slice.count > 0 else { return }
    let buffer = Int(slice.buffer.index)
    let end = slice.offset + slice.count
    var first = Self.first(in: buffers[buffer], endingAfter: slice.offset)
    var last = first
    var replacement: [Run] = []
    if first > 0, buffers[buffer][first - 1].end == slice.offset {
      // A neighbour that goes on with what is written is one run with it.
      first -= 1
      replacement.append(buffers[buffer][first])
    } else if first < buffers[buffer].count, buffers[buffer][first].start < slice.offset {
      var left = buffers[buffer][first]
      left.end = slice.offset
      replacement.append(left)
    }
    for run in runs {
      Self.append(
        Run(start: run.start + slice.offset, end: run.end + slice.offset, term: run.term, index: run.index),
        to: &replacement)
    }
    while last < buffers[buffer].count, buffers[buffer][last].start <= end {
      let run = buffers[buffer][last]
      let start = max(run.start, end)
      if run.end > end {
        Self.append(Run(start: start, end: run.end, term: run.term, index: run.index(at: start)), to: &replacement)
      }
      last += 1
    }
    buffers[buffer].replaceSubrange(first..<last, with: replacement)
  }

  /// Adds a run, as part of the last where it goes on with that.
  static func append(_ run: Run, to runs: inout [Run]) {
    if let last = runs.last, last.end == run.start, last.term == run.term, last.index(at: run.start) == run.index {
      runs[runs.count - 1].end = run.end
    } else {
      runs.append(run)
    }
  }

  private static func first(in runs: [Run], endingAfter element: Int64) -> Int {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].end <= element { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
