import Programs

/// For each member, the operations that end what it has done so far: the next phase waits for them.
struct Frontier {
  /// The operations, by member.
  private var ends: [[OperationID]]
  /// What a scratch that peers write into waits for, by member.
  private var openings: [Dependencies]
  private let launches: [OperationID]

  /// Starts from the launch of each member's kernel; a peer may write into a scratch before that kernel runs.
  init(_ launches: [OperationID], ready: [Dependencies]) {
    ends = launches.map { [$0] }
    openings = ready
    self.launches = launches
  }

  /// What a member's next operation waits for.
  subscript(member: Int) -> Dependencies { Dependencies(ends[member]) }

  /// The launch of a member's kernel.
  func launch(_ member: Int) -> Dependencies { .one(launches[member]) }

  /// What a scratch that peers write into waits for.
  func opening(_ member: Int) -> Dependencies { openings[member] }

  /// What each member's next operation waits for.
  var dependencies: [Dependencies] { ends.map(Dependencies.init(_:)) }

  /// Moves a member on; a member without new operations stays where it was.
  mutating func advance(_ member: Int, to operations: [OperationID]) {
    guard !operations.isEmpty else { return }
    ends[member] = operations
    openings[member] = Dependencies(operations)
  }

  /// Joins another frontier that started from the same place.
  mutating func join(_ other: Frontier) {
    for (member, operations) in other.ends.enumerated() where operations != ends[member] {
      ends[member] += operations
      openings[member] = Dependencies(ends[member])
    }
  }
}

extension Dependencies {
  /// The given operations, in the form that needs the least memory.
  init(_ operations: [OperationID]) {
    switch operations.count {
    case 0: self = .none
    case 1: self = .one(operations[0])
    case 2: self = .two(operations[0], operations[1])
    default: self = .all(operations)
    }
  }

  /// These and one more, when there is one.
  func and(_ operation: OperationID?) -> Dependencies {
    operation.map { Dependencies(operations + [$0]) } ?? self
  }
}
