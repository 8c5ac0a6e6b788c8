import Programs

/// For each member, the operations that end what it has done so far: the next phase waits for them.
struct Frontier {
  /// The operations, by member.
  private var ends: [Dependencies]
  /// What a scratch that peers write into waits for, by member.
  private var openings: [Dependencies]
  private let launches: [OperationID]

  /// Starts from the launch of each member's kernel; a peer may write into a scratch before that kernel runs.
  init(_ launches: [OperationID], ready: [Dependencies]) {
    ends = launches.map { .one($0) }
    openings = ready
    self.launches = launches
  }

  /// What a member's next operation waits for.
  subscript(member: Int) -> Dependencies { ends[member] }

  /// The launch of a member's kernel.
  func launch(_ member: Int) -> Dependencies { .one(launches[member]) }

  /// What a scratch that peers write into waits for.
  func opening(_ member: Int) -> Dependencies { openings[member] }

  /// What each member's next operation waits for.
  var dependencies: [Dependencies] { ends }

  /// Moves a member on; a member without new operations stays where it was.
  mutating func advance(_ member: Int, to operations: Dependencies) {
    if case .none = operations { return }
    ends[member] = operations
    openings[member] = operations
  }

  /// Joins another frontier that started from the same place.
  mutating func join(_ other: Frontier) {
    for member in ends.indices {
      let (own, others) = (ends[member].operations, other.ends[member].operations)
      guard own != others else { continue }
      ends[member] = Dependencies(own + others)
      openings[member] = ends[member]
    }
  }
}
