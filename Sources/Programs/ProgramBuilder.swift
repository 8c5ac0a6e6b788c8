import Quantities

/// Builds a ``Program`` operation by operation.
///
///     var builder = ProgramBuilder(worldSize: 2)
///     let shard = builder.buffer(rank: 0, label: "K shard", elements: 1024, type: .bf16, persistent: true)
///     let inbox = builder.buffer(rank: 1, label: "K receive", elements: 1024, type: .bf16)
///     let live = builder.allocate(inbox)
///     builder.transfer(
///       Slice(shard, offset: 0, count: 1024), to: Slice(inbox, offset: 0, count: 1024), receiveAfter: .one(live))
///     let program = builder.build()
public struct ProgramBuilder {
  private var program: Program
  private var lastOnStream: [Int32]
  private var labelIndices: [String: Int32] = [:]
  private var kernelIndices: [Kernel: Int32] = [:]
  /// The kernel added last and its index: programs repeat themselves, and comparing is cheaper than hashing.
  private var lastKernel: (kernel: Kernel, index: Int32)?
  private var openRegions: [Int32] = []
  private var innermostRegion: Int32 = -1
  private var unmatched: [Envelope: [Int32]] = [:]
  /// Whether operations remember their slices; where not, none need be given.
  public let keepsOperands: Bool

  /// Starts an empty program.
  ///
  /// - Parameters:
  ///   - worldSize: The number of ranks.
  ///   - keepsOperands: Whether operations remember their slices. The simulator needs none; leaving them out saves a
  ///     third of the memory of very large programs.
  public init(worldSize: Int, keepsOperands: Bool = true) {
    program = Program(worldSize: worldSize)
    lastOnStream = [Int32](repeating: -1, count: worldSize * Stream.count)
    self.keepsOperands = keepsOperands
  }

  /// The number of ranks.
  public var worldSize: Int { program.worldSize }

  /// The finished program.
  public consuming func build() -> Program { program }

  /// Makes room for so many more operations, messages, dependencies and buffers, so that adding them moves nothing.
  ///
  /// More may be added all the same; a program of a million operations is built twice as fast when the counts are about
  /// right.
  ///
  /// - Parameters:
  ///   - operations: The number of operations, a send and a receive for each message among them.
  ///   - messages: The number of messages.
  ///   - dependencies: The number of dependencies, those that streams imply included.
  ///   - buffers: The number of buffers.
  public mutating func reserve(operations: Int, messages: Int, dependencies: Int, buffers: Int = 0) {
    program.kinds.makeRoom(for: operations)
    program.ranks.makeRoom(for: operations)
    program.streams.makeRoom(for: operations)
    program.subjects.makeRoom(for: operations)
    program.regionIndices.makeRoom(for: operations)
    program.dependencyStarts.makeRoom(for: operations)
    if keepsOperands { program.operandStarts.makeRoom(for: operations) }
    program.dependencies.makeRoom(for: dependencies)
    program.messages.makeRoom(for: messages)
    program.buffers.makeRoom(for: buffers)
  }

  // MARK: Buffers

  /// Declares a buffer.
  ///
  /// - Parameters:
  ///   - rank: The rank whose memory it lies in.
  ///   - label: What it holds, in a word or two: the rows of a memory breakdown.
  ///   - elements: How many elements it holds.
  ///   - type: The type of its elements.
  ///   - persistent: Whether it lives throughout; otherwise it needs ``allocate(_:after:)``.
  ///   - tokens: For an input, the tokens whose queries, or keys and values, it holds before the program starts.
  public mutating func buffer(
    rank: Int, label: String, elements: Int, type: DataType, persistent: Bool = false, holding tokens: TokenRuns? = nil
  ) -> BufferID {
    if keepsOperands, let tokens { program.heldTokens[Int32(program.buffers.count)] = tokens }
    program.buffers.append(
      Buffer(
        rank: Int32(rank), label: index(ofLabel: label), persistent: persistent, type: type, elements: Int64(elements)))
    return BufferID(Int32(program.buffers.count - 1))
  }

  private mutating func index(ofLabel label: String) -> Int32 {
    // A program has a handful of labels, and comparing them is cheaper than hashing one.
    for place in program.labels.indices.prefix(8) where program.labels[place] == label { return Int32(place) }
    if let known = labelIndices[label] { return known }
    let index = Int32(program.labels.count)
    labelIndices[label] = index
    program.labels.append(label)
    return index
  }

  /// The whole of a buffer.
  public func whole(_ buffer: BufferID) -> Slice {
    Slice(buffer, offset: 0, count: program.buffers[Int(buffer.index)].elements)
  }

  /// Makes a buffer live once the dependencies have finished.
  @discardableResult
  public mutating func allocate(_ buffer: BufferID, after: Dependencies = .none) -> OperationID {
    append(
      .allocate, rank: program.buffers[Int(buffer.index)].rank, stream: .unordered, subject: buffer.index, after: after)
  }

  /// Ends the life of a buffer once the dependencies have finished.
  @discardableResult
  public mutating func free(_ buffer: BufferID, after: Dependencies) -> OperationID {
    append(
      .free, rank: program.buffers[Int(buffer.index)].rank, stream: .unordered, subject: buffer.index, after: after)
  }

  // MARK: Work

  /// Runs a kernel.
  ///
  /// - Parameters:
  ///   - kernel: What it does and costs.
  ///   - rank: The rank that runs it.
  ///   - stream: The queue that it waits in.
  ///   - operands: Its slices, in the order that ``Action`` gives.
  ///   - attention: For an attend kernel, the tokens of its queries and keys; only read where operands are kept.
  ///   - after: The operations that must finish first.
  @discardableResult
  public mutating func compute(
    _ kernel: Kernel, rank: Int, stream: Stream = .compute, operands: [Slice] = [],
    attending attention: AttendedTokens? = nil,
    after: Dependencies = .none
  ) -> OperationID {
    if keepsOperands, let attention { program.attentions[Int32(program.count)] = attention }
    let index: Int32
    if let lastKernel, lastKernel.kernel == kernel {
      index = lastKernel.index
    } else if let known = kernelIndices[kernel] {
      index = known
    } else {
      index = Int32(program.kernels.count)
      kernelIndices[kernel] = index
      program.kernels.append(kernel)
    }
    lastKernel = (kernel, index)
    if keepsOperands { program.operands.append(contentsOf: operands) }
    return append(.compute, rank: Int32(rank), stream: stream, subject: index, after: after)
  }

  /// Moves a slice to another rank: a `send` there and a `receive` here.
  ///
  /// - Parameters:
  ///   - source: What is sent; its buffer's rank sends.
  ///   - target: Where it lands; its buffer's rank receives, and it holds as many elements as `source`.
  ///   - sendStream: The sender's queue.
  ///   - receiveStream: The receiver's queue.
  ///   - sendAfter: What must finish before the sender reaches it.
  ///   - receiveAfter: What must finish before the receiver reaches it.
  @discardableResult
  public mutating func transfer(
    _ source: Slice, to target: Slice, sendStream: Stream = .send, receiveStream: Stream = .receive,
    sendAfter: Dependencies = .none, receiveAfter: Dependencies = .none
  ) -> (send: OperationID, receive: OperationID) {
    let sender = program.buffers[Int(source.buffer.index)]
    let receiver = program.buffers[Int(target.buffer.index)]
    let message = Int32(program.messages.count)
    if keepsOperands { program.operands.append(source) }
    let send = append(.send, rank: sender.rank, stream: sendStream, subject: message, after: sendAfter)
    if keepsOperands { program.operands.append(target) }
    let receive = append(.receive, rank: receiver.rank, stream: receiveStream, subject: message, after: receiveAfter)
    program.messages.append(
      Message(
        from: sender.rank, to: receiver.rank, send: send.index, receive: receive.index,
        bytes: source.count * Int64(sender.type.size)))
    return (send, receive)
  }

  /// Sends a slice to a rank that receives it by an operation of its own, as a program written rank by rank does.
  ///
  /// Sends and receives between the same two ranks with the same tag match in the order in which they are added. One
  /// that is never matched leaves a program that waits for ever, which running it reports.
  ///
  /// - Parameters:
  ///   - source: What is sent; its buffer's rank sends.
  ///   - rank: The rank that receives.
  ///   - tag: Tells apart messages between the same ranks.
  ///   - stream: The sender's queue.
  ///   - after: What must finish before the sender reaches it.
  @discardableResult
  public mutating func send(
    _ source: Slice, to rank: Int, tag: Int = 0, stream: Stream = .send, after: Dependencies = .none
  ) -> OperationID {
    let sender = program.buffers[Int(source.buffer.index)]
    let envelope = Envelope(from: sender.rank, to: Int32(rank), tag: tag, isSend: false)
    let message = matching(envelope, isSend: true)
    if keepsOperands { program.operands.append(source) }
    let operation = append(.send, rank: sender.rank, stream: stream, subject: message, after: after)
    program.messages[Int(message)].send = operation.index
    program.messages[Int(message)].bytes = source.count * Int64(sender.type.size)
    return operation
  }

  /// Receives a slice from a rank that sends it by an operation of its own; see ``send(_:to:tag:stream:after:)``.
  @discardableResult
  public mutating func receive(
    _ target: Slice, from rank: Int, tag: Int = 0, stream: Stream = .receive, after: Dependencies = .none
  ) -> OperationID {
    let receiver = program.buffers[Int(target.buffer.index)]
    let envelope = Envelope(from: Int32(rank), to: receiver.rank, tag: tag, isSend: true)
    let message = matching(envelope, isSend: false)
    if keepsOperands { program.operands.append(target) }
    let operation = append(.receive, rank: receiver.rank, stream: stream, subject: message, after: after)
    program.messages[Int(message)].receive = operation.index
    return operation
  }

  /// The first message that waits for its other side in this envelope, or a new one that waits for this side's peer.
  private mutating func matching(_ wanted: Envelope, isSend: Bool) -> Int32 {
    if var waiting = unmatched[wanted], !waiting.isEmpty {
      let message = waiting.removeFirst()
      unmatched[wanted] = waiting
      return message
    }
    let message = Int32(program.messages.count)
    program.messages.append(Message(from: wanted.from, to: wanted.to, send: -1, receive: -1, bytes: 0))
    var own = wanted
    own.isSend = isSend
    unmatched[own, default: []].append(message)
    return message
  }

  /// What matches a send and a receive that are added apart, and which of the two is there already.
  private struct Envelope: Hashable {
    var from: Int32
    var to: Int32
    var tag: Int
    var isSend: Bool
  }

  // MARK: Regions

  /// Opens a named part; operations added until ``endRegion()`` belong to it.
  ///
  /// - Parameters:
  ///   - name: What the part is.
  ///   - detail: How it is done; empty where that needs no word.
  ///   - reduction: The all-reduce that the part amounts to; nil for any other part.
  public mutating func beginRegion(_ name: String, detail: String = "", reduction: RegionReduction? = nil) {
    program.regions.append(Region(name: name, detail: detail, parent: openRegions.last, reduction: reduction))
    innermostRegion = Int32(program.regions.count - 1)
    openRegions.append(innermostRegion)
  }

  /// Closes the innermost open part.
  public mutating func endRegion() {
    _ = openRegions.popLast()
    innermostRegion = openRegions.last ?? -1
  }

  // MARK: Appending

  private mutating func append(
    _ kind: OperationKind, rank: Int32, stream: Stream, subject: Int32, after: Dependencies
  ) -> OperationID {
    let index = Int32(program.kinds.count)
    program.kinds.append(kind)
    program.ranks.append(rank)
    program.streams.append(stream)
    program.subjects.append(subject)
    program.regionIndices.append(innermostRegion)
    switch after {
    case .none: break
    case .one(let first): program.dependencies.append(first.index)
    case .two(let first, let second):
      program.dependencies.append(first.index)
      program.dependencies.append(second.index)
    case .all(let all):
      for operation in all { program.dependencies.append(operation.index) }
    }
    if stream != .unordered {
      let slot = Int(rank) * Stream.count + Int(stream.index)
      if lastOnStream[slot] >= 0 { program.dependencies.append(lastOnStream[slot]) }
      lastOnStream[slot] = index
    }
    program.dependencyStarts.append(Int32(program.dependencies.count))
    if keepsOperands { program.operandStarts.append(Int32(program.operands.count)) }
    return OperationID(index)
  }
}

extension Array {
  /// Makes room for so many more elements. Unlike `reserveCapacity` it still grows by a share of what there is, so that
  /// making room often costs no more than once.
  fileprivate mutating func makeRoom(for more: Int) {
    guard count + more > capacity else { return }
    reserveCapacity(Swift.max(count + more, capacity + capacity / 2))
  }
}
