import Programs
import Quantities

/// What programs ask of NCCL, on queues of their own.
extension CollectiveGroup {
  /// Whether other processes have ranks too.
  var isDistributed: Bool { members.count < worldSize }

  /// Asks for one rank's part of an all-reduce in place.
  ///
  /// - Parameters:
  ///   - reduction: How elements combine.
  ///   - count: How many there are.
  ///   - type: Their type.
  ///   - address: Where they are.
  ///   - member: The rank.
  ///   - queue: The queue.
  /// - Throws: ``CUDAError``; `program` for what NCCL does not do.
  func allReduce(
    _ reduction: Reduction, count: Int, type: DataType, at address: UInt64, _ member: Member, on queue: DeviceQueue
  ) throws(CUDAError) {
    let purpose = "all-reduce \(reduction.rawValue) on rank \(member.rank)"
    // ncclRedOp_t and ncclDataType_t of nccl.h.
    let how: CInt
    switch reduction {
    case .sum: how = 0
    case .maximum: how = 2
    case .onlineSoftmax: throw .program("NCCL has no \(purpose)")
    }
    let kind: CollectiveType
    switch type {
    case .fp16: kind = .fp16
    case .bf16: kind = .bf16
    case .fp32: kind = .fp32
    case .fp8: throw .program("NCCL adds up no fp8")
    }
    let pointer = UnsafeMutableRawPointer(bitPattern: UInt(address))
    try check(
      library.allReduce(UnsafeRawPointer(pointer), pointer, count, kind.number, how, member.communicator, queue.stream),
      "ncclAllReduce", purpose)
  }

  /// Asks for one rank's sending of bytes.
  ///
  /// - Throws: ``CUDAError``.
  func send(
    _ byteCount: Int, from address: UInt64, to peer: Int, _ member: Member, on queue: DeviceQueue
  ) throws(CUDAError) {
    try check(
      library.send(
        UnsafeRawPointer(bitPattern: UInt(address)), byteCount, CollectiveType.int8.number, CInt(peer),
        member.communicator, queue.stream), "ncclSend", "sending from rank \(member.rank) to rank \(peer)")
  }

  /// Asks for one rank's receiving of bytes.
  ///
  /// - Throws: ``CUDAError``.
  func receive(
    _ byteCount: Int, at address: UInt64, from peer: Int, _ member: Member, on queue: DeviceQueue
  ) throws(CUDAError) {
    try check(
      library.receive(
        UnsafeMutableRawPointer(bitPattern: UInt(address)), byteCount, CollectiveType.int8.number, CInt(peer),
        member.communicator, queue.stream), "ncclRecv", "receiving on rank \(member.rank) from rank \(peer)")
  }

  /// Lets the ranks of all processes begin together: an all-reduce of one element on each device's own stream.
  ///
  /// - Parameter signals: Memory of each member for two elements of fp32.
  /// - Throws: ``CUDAError``.
  func start(_ signals: [DeviceBuffer], _ purpose: String) throws(CUDAError) {
    try group(purpose) { member throws(CUDAError) in
      guard let place = members.firstIndex(where: { $0.rank == member.rank }) else { return }
      let signal = signals[place]
      try call(.allReduce, count: 1, type: .fp32, source: signal.address, target: signal.address + 4, member)
    }
  }

  /// Memory for ``start(_:_:)``.
  ///
  /// - Throws: ``CUDAError``.
  func signals(for purpose: String) throws(CUDAError) -> [DeviceBuffer] {
    var signals: [DeviceBuffer] = []
    for member in members {
      signals.append(try member.session.buffer([UInt32](repeating: 0, count: 2), for: "the start of \(purpose)"))
    }
    return signals
  }
}
