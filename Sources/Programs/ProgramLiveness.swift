/// Which operations of a program have a say in its results.
///
/// Work whose outcome nothing reads is no mistake (the last of p hops of a ring brings shards home that no kernel
/// attends to again), but changing it changes no result.
public struct ProgramLiveness: Sendable {
  /// Whether what an operation writes, or a message carries, reaches a result.
  public private(set) var reachesResult: [Bool]

  /// Goes back from the results.
  ///
  /// - Parameters:
  ///   - program: A program that its ``ProgramAudit`` finds right.
  ///   - graph: Its order by rendezvous.
  ///   - results: What matters when all operations have finished.
  public init(_ program: Program, _ graph: ProgramGraph, results: [Slice]) {
    reachesResult = [Bool](repeating: false, count: program.count)
    var live = program.buffers.map { _ in IntervalSet() }
    for slice in results { live[Int(slice.buffer.index)].insert(slice.range) }
    for node in graph.order.reversed() {
      switch program.kinds[Int(node)] {
      case .allocate, .free:
        live[Int(program.subjects[Int(node)])] = IntervalSet()
      case .compute, .send, .receive:
        let operations = graph.operations(of: node, in: program).map { Int($0) }
        let isLive = Self.goBack(operations.flatMap { Self.accesses(of: $0, in: program) }, &live)
        for operation in operations { reachesResult[operation] = isLive }
      }
    }
  }

  /// The slices of an operation but blocks of keys and values that a mask hides from every query of their kernel.
  private static func accesses(
    of operation: Int, in program: Program
  ) -> [(slice: Slice, access: OperandAccess)] {
    let accesses = program.accesses(of: operation)
    guard let attention = program.attentions[Int32(operation)] else { return accesses }
    return accesses.enumerated().filter { place, _ in
      let block = (place - 1) / 2
      guard place > 0, block < attention.keys.count else { return true }
      return attention.mask.seenKeys(by: attention.queries, in: attention.keys[block]) > 0
    }.map(\.element)
  }

  private static func goBack(_ accesses: [(slice: Slice, access: OperandAccess)], _ live: inout [IntervalSet]) -> Bool {
    let isLive = accesses.contains { $0.access.writes && live[Int($0.slice.buffer.index)].overlaps($0.slice.range) }
    guard isLive else { return false }
    for (slice, access) in accesses where access == .write { live[Int(slice.buffer.index)].remove(slice.range) }
    for (slice, access) in accesses where access.reads { live[Int(slice.buffer.index)].insert(slice.range) }
    return true
  }
}

/// A set of whole numbers, kept as runs in order.
struct IntervalSet {
  private var runs: [Range<Int64>] = []

  func overlaps(_ range: Range<Int64>) -> Bool { runs.contains { $0.overlaps(range) } }

  mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    let touching = runs.filter { $0.lowerBound <= range.upperBound && range.lowerBound <= $0.upperBound }
    let start = touching.reduce(range.lowerBound) { min($0, $1.lowerBound) }
    let end = touching.reduce(range.upperBound) { max($0, $1.upperBound) }
    runs.removeAll { $0.lowerBound <= range.upperBound && range.lowerBound <= $0.upperBound }
    let place = runs.firstIndex { $0.lowerBound > start } ?? runs.count
    runs.insert(start..<end, at: place)
  }

  mutating func remove(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    runs = runs.flatMap { run -> [Range<Int64>] in
      guard run.overlaps(range) else { return [run] }
      return [
        run.lowerBound..<max(run.lowerBound, range.lowerBound), min(run.upperBound, range.upperBound)..<run.upperBound,
      ]
      .filter { !$0.isEmpty }
    }
  }
}
