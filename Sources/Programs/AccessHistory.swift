/// Who wrote each element of a buffer last, and who has read it since.
struct AccessHistory {
  private struct Run {
    var end: Int64
    var writer: Int32
    var readers: [Int32]
  }

  private var runs: [Run]

  /// A buffer that nobody has used.
  init(elements: Int64) {
    runs = [Run(end: elements, writer: -1, readers: [])]
  }

  /// Notes that a node uses some elements.
  ///
  /// - Parameter earlier: Is given the nodes that this one must come after: for a read the last writers, for a write
  ///   the readers since then too.
  mutating func use(_ range: Range<Int64>, by node: Int32, writing: Bool, earlier: inout [Int32]) {
    guard !range.isEmpty else { return }
    let first = split(at: range.lowerBound)
    let end = split(at: range.upperBound)
    for place in first..<end {
      if runs[place].writer >= 0 { earlier.append(runs[place].writer) }
      if writing {
        earlier.append(contentsOf: runs[place].readers)
      } else {
        runs[place].readers.append(node)
      }
    }
    if writing {
      runs.replaceSubrange(first..<end, with: CollectionOfOne(Run(end: range.upperBound, writer: node, readers: [])))
    }
  }

  /// The place of the run that begins at an element, which is made to begin there.
  private mutating func split(at element: Int64) -> Int {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].end <= element { low = middle + 1 } else { high = middle }
    }
    guard low < runs.count else { return low }
    let start = low == 0 ? 0 : runs[low - 1].end
    guard start < element else { return low }
    var left = runs[low]
    left.end = element
    runs.insert(left, at: low)
    return low + 1
  }
}
