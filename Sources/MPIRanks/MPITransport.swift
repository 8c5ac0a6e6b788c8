import CPUNumerics
import Quantities

#if MPI
  import CMPI

  /// The messages and all-reduces of one rank over MPI, each process of `mpirun` being a rank.
  ///
  ///     let transport = try MPITransport(timeout: Seconds(30))
  ///     transport.program = "tree, 1 all-reduce"  // named in errors
  ///     …
  ///     try transport.finish()
  ///
  /// A message's tag is its number in its program. Programs one after another use the same tags: between two ranks MPI
  /// matches sends and receives with the same tag in the order in which they are posted, and each rank posts all of one
  /// program before any of the next.
  public final class MPITransport: RankTransport {
    /// This rank, from 0.
    public let rank: Int
    /// The number of ranks.
    public let worldSize: Int
    /// What is being executed, for errors.
    public var program = ""
    /// The name and version of the library, such as "Open MPI v4.1.4".
    public let library: String
    private let timeout: Seconds
    private let largestTag: Int
    private var underWay: [Key: OpaquePointer] = [:]

    /// The two sides of a message to oneself are two transfers.
    private struct Key: Hashable {
      let message: Int
      let isSend: Bool
    }

    /// Joins the ranks that `mpirun` has started; without `mpirun`, one rank alone.
    ///
    /// - Parameter timeout: How long the rank waits for one message or one collective.
    /// - Throws: ``MPIFailure`` when MPI can't be started.
    public init(timeout: Seconds) throws(MPIFailure) {
      var (rank, size, largestTag): (Int32, Int32, Int32) = (0, 0, 0)
      let code = treeline_mpi_start(
        timeout.seconds, "MPI has not started within \(timeout): some rank has not come; --mpi-timeout allows longer",
        &rank,
        &size, &largestTag)
      guard code == 0 else { throw .failedCall(rank: Int(rank), call: "MPI_Init", reason: Self.words(code)) }
      self.rank = Int(rank)
      self.timeout = timeout
      self.largestTag = Int(largestTag)
      worldSize = Int(size)
      library = Self.text(512) { treeline_mpi_library($0, $1) }
    }

    /// Leaves the other ranks. Nothing can be asked of MPI afterwards.
    public func finish() throws(MPIFailure) {
      try check(treeline_mpi_finish(timeout.seconds, late("MPI_Finalize")), "MPI_Finalize")
    }

    /// Ends all ranks at once; `mpirun` ends with the exit code given.
    public func endAllRanks(code: Int32) { treeline_mpi_end_all(code) }

    /// What MPI_Isend, MPI_Irecv and MPI_Allreduce have been asked for in this process.
    public var traffic: RankTraffic {
      let traffic = treeline_mpi_traffic_so_far()
      return RankTraffic(
        sent: Bytes(traffic.sent), received: Bytes(traffic.received), messagesSent: Int(traffic.messages_sent),
        reduced: Bytes(traffic.reduced))
    }

    /// Starts MPI_Isend of a copy of the bytes.
    public func send(_ bytes: [UInt8], _ transfer: RankTransfer) throws {
      let tag = try tag(transfer)
      var pointer: OpaquePointer?
      let code = treeline_mpi_send(bytes, bytes.count, Int32(transfer.peer), tag, &pointer)
      underWay[Key(message: transfer.message, isSend: true)] = pointer
      try check(code, "MPI_Isend")
    }

    /// Starts MPI_Irecv.
    public func receive(_ transfer: RankTransfer) throws {
      let tag = try tag(transfer)
      var pointer: OpaquePointer?
      let code = treeline_mpi_receive(transfer.bytes, Int32(transfer.peer), tag, &pointer)
      underWay[Key(message: transfer.message, isSend: false)] = pointer
      try check(code, "MPI_Irecv")
    }

    /// Calls MPI_Test until it has finished, or throws ``MPIFailure/noAnswer(rank:timeout:message:peer:isSend:operation:program:)``.
    public func wait(for transfer: RankTransfer) throws -> [UInt8] {
      guard let pointer = underWay.removeValue(forKey: Key(message: transfer.message, isSend: transfer.isSend)) else {
        return []
      }
      defer { treeline_mpi_release(pointer) }
      let clock = ContinuousClock()
      let deadline = clock.now.advanced(by: .seconds(timeout.seconds))
      var (done, received): (Int32, Int) = (0, 0)
      while true {
        try check(treeline_mpi_test(pointer, &done, &received), "MPI_Test")
        if done != 0 { break }
        guard clock.now < deadline else {
          throw MPIFailure.noAnswer(
            rank: rank, timeout: timeout, message: transfer.message, peer: transfer.peer, isSend: transfer.isSend,
            operation: transfer.operation, program: program)
        }
        // There may be more ranks than cores.
        treeline_mpi_yield()
      }
      guard !transfer.isSend else { return [] }
      guard received == transfer.bytes else {
        throw MPIFailure.wrongSize(
          rank: rank, operation: transfer.operation, found: received, expected: transfer.bytes)
      }
      return Array(UnsafeRawBufferPointer(start: treeline_mpi_bytes(pointer), count: received))
    }

    /// Calls MPI_Allreduce; where that takes too long, the process ends with exit code 69.
    public func allReduce(_ bytes: inout [UInt8], _ reduction: PackedReduction, name: String) throws {
      let what = late("MPI_Allreduce (\(name), of \(program))")
      let code = withUnsafePointer(to: reduction) { context in
        bytes.withUnsafeMutableBytes { bytes in
          treeline_mpi_all_reduce(
            bytes.baseAddress, bytes.count / reduction.bytesPerUnit, reduction.bytesPerUnit,
            { source, target, units, context in
              guard let context = context?.assumingMemoryBound(to: PackedReduction.self) else { return }
              let count = units * context.pointee.bytesPerUnit
              context.pointee.combine(
                UnsafeRawBufferPointer(start: source, count: count),
                into: UnsafeMutableRawBufferPointer(start: target, count: count))
            }, context, timeout.seconds, what)
        }
      }
      try check(code, "MPI_Allreduce")
    }

    /// Calls MPI_Gather; where that takes too long, the process ends with exit code 69.
    public func gather(_ numbers: [Double]) throws -> [[Double]] {
      var all = [Double](repeating: 0, count: rank == 0 ? numbers.count * worldSize : 0)
      let code = all.withUnsafeMutableBufferPointer {
        treeline_mpi_gather(numbers, numbers.count, $0.baseAddress, timeout.seconds, late("MPI_Gather of the results"))
      }
      try check(code, "MPI_Gather")
      guard rank == 0 else { return [] }
      return (0..<worldSize).map { Array(all[$0 * numbers.count..<($0 + 1) * numbers.count]) }
    }

    /// Calls MPI_Bcast: what rank 0 gives, of the size that all give; where that takes too long, the process ends with exit
    /// code 69.
    public func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
      var all = bytes
      try check(
        treeline_mpi_broadcast(&all, all.count, timeout.seconds, late("MPI_Bcast of \(program)")), "MPI_Bcast")
      return all
    }

    /// The largest of each number over all ranks, which all of them get; where that takes too long, the process ends with
    /// exit code 69.
    ///
    /// - Throws: ``MPIFailure/told(rank:text:)`` on rank 0 where another rank won't come to it.
    public func largest(_ numbers: [Double]) throws -> [Double] {
      var all = numbers
      let code = treeline_mpi_largest(
        &all, all.count, timeout.seconds, late("MPI_Iallreduce of \(program)"))
      if code == TREELINE_MPI_TOLD, let told { throw told }
      try check(code, "MPI_Iallreduce")
      return all
    }

    /// Tells rank 0 why this rank can't go on, and gives it some time to write that down and to end all ranks.
    public func tell(_ text: String) {
      treeline_mpi_tell(String(decoding: text.utf8.prefix(Self.mostText - 1), as: UTF8.self), Self.grace.seconds)
    }

    /// What another rank has told this one, rank 0: ``MPIFailure/told(rank:text:)``; nil where none has.
    public var told: MPIFailure? {
      var rank: Int32 = 0
      var isTold = false
      let text = Self.text(Self.mostText) { isTold = treeline_mpi_told($0, $1, &rank) != 0 }
      return isTold ? .told(rank: Int(rank), text: text) : nil
    }

    /// The most bytes of what a rank tells, and how long it waits for rank 0 then.
    private static let mostText = 4096
    private static let grace = Seconds(3)

    /// The number of this rank among those of its machine; where that takes too long, the process ends with exit code 69.
    public func localRank() throws -> Int {
      var rank: Int32 = 0
      try check(
        treeline_mpi_local_rank(timeout.seconds, late("MPI_Comm_split_type"), &rank), "MPI_Comm_split_type")
      return Int(rank)
    }

    /// Does what waits for other ranks in another library; where that takes too long, the process ends with exit code 69.
    ///
    /// - Parameter what: What it does, as in "rank 0 has waited 30 s in …".
    public func limited<Value>(_ what: String, _ body: () throws -> Value) rethrows -> Value {
      treeline_mpi_begin_limit(timeout.seconds, late(what))
      defer { treeline_mpi_end_limit() }
      return try body()
    }

    private func tag(_ transfer: RankTransfer) throws(MPIFailure) -> Int32 {
      guard transfer.message <= largestTag else {
        throw .tooManyMessages(found: transfer.message + 1, most: largestTag + 1)
      }
      return Int32(transfer.message)
    }

    private func late(_ call: String) -> String {
      """
      rank \(rank) has waited \(timeout) in \(call): another rank is dead, stopped or slow; --mpi-timeout allows longer
      """
    }

    private func check(_ code: Int32, _ call: String) throws(MPIFailure) {
      guard code == 0 else { throw .failedCall(rank: rank, call: call, reason: Self.words(code)) }
    }

    private static func words(_ code: Int32) -> String { text(1024) { treeline_mpi_error_text(code, $0, $1) } }

    private static func text(_ size: Int, _ write: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
        guard let start = buffer.baseAddress else { return "" }
        write(start, size)
        return String(cString: start)
      }
    }
  }
#else
  /// The messages of one rank over MPI, in a build that has none: it can't be made.
  public final class MPITransport: RankTransport {
    /// This rank.
    public let rank = 0
    /// The number of ranks.
    public let worldSize = 1
    /// The name and version of the library.
    public let library = ""
    /// What MPI has been asked for.
    public let traffic = RankTraffic()
    /// What is being executed.
    public var program = ""

    /// Says how to build with MPI.
    ///
    /// - Throws: ``MPIFailure/notBuilt``.
    public init(timeout: Seconds) throws(MPIFailure) { throw .notBuilt }

    /// Leaves the other ranks.
    public func finish() throws(MPIFailure) { throw .notBuilt }
    /// Ends all ranks.
    public func endAllRanks(code: Int32) {}
    /// Starts to send.
    public func send(_ bytes: [UInt8], _ transfer: RankTransfer) throws { throw MPIFailure.notBuilt }
    /// Starts to receive.
    public func receive(_ transfer: RankTransfer) throws { throw MPIFailure.notBuilt }
    /// Waits for a message.
    public func wait(for transfer: RankTransfer) throws -> [UInt8] { throw MPIFailure.notBuilt }
    /// Combines the bytes of all ranks.
    public func allReduce(_ bytes: inout [UInt8], _ reduction: PackedReduction, name: String) throws {
      throw MPIFailure.notBuilt
    }
    /// Gives all ranks the bytes of rank 0.
    public func broadcast(_ bytes: [UInt8]) throws -> [UInt8] { throw MPIFailure.notBuilt }
    /// The largest of each number over all ranks.
    public func largest(_ numbers: [Double]) throws -> [Double] { throw MPIFailure.notBuilt }
    /// Tells rank 0 why this rank can't go on.
    public func tell(_ text: String) {}
    /// What another rank has told this one.
    public var told: MPIFailure? { nil }
    /// The number of this rank among those of its machine.
    public func localRank() throws -> Int { throw MPIFailure.notBuilt }
    /// Does what waits for other ranks in another library.
    public func limited<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
      throw MPIFailure.notBuilt
    }
    /// Gathers numbers on rank 0.
    public func gather(_ numbers: [Double]) throws -> [[Double]] { throw MPIFailure.notBuilt }
  }
#endif
