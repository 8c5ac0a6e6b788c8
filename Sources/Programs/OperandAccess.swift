/// What an operation does with one of its slices.
public enum OperandAccess: Sendable, Hashable {
  /// Reads it.
  case read
  /// Writes all of it, whatever was there.
  case write
  /// Reads it and writes all of it.
  case update

  /// Whether the slice is read.
  public var reads: Bool { self != .write }
  /// Whether the slice is written.
  public var writes: Bool { self != .read }
}

extension Action {
  /// Whether a kernel of this action can have so many operands.
  public func takes(operands count: Int) -> Bool {
    switch self {
    case .attend: count >= 4
    case .attendInto: count == 5
    case .rescale, .normalise: count == 2 || count == 3
    case .reduce, .expandHeads, .copy: count == 2
    case .launch: count == 0
    }
  }

  /// How many operands at the end of an ``attend`` are its outputs; the blocks before them are pairs.
  public static func attendOutputs(of count: Int) -> Int { count.isMultiple(of: 2) ? 1 : 2 }

  /// What a kernel of this action does with its operand at a place, where it has `count` operands.
  public func access(ofOperand place: Int, of count: Int) -> OperandAccess {
    switch self {
    case .attend: place < count - Self.attendOutputs(of: count) ? .read : .write
    case .attendInto: place < 3 ? .read : .update
    case .rescale: place == count - 1 ? .read : .update
    case .normalise, .expandHeads, .copy: place == count - 1 ? .write : .read
    case .reduce: place == 0 ? .update : .read
    case .launch: .read
    }
  }
}

extension Program {
  /// The slices of an operation and what it does with each; none of an `allocate` or a `free`, nor in a program that
  /// keeps no operands.
  public func accesses(of operation: Int) -> [(slice: Slice, access: OperandAccess)] {
    let slices = operands(of: OperationID(Int32(operation)))
    switch kinds[operation] {
    case .send: return slices.map { ($0, .read) }
    case .receive: return slices.map { ($0, .write) }
    case .allocate, .free: return []
    case .compute:
      let action = kernels[Int(subjects[operation])].action
      return slices.enumerated().map { ($1, action.access(ofOperand: $0, of: slices.count)) }
    }
  }

  /// The name of a buffer for a person, such as "'KV shard' of rank 3".
  public func name(of buffer: BufferID) -> String {
    let entry = buffers[Int(buffer.index)]
    return "'\(labels[Int(entry.label)])' of rank \(entry.rank)"
  }
}
