import Programs
import Quantities

/// Where the buffers of a program lie in one piece of memory a rank, planned before anything runs.
///
/// A buffer takes the place of a freed one only where that was freed before in every order that the program can run in:
/// places are reused without a wait that the program does not have. So an arena may be larger than the program's peak, where
/// a run could reuse memory that happened to be free, and by the alignment of its buffers.
struct ArenaPlan {
  /// What every buffer is aligned to, as an allocation of the driver is.
  static let alignment = 256

  /// The first byte of each buffer in its rank's arena.
  private(set) var offsets: [Int]
  /// The size of each rank's arena.
  private(set) var sizes: [Int]
  /// The most bytes of live buffers on each rank, where operations happen in the order of the plan.
  private(set) var peaks: [Bytes]

  private struct Gap {
    var offset: Int
    var size: Int
    /// The operation that made it.
    let freedBy: Int
  }

  /// Plans the buffers of a program.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - order: Its operations in an order in which it can run; of a message one suffices. Buffers whose allocation is not
  ///     among them get no place: a library that does an all-reduce by itself has memory of its own.
  ///   - transport: How ranks reach one another: a send by a library's call may end before its other side has been reached.
  init(_ program: Program, order: [Int], transport: QueuePlan.Transport = .copies) {
    offsets = [Int](repeating: 0, count: program.buffers.count)
    sizes = [Int](repeating: 0, count: program.worldSize)
    var live = [Int64](repeating: 0, count: program.worldSize)
    var gaps = [[Gap]](repeating: [], count: program.worldSize)
    func size(_ buffer: Int) -> Int {
      let bytes = Int(program.buffers[buffer].bytes.count)
      return (max(bytes, 1) + Self.alignment - 1) / Self.alignment * Self.alignment
    }
    for buffer in program.buffers where buffer.persistent { live[Int(buffer.rank)] += buffer.bytes.count }
    var most = live
    var history = ProgramHistory(program, transport)
    for operation in order {
      let buffer = Int(program.subjects[operation])
      switch program.kinds[operation] {
      case .allocate:
        let (rank, size) = (Int(program.buffers[buffer].rank), size(buffer))
        live[rank] += program.buffers[buffer].bytes.count
        most[rank] = max(most[rank], live[rank])
        let fitting = gaps[rank].indices.filter { gaps[rank][$0].size >= size }
          .sorted { gaps[rank][$0].size < gaps[rank][$1].size }
        if let gap = fitting.first(where: { history.happens(gaps[rank][$0].freedBy, before: operation) }) {
          offsets[buffer] = gaps[rank][gap].offset
          gaps[rank][gap].offset += size
          gaps[rank][gap].size -= size
          if gaps[rank][gap].size == 0 { gaps[rank].remove(at: gap) }
        } else {
          offsets[buffer] = sizes[rank]
          sizes[rank] += size
        }
      case .free:
        let rank = Int(program.buffers[buffer].rank)
        live[rank] -= program.buffers[buffer].bytes.count
        gaps[rank].append(Gap(offset: offsets[buffer], size: size(buffer), freedBy: operation))
      case .compute, .send, .receive: continue
      }
    }
    // What lives throughout lies behind all that comes and goes.
    for (index, buffer) in program.buffers.enumerated() where buffer.persistent {
      offsets[index] = sizes[Int(buffer.rank)]
      sizes[Int(buffer.rank)] += size(index)
    }
    peaks = most.map { Bytes($0) }
  }
}

/// Which operations happen before an operation in every order that a program can run in.
private struct ProgramHistory {
  private let program: Program
  private let transport: QueuePlan.Transport
  /// Everything before ``operation``.
  private var before: Set<Int32> = []
  private var operation = -1

  init(_ program: Program, _ transport: QueuePlan.Transport) {
    (self.program, self.transport) = (program, transport)
  }

  /// Whether an operation happens before another.
  mutating func happens(_ earlier: Int, before later: Int) -> Bool {
    if operation != later {
      operation = later
      before = []
      var queue = [Int32(later)]
      while let next = queue.popLast() {
        for end in ends(of: Int(next)) {
          for dependency in program.dependencies(of: OperationID(end)) where before.insert(dependency).inserted {
            queue.append(dependency)
          }
        }
      }
    }
    return before.contains(Int32(earlier))
  }

  /// Both sides of a message, which finish together where it is a copy; otherwise the operation.
  private func ends(of operation: Int) -> [Int32] {
    switch program.kinds[operation] {
    case .send where transport == .calls: return [Int32(operation)]
    case .send, .receive:
      let message = program.messages[Int(program.subjects[operation])]
      return [message.send, message.receive].filter { $0 >= 0 }
    default: return [Int32(operation)]
    }
  }
}
