import Programs
import Topologies

/// What has been executed of a program, and what could be next.
struct ExecutionProgress<Scalar> {
  enum MessageState {
    case unreached
    case halfReached
    case underWay([Scalar])
    case arrived
  }

  private var pending: [Int32]
  private var successors: [[Int32]]
  private var candidates: [Int32]
  var messages: [MessageState]
  private(set) var finishedCount = 0
  private let sends: [Int32]
  /// Whether no operation has been drawn by chance, so that messages arrive when both their sides are there.
  private(set) var arrivesAtOnce = true

  init(_ program: Program) {
    pending = (0..<program.count).map { program.dependencyStarts[$0 + 1] - program.dependencyStarts[$0] }
    successors = [[Int32]](repeating: [], count: program.count)
    for index in 0..<program.count {
      for dependency in program.dependencies(of: OperationID(Int32(index))) {
        successors[Int(dependency)].append(Int32(index))
      }
    }
    candidates = []
    for index in pending.indices where pending[index] == 0 { candidates.append(Int32(index)) }
    messages = program.messages.map { _ in .unreached }
    sends = program.messages.map(\.send)
  }

  /// Draws one of the operations that can be taken now; nil when none can.
  mutating func draw(using chance: inout SplitMix) -> Int? {
    arrivesAtOnce = false
    guard !candidates.isEmpty else { return nil }
    let place = Int.random(in: 0..<candidates.count, using: &chance)
    candidates.swapAt(place, candidates.count - 1)
    return candidates.popLast().map { Int($0) }
  }

  /// Lets a message arrive at some later time.
  mutating func arrives(_ message: Int) { candidates.append(sends[message]) }

  mutating func finish(_ operation: Int) {
    finishedCount += 1
    for successor in successors[operation] {
      pending[Int(successor)] -= 1
      if pending[Int(successor)] == 0 { candidates.append(successor) }
    }
  }
}

/// The generator SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return SeededHash.finish(state)
  }
}
