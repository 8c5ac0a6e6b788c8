import Programs
import RealModule

/// The buffers of all ranks, with their numbers and which of these have been written.
struct DeviceMemory<Scalar: Real & BinaryFloatingPoint & Sendable> {
  private let program: Program
  private let rounding: StorageRounding<Scalar>
  private var values: [[Scalar]]
  /// The elements that hold something. Programs write whole slices, so that a few ranges say it of millions.
  private var written: [RangeSet<Int>]
  private var isLive: [Bool]
  private var live: [Int64]
  /// The most bytes that have been live on each rank.
  private(set) var peaks: [Int64]

  /// Makes persistent buffers live: those of every rank, or of one alone.
  init(_ program: Program, rounding: StorageRounding<Scalar>, rank: Int? = nil) {
    self.program = program
    self.rounding = rounding
    let isLive = program.buffers.map { $0.persistent && (rank == nil || Int($0.rank) == rank) }
    values = zip(program.buffers, isLive).map { $1 ? [Scalar](repeating: 0, count: Int($0.elements)) : [] }
    written = program.buffers.map { _ in RangeSet() }
    self.isLive = isLive
    live = [Int64](repeating: 0, count: program.worldSize)
    for (buffer, isLive) in zip(program.buffers, isLive) where isLive { live[Int(buffer.rank)] += buffer.bytes.count }
    peaks = live
  }

  /// Whether two buffers hold numbers of one type.
  func haveOneType(_ first: Slice, _ second: Slice) -> Bool {
    program.buffers[Int(first.buffer.index)].type == program.buffers[Int(second.buffer.index)].type
  }

  /// Whether a buffer may be used now.
  func holds(_ buffer: Int) -> Bool { isLive[buffer] }

  /// The name of a buffer for a person.
  func name(_ buffer: Int) -> String {
    let entry = program.buffers[buffer]
    return "'\(program.labels[Int(entry.label)])' of rank \(entry.rank)"
  }

  mutating func allocate(_ buffer: Int, by operation: Int) throws(ExecutionError) {
    guard !isLive[buffer] else { throw .notLive(operation: program.line(ofOperation: operation), buffer: name(buffer)) }
    let entry = program.buffers[buffer]
    isLive[buffer] = true
    values[buffer] = [Scalar](repeating: 0, count: Int(entry.elements))
    written[buffer] = RangeSet()
    live[Int(entry.rank)] += entry.bytes.count
    peaks[Int(entry.rank)] = max(peaks[Int(entry.rank)], live[Int(entry.rank)])
  }

  mutating func free(_ buffer: Int, by operation: Int) throws(ExecutionError) {
    guard isLive[buffer] else { throw .notLive(operation: program.line(ofOperation: operation), buffer: name(buffer)) }
    isLive[buffer] = false
    values[buffer] = []
    written[buffer] = RangeSet()
    live[Int(program.buffers[buffer].rank)] -= program.buffers[buffer].bytes.count
  }

  /// Whether anything of a slice has been written since its buffer was allocated.
  func isFresh(_ slice: Slice, by operation: Int) throws(ExecutionError) -> Bool {
    try check(slice, operation)
    return written[Int(slice.buffer.index)].isDisjoint(RangeSet(range(slice)))
  }

  /// The numbers of a slice, all of which must have been written.
  func read(_ slice: Slice, by operation: Int) throws(ExecutionError) -> ArraySlice<Scalar> {
    try check(slice, operation)
    let buffer = Int(slice.buffer.index)
    guard RangeSet(range(slice)).isSubset(of: written[buffer]) else {
      throw .unwritten(operation: program.line(ofOperation: operation), buffer: name(buffer))
    }
    return values[buffer][range(slice)]
  }

  /// Writes the numbers of a slice, rounded to the type of its buffer.
  ///
  /// - Parameters:
  ///   - numbers: As many as the slice has elements.
  ///   - slice: Where they go.
  ///   - isCopy: Whether they come out of storage of the same type as they are, and are not rounded again.
  ///   - operation: The operation that writes.
  mutating func write(
    _ numbers: some Collection<Scalar>, to slice: Slice, isCopy: Bool = false, by operation: Int
  ) throws(ExecutionError) {
    try check(slice, operation)
    guard numbers.count == Int(slice.count) else {
      throw .badOperands(
        operation: program.line(ofOperation: operation), expected: "\(numbers.count) elements where \(slice.count) are")
    }
    let buffer = Int(slice.buffer.index)
    let type = program.buffers[buffer].type
    let rounding = isCopy || rounding.isExact(type) ? .none : rounding
    let place = range(slice)
    values[buffer].withUnsafeMutableBufferPointer { values in
      let target = UnsafeMutableBufferPointer(rebasing: values[place])
      switch rounding {
      case .none: _ = target.update(fromContentsOf: numbers)
      case .toBufferType:
        for (place, number) in zip(target.indices, numbers) { target[place] = rounding.round(number, type) }
      }
    }
    written[buffer].insert(contentsOf: place)
  }

  /// Whether a slice holds these numbers.
  func holds(_ numbers: [Scalar], in slice: Slice, by operation: Int) throws(ExecutionError) -> Bool {
    let found = try read(slice, by: operation)
    guard found.count == numbers.count else { return false }
    return found.withUnsafeBufferPointer { found in
      numbers.withUnsafeBufferPointer { numbers in
        for place in found.indices where found[place] != numbers[place] { return false }
        return true
      }
    }
  }

  /// Makes a slice one that nothing has written.
  mutating func forget(_ slice: Slice, by operation: Int) throws(ExecutionError) {
    try check(slice, operation)
    written[Int(slice.buffer.index)].remove(contentsOf: range(slice))
  }

  private func range(_ slice: Slice) -> Range<Int> { Int(slice.offset)..<Int(slice.offset + slice.count) }

  private func check(_ slice: Slice, _ operation: Int) throws(ExecutionError) {
    let buffer = Int(slice.buffer.index)
    guard isLive[buffer] else { throw .notLive(operation: program.line(ofOperation: operation), buffer: name(buffer)) }
    guard slice.offset >= 0, slice.count >= 0, slice.offset + slice.count <= program.buffers[buffer].elements else {
      throw .outOfBounds(operation: program.line(ofOperation: operation), buffer: name(buffer))
    }
  }
}
