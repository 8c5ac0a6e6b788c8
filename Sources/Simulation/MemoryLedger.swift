import Programs

/// The live bytes of every rank over a run, and the highest they have been.
struct MemoryLedger {
  /// The bytes now live on each rank.
  private(set) var live: [Int64]
  /// The most bytes that have been live on each rank.
  private(set) var peaks: [Int64]
  /// When each rank first reached its peak.
  private(set) var peakTimes: [Double]
  /// How many entries of the log had been made when each rank first reached its peak.
  private(set) var peakPositions: [Int]
  /// The allocations and frees in the order in which they happened, as operations.
  private(set) var log: [Int32] = []
  private var isLive: [Bool]

  /// Starts with the persistent buffers live.
  init(program: Program) {
    live = [Int64](repeating: 0, count: program.worldSize)
    isLive = program.buffers.map(\.persistent)
    for buffer in program.buffers where buffer.persistent { live[Int(buffer.rank)] += buffer.bytes.count }
    peaks = live
    peakTimes = [Double](repeating: 0, count: program.worldSize)
    peakPositions = [Int](repeating: 0, count: program.worldSize)
  }

  /// Makes a buffer live; false when it already was.
  mutating func allocate(_ index: Int, of buffer: Buffer, operation: Int32, at time: Double) -> Bool {
    guard !isLive[index] else { return false }
    isLive[index] = true
    log.append(operation)
    let rank = Int(buffer.rank)
    live[rank] += buffer.bytes.count
    if live[rank] > peaks[rank] {
      peaks[rank] = live[rank]
      peakTimes[rank] = time
      peakPositions[rank] = log.count
    }
    return true
  }

  /// Ends the life of a buffer; false when it was not live.
  mutating func free(_ index: Int, of buffer: Buffer, operation: Int32) -> Bool {
    guard isLive[index] else { return false }
    isLive[index] = false
    log.append(operation)
    live[Int(buffer.rank)] -= buffer.bytes.count
    return true
  }
}
