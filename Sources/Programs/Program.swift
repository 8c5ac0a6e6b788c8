import Quantities

/// An attention algorithm, worked out for one cluster and one workload: for each rank the operations that it runs.
///
/// A program is what the executors share: the simulator times it, the numerics run it on real tensors, and a listing
/// prints it. Operations stand in one program order in which every dependency comes before its dependents; operations
/// of one stream of one rank depend on one another in that order. A message starts when its `send` and its `receive`
/// have both been reached (a rendezvous: it lands in a buffer that exists), and both finish when it has arrived.
///
/// Operations are kept as a structure of arrays; operation *i* is the *i*-th entry of each. Build one with
/// ``ProgramBuilder``.
public struct Program: Sendable {
  /// The number of ranks.
  public internal(set) var worldSize: Int
  /// What each operation does.
  public internal(set) var kinds: [OperationKind] = []
  /// The rank that runs each operation.
  public internal(set) var ranks: [Int32] = []
  /// The stream of each operation.
  public internal(set) var streams: [Stream] = []
  /// What each operation is about: an index into ``kernels``, ``messages`` or ``buffers``, by its kind.
  public internal(set) var subjects: [Int32] = []
  /// The region of each operation, as an index into ``regions``; -1 for none.
  public internal(set) var regionIndices: [Int32] = []
  /// Where the dependencies of each operation start in ``dependencies``; one entry more than there are operations.
  public internal(set) var dependencyStarts: [Int32] = [0]
  /// The dependencies of all operations, those implied by streams included.
  public internal(set) var dependencies: [Int32] = []
  /// Where the operands of each operation start in ``operands``; one entry more than there are operations, or a single
  /// one in a program that keeps no operands.
  public internal(set) var operandStarts: [Int32] = [0]
  /// The operands of all operations, in the order that ``Action`` gives; one slice for a send or a receive.
  public internal(set) var operands: [Slice] = []
  /// Every message.
  public internal(set) var messages: [Message] = []
  /// Every distinct kernel.
  public internal(set) var kernels: [Kernel] = []
  /// Every buffer.
  public internal(set) var buffers: [Buffer] = []
  /// What buffers hold, in words.
  public internal(set) var labels: [String] = []
  /// What the attend kernels of a program with operands attend to, by the index of their operation.
  public internal(set) var attentions: [Int32: AttendedTokens] = [:]
  /// Which tokens the input buffers of a program with operands hold before it starts, by the index of the buffer.
  public internal(set) var heldTokens: [Int32: TokenRuns] = [:]
  /// The named parts.
  public internal(set) var regions: [Region] = []

  init(worldSize: Int) {
    self.worldSize = worldSize
  }

  /// The number of operations.
  public var count: Int { kinds.count }

  /// The operations that must finish before an operation starts.
  public func dependencies(of operation: OperationID) -> ArraySlice<Int32> {
    let index = Int(operation.index)
    return dependencies[Int(dependencyStarts[index])..<Int(dependencyStarts[index + 1])]
  }

  /// The slices that an operation reads and writes; none in a program that keeps no operands.
  public func operands(of operation: OperationID) -> ArraySlice<Slice> {
    let index = Int(operation.index)
    guard index + 1 < operandStarts.count else { return [] }
    return operands[Int(operandStarts[index])..<Int(operandStarts[index + 1])]
  }

  /// Which query tokens an attend kernel attends to which key tokens; nil for any other operation, and in a program
  /// that keeps no operands.
  public func attention(of operation: OperationID) -> AttendedTokens? { attentions[operation.index] }

  /// Which tokens an input buffer holds before the program starts; nil for any other buffer, and in a program that keeps
  /// no operands.
  public func tokens(heldBy buffer: BufferID) -> TokenRuns? { heldTokens[buffer.index] }

  /// The bytes of all messages.
  public var totalMessageBytes: Bytes {
    Bytes(messages.reduce(0) { $0 + $1.bytes })
  }

  /// The bytes that each rank sends.
  public var bytesSentByRank: [Bytes] {
    var sent = [Bytes](repeating: .zero, count: worldSize)
    for message in messages { sent[Int(message.from)] += Bytes(message.bytes) }
    return sent
  }
}
