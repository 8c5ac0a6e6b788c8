import Quantities

/// The ranks of this process among those that do collectives together, each a device: communicators of NCCL, given back
/// when nobody holds them any more.
public final class CollectiveGroup {
  /// A rank of this process.
  public struct Member {
    /// Its device.
    public let session: DeviceSession
    /// Its number among all ranks.
    public let rank: Int
    let communicator: NCCLLibrary.Communicator
  }

  /// NCCL.
  public let library: NCCLLibrary
  /// The ranks of this process.
  public let members: [Member]
  /// The number of ranks of all processes.
  public let worldSize: Int
  /// How long what was put on streams may take.
  public let limit: Seconds
  private var hasFailed = false
  /// Asks whether another process has told that its ranks can't go on, while this one waits for them.
  public var findsFailure: (() -> CUDAError?)?

  /// Makes every device of one process a rank.
  ///
  /// - Parameters:
  ///   - library: NCCL.
  ///   - sessions: The devices, no two the same.
  ///   - limit: How long what was put on streams may take.
  /// - Throws: ``CUDAError``.
  public init(library: NCCLLibrary, sessions: [DeviceSession], limit: Seconds) throws(CUDAError) {
    var communicators = [NCCLLibrary.Communicator?](repeating: nil, count: sessions.count)
    let numbers = sessions.map { CInt($0.device.index) }
    let purpose = "making \(sessions.count) devices the ranks of collectives"
    try library.check(library.joinAll(&communicators, CInt(sessions.count), numbers), "ncclCommInitAll", purpose)
    self.library = library
    self.limit = limit
    worldSize = sessions.count
    members = zip(sessions, communicators).enumerated().compactMap { rank, pair in
      pair.1.map { Member(session: pair.0, rank: rank, communicator: $0) }
    }
    try checkRanks(purpose)
  }

  /// Joins with one device the ranks of other processes, all of which must do so.
  ///
  /// - Parameters:
  ///   - library: NCCL.
  ///   - session: The device.
  ///   - rank: The number of this process among all.
  ///   - worldSize: How many there are.
  ///   - id: What one of them got of ``NCCLLibrary/newID()``.
  ///   - limit: How long what was put on streams may take.
  /// - Throws: ``CUDAError``.
  public init(
    library: NCCLLibrary, session: DeviceSession, rank: Int, worldSize: Int, id: [UInt8], limit: Seconds
  ) throws(CUDAError) {
    let purpose = "joining \(worldSize) ranks as rank \(rank)"
    try session.use(purpose)
    var communicator: NCCLLibrary.Communicator?
    try library.check(
      library.join(&communicator, ranks: worldSize, id: id, rank: rank), "ncclCommInitRank", purpose)
    self.library = library
    self.limit = limit
    self.worldSize = worldSize
    members = communicator.map { [Member(session: session, rank: rank, communicator: $0)] } ?? []
    try checkRanks(purpose)
  }

  deinit {
    for member in members {
      _ = member.session.driver.setContext(member.session.context)
      // Destroying waits for what is under way, which may never end.
      _ = hasFailed ? library.giveUp(member.communicator) : library.destroy(member.communicator)
    }
  }

  private func checkRanks(_ purpose: String) throws(CUDAError) {
    for member in members {
      var count: CInt = 0
      try library.check(library.rankCount(member.communicator, &count), "ncclCommCount", purpose)
      guard count == worldSize else {
        throw .noDevice("NCCL made \(count) ranks, expected \(worldSize)")
      }
    }
  }

  /// Throws where a function of NCCL failed: ``CUDAError/deviceLost(_:)`` where NVML can't reach one of the devices either.
  func check(_ code: CInt, _ function: String, _ purpose: String) throws(CUDAError) {
    guard code != 0 else { return }
    hasFailed = true
    if let lost = members.first(where: { $0.session.isLost }) {
      throw .deviceLost("\(purpose) (device \(lost.session.device.index))")
    }
    try library.check(code, function, purpose)
  }

  /// Puts what a body asks of every rank of this process on the streams, as one group.
  ///
  /// - Throws: ``CUDAError``.
  func group(_ purpose: String, _ body: (Member) throws(CUDAError) -> Void) throws(CUDAError) {
    try check(library.beginGroup(), "ncclGroupStart", purpose)
    do throws(CUDAError) {
      for member in members { try body(member) }
    } catch {
      hasFailed = true
      _ = library.endGroup()
      throw error
    }
    try check(library.endGroup(), "ncclGroupEnd", purpose)
  }

  /// Asks for one rank's part of a collective.
  ///
  /// - Parameters:
  ///   - collective: The collective; the sum where it adds up, rank 0 where it has a root.
  ///   - count: The count of the call, of elements.
  ///   - type: Their type.
  ///   - source: Where the rank's data are.
  ///   - target: Where the result goes.
  ///   - member: The rank.
  /// - Throws: ``CUDAError``.
  func call(
    _ collective: Collective, count: Int, type: CollectiveType, source: UInt64, target: UInt64, _ member: Member
  ) throws(CUDAError) {
    let purpose = "\(collective.rawValue) on rank \(member.rank)"
    let (from, to) = (UnsafeRawPointer(bitPattern: UInt(source)), UnsafeMutableRawPointer(bitPattern: UInt(target)))
    let (kind, owner, stream) = (type.number, member.communicator, member.session.stream)
    func exchange(
      _ from: UnsafeRawPointer?, to peer: Int, _ target: UnsafeMutableRawPointer?, from other: Int
    ) throws(CUDAError) {
      try check(library.send(from, count, kind, CInt(peer), owner, stream), "ncclSend", purpose)
      try check(library.receive(target, count, kind, CInt(other), owner, stream), "ncclRecv", purpose)
    }
    switch collective {
    // The third number is ncclSum for those that add up, and the root of a broadcast.
    case .allReduce: try check(library.allReduce(from, to, count, kind, 0, owner, stream), "ncclAllReduce", purpose)
    case .reduceScatter:
      try check(library.reduceScatter(from, to, count, kind, 0, owner, stream), "ncclReduceScatter", purpose)
    case .broadcast: try check(library.broadcast(from, to, count, kind, 0, owner, stream), "ncclBroadcast", purpose)
    case .allGather: try check(library.allGather(from, to, count, kind, owner, stream), "ncclAllGather", purpose)
    case .allToAll:
      let part = count * type.byteCount
      for peer in 0..<worldSize {
        try exchange(from.map { $0 + peer * part }, to: peer, to.map { $0 + peer * part }, from: peer)
      }
    case .sendReceive:
      try exchange(
        from, to: (member.rank + 1) % worldSize, to, from: (member.rank + worldSize - 1) % worldSize)
    }
  }

  /// Waits until all events are reached, while NCCL is asked whether it has found an error.
  ///
  /// - Throws: ``CUDAError``: `late` where that takes too long, `collective`, `deviceLost`, `call`.
  func wait(for events: [DeviceEvent], _ purpose: String) throws(CUDAError) {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(limit.seconds))
    do throws(CUDAError) {
      while true {
        var areReached = true
        for event in events where areReached { areReached = try event.isReached(purpose) }
        for member in members {
          var code: CInt = 0
          try check(library.laterError(member.communicator, &code), "ncclCommGetAsyncError", purpose)
          try check(code, "what NCCL does on rank \(member.rank)", purpose)
        }
        if areReached { return }
        if let failure = findsFailure?() { throw failure }
        guard clock.now < end else { throw CUDAError.late(purpose: purpose, limit: limit) }
      }
    } catch {
      hasFailed = true
      throw error
    }
  }
}
