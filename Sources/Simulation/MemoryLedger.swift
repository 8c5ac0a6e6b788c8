import Programs
import Quantities

/// The highest that each rank's live bytes have been over a run, found from when buffers were allocated and freed.
struct MemoryLedger {
  /// The most bytes that have been live on each rank.
  private(set) var peaks: [Int64]
  /// When each rank first reached its peak.
  private(set) var peakTimes: [Double]

  /// One allocation or free.
  private struct Entry {
    var time: Double
    var operation: Int32

    func precedes(_ other: Entry) -> Bool { (time, operation) < (other.time, other.operation) }
  }

  /// Replays a run.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - finishes: When each operation finished.
  /// - Throws: ``SimulationError/badBufferLife(operation:)`` when a buffer is allocated while live or freed while not.
  init(program: Program, finishes: [Double]) throws(SimulationError) {
    peaks = Self.persistentBytes(of: program)
    peakTimes = [Double](repeating: 0, count: program.worldSize)
    var isLive = program.buffers.map { $0.persistent }
    let (starts, entries) = Self.entriesByRank(of: program, finishes)
    for rank in 0..<program.worldSize {
      var live = peaks[rank]
      for place in starts[rank]..<starts[rank + 1] {
        let entry = entries[place]
        let index = Int(program.subjects[Int(entry.operation)])
        let allocates = program.kinds[Int(entry.operation)] == .allocate
        guard isLive[index] != allocates else {
          throw .badBufferLife(operation: program.line(ofOperation: Int(entry.operation)))
        }
        isLive[index] = allocates
        live += allocates ? program.buffers[index].bytes.count : -program.buffers[index].bytes.count
        if live > peaks[rank] {
          peaks[rank] = live
          peakTimes[rank] = entry.time
        }
      }
    }
  }

  /// What was live at the first peak of a rank, by label.
  static func breakdown(ofRank rank: Int, in program: Program, _ finishes: [Double]) -> [Int64] {
    var sizes = [Int64](repeating: 0, count: program.labels.count)
    for buffer in program.buffers where buffer.persistent && Int(buffer.rank) == rank {
      sizes[Int(buffer.label)] += buffer.bytes.count
    }
    var live = sizes.reduce(0, +)
    var highest = (bytes: live, sizes: sizes)
    for entry in entries(of: program, finishes, where: { $0 == rank }) {
      let buffer = program.buffers[Int(program.subjects[Int(entry.operation)])]
      let change = program.kinds[Int(entry.operation)] == .allocate ? buffer.bytes.count : -buffer.bytes.count
      live += change
      sizes[Int(buffer.label)] += change
      if live > highest.bytes { highest = (live, sizes) }
    }
    return highest.sizes
  }

  /// The allocations and frees of all ranks in the order of time.
  static func operations(of program: Program, _ finishes: [Double]) -> [Int32] {
    entries(of: program, finishes) { _ in true }.map(\.operation)
  }

  private static func persistentBytes(of program: Program) -> [Int64] {
    var bytes = [Int64](repeating: 0, count: program.worldSize)
    for buffer in program.buffers where buffer.persistent { bytes[Int(buffer.rank)] += buffer.bytes.count }
    return bytes
  }

  /// The allocations and frees of each rank in the order of time: where those of each start, with one start more than
  /// there are ranks, and all of them.
  private static func entriesByRank(of program: Program, _ finishes: [Double]) -> (starts: [Int], entries: [Entry]) {
    var starts = [Int](repeating: 0, count: program.worldSize + 1)
    for index in 0..<program.count where program.kinds[index] == .allocate || program.kinds[index] == .free {
      starts[Int(program.ranks[index]) + 1] += 1
    }
    for rank in 0..<program.worldSize { starts[rank + 1] += starts[rank] }
    var ends = starts
    var entries = [Entry](repeating: Entry(time: 0, operation: 0), count: starts[program.worldSize])
    for index in 0..<program.count where program.kinds[index] == .allocate || program.kinds[index] == .free {
      let rank = Int(program.ranks[index])
      entries[ends[rank]] = Entry(time: finishes[index], operation: Int32(index))
      ends[rank] += 1
    }
    for rank in 0..<program.worldSize {
      let places = starts[rank]..<starts[rank + 1]
      // Program order is that of time for most ranks.
      guard places.dropFirst().contains(where: { entries[$0].precedes(entries[$0 - 1]) }) else { continue }
      entries.replaceSubrange(places, with: entries[places].sorted { $0.precedes($1) })
    }
    return (starts, entries)
  }

  /// The allocations and frees of some ranks by time; those of one instant in program order, in which what depends on
  /// another comes after it.
  private static func entries(
    of program: Program, _ finishes: [Double], where isWanted: (_ rank: Int) -> Bool
  ) -> [Entry] {
    var entries: [Entry] = []
    for index in 0..<program.count where program.kinds[index] == .allocate || program.kinds[index] == .free {
      guard isWanted(Int(program.ranks[index])) else { continue }
      entries.append(Entry(time: finishes[index], operation: Int32(index)))
    }
    entries.sort { $0.precedes($1) }
    return entries
  }
}
