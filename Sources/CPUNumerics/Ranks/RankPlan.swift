import Programs
import Quantities

/// What one rank does of a program, in an order in which waiting for messages can't end in a deadlock.
///
/// All ranks cut their plans out of one order of the whole program. A rank starts its sends and receives without waiting
/// and waits for one only before a step that depends on it. Say that some step never happens, and take the first of those
/// in the common order: its rank has come to it, since all before it happen, and waits for a message. Both sides of that
/// message stand before the step, which is checked for every step when the plan is made, so both have been started; so
/// the message arrives, and nothing waits for ever. An all-reduce by a library stands as one step where its region
/// stands; in program order a region is one piece on all ranks, so that the same argument holds, and so that all ranks
/// come to their all-reduces in the same order, as MPI asks.
public struct RankPlan: Sendable {
  /// One step of a rank.
  public enum Step: Hashable, Sendable {
    /// An operation of the program.
    case operation(Int)
    /// All of a region, an index into ``Programs/Program/regions``, by a call to a library, once other operations of
    /// the rank have finished.
    case allReduce(region: Int, after: [Int])
  }

  /// The rank.
  public let rank: Int
  /// Its steps, in order.
  public let steps: [Step]
  /// What the rank sends by messages.
  public let sent: Bytes
  /// What the rank receives by messages.
  public let received: Bytes
  /// What the rank gives to all-reduces of a library.
  public let reduced: Bytes

  /// Cuts out the operations of a rank, all collectives by messages.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - rank: The rank.
  ///   - order: All operations of all ranks, each once, what depends after what it depends on: the same on every rank.
  /// - Throws: ``ExecutionError/deadlock(finished:total:)`` when a step does not stand after both sides of every message
  ///   that it needs.
  public init(_ program: Program, rank: Int, order: [Int32]) throws(ExecutionError) {
    try self.init(program, rank: rank, order: order, regionOf: { _ in nil })
  }

  /// Cuts out the operations of a rank in program order, with every all-reduce of all ranks as one step.
  public init(callingLibraryFor program: Program, rank: Int) throws(ExecutionError) {
    let replacing = program.wholeReductions()
    try self.init(program, rank: rank, order: (0..<program.count).map { Int32($0) }) { operation in
      let region = program.regionIndices[operation]
      return region < 0 ? nil : replacing[Int(region)]
    }
  }

  private init(
    _ program: Program, rank: Int, order: [Int32], regionOf: (Int) -> Int?
  ) throws(ExecutionError) {
    var place = [Int](repeating: .max, count: program.count)
    for (index, operation) in order.enumerated() { place[Int(operation)] = index }
    var steps: [Step] = []
    // Of each all-reduce of a library: where it stands in the order, which step it is, and what it waits for.
    var calls: [Int: (position: Int, step: Int, after: [Int])] = [:]
    var (sent, received, reduced) = (Bytes.zero, Bytes.zero, Bytes.zero)
    for operation in order.map({ Int($0) }) where Int(program.ranks[operation]) == rank {
      let region = regionOf(operation)
      if let region, calls[region] == nil {
        calls[region] = (place[operation], steps.count, [])
        steps.append(.allReduce(region: region, after: []))
        reduced += Self.size(of: region, rank, program)
      }
      let position = region.flatMap { calls[$0]?.position } ?? place[operation]
      for dependency in program.dependencies(of: OperationID(Int32(operation))).map({ Int($0) }) {
        let other = regionOf(dependency)
        if other != nil && other == region { continue }
        // A call to a library has ended when the rank goes on; a message has two sides.
        let sides = other == nil ? Self.sides(of: dependency, program) : [dependency]
        guard sides.allSatisfy({ $0 >= 0 && place[$0] < position }) else {
          throw .deadlock(finished: steps.count, total: program.count)
        }
        if let region { calls[region]?.after.append(dependency) }
      }
      guard region == nil else { continue }
      steps.append(.operation(operation))
      switch program.kinds[operation] {
      case .send: sent += Bytes(program.messages[Int(program.subjects[operation])].bytes)
      case .receive: received += Bytes(program.messages[Int(program.subjects[operation])].bytes)
      default: break
      }
    }
    for (region, call) in calls { steps[call.step] = .allReduce(region: region, after: call.after) }
    (self.rank, self.steps, self.sent, self.received, self.reduced) = (rank, steps, sent, received, reduced)
  }

  private static func sides(of operation: Int, _ program: Program) -> [Int] {
    switch program.kinds[operation] {
    case .send, .receive:
      let message = program.messages[Int(program.subjects[operation])]
      // -1 for a side that the program lacks, which never comes.
      return [Int(message.send), Int(message.receive)]
    default: return [operation]
    }
  }

  private static func size(of region: Int, _ rank: Int, _ program: Program) -> Bytes {
    guard let slice = slice(of: region, rank, program) else { return .zero }
    return Bytes(slice.count * Int64(program.buffers[Int(slice.buffer.index)].type.size))
  }

  /// What a rank brings to the all-reduce of a region.
  static func slice(of region: Int, _ rank: Int, _ program: Program) -> Slice? {
    program.regions[region].reduction?.slices.first { Int(program.buffers[Int($0.buffer.index)].rank) == rank }
  }
}
