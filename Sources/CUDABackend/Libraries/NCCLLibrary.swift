import CNCCL
import Libraries
import Quantities

/// NCCL, collectives between devices, as nccl.h declares it.
public struct NCCLLibrary: Sendable {
  typealias Communicator = UnsafeMutableRawPointer
  typealias Stream = CUDADriver.Handle
  typealias Memory = UnsafeRawPointer
  typealias TwoBuffers =
    @convention(c) (Memory?, UnsafeMutableRawPointer?, Int, CInt, CInt, Communicator?, Stream?) -> CInt

  /// The file that holds the library.
  public let path: String
  /// Such as 22105 for 2.21.5.
  public let version: Int
  /// Whether this is the tests' emulation: what it gives is no measurement.
  public let isEmulation: Bool

  private let errorText: @convention(c) (CInt) -> UnsafePointer<CChar>?
  private nonisolated(unsafe) let uniqueID: UnsafeMutableRawPointer?
  private nonisolated(unsafe) let joinRank: UnsafeMutableRawPointer?
  let joinAll: @convention(c) (UnsafeMutablePointer<Communicator?>?, CInt, UnsafePointer<CInt>?) -> CInt
  let destroy: @convention(c) (Communicator?) -> CInt
  let giveUp: @convention(c) (Communicator?) -> CInt
  let laterError: @convention(c) (Communicator?, UnsafeMutablePointer<CInt>?) -> CInt
  let rankCount: @convention(c) (Communicator?, UnsafeMutablePointer<CInt>?) -> CInt
  let beginGroup: @convention(c) () -> CInt
  let endGroup: @convention(c) () -> CInt
  let allReduce: TwoBuffers
  let reduceScatter: TwoBuffers
  let broadcast: TwoBuffers
  let allGather: @convention(c) (Memory?, UnsafeMutableRawPointer?, Int, CInt, Communicator?, Stream?) -> CInt
  let send: @convention(c) (Memory?, Int, CInt, CInt, Communicator?, Stream?) -> CInt
  let receive: @convention(c) (UnsafeMutableRawPointer?, Int, CInt, CInt, Communicator?, Stream?) -> CInt

  /// The oldest that will do: 2.12, which has all types, sends and receives, and comes for CUDA 11.6 and later.
  static let oldest = 21200

  /// Opens the library.
  ///
  /// - Parameter folders: Where to look first.
  /// - Throws: ``CUDAError/libraryMissing(_:tried:)`` or ``CUDAError/libraryUnfit(_:path:problem:)``.
  public init(folders: [String] = []) throws(CUDAError) {
    let library = try CUDALibrary.nccl.open(folders)
    var symbols = library.symbols
    let tellVersion: @convention(c) (UnsafeMutablePointer<CInt>?) -> CInt = symbols.find("ncclGetVersion")
    errorText = symbols.find("ncclGetErrorString")
    let _: @convention(c) () -> CInt = symbols.find("ncclGetUniqueId")
    let _: @convention(c) () -> CInt = symbols.find("ncclCommInitRank")
    uniqueID = library.address(of: "ncclGetUniqueId")
    joinRank = library.address(of: "ncclCommInitRank")
    joinAll = symbols.find("ncclCommInitAll")
    destroy = symbols.find("ncclCommDestroy")
    giveUp = symbols.find("ncclCommAbort")
    laterError = symbols.find("ncclCommGetAsyncError")
    rankCount = symbols.find("ncclCommCount")
    beginGroup = symbols.find("ncclGroupStart")
    endGroup = symbols.find("ncclGroupEnd")
    allReduce = symbols.find("ncclAllReduce")
    reduceScatter = symbols.find("ncclReduceScatter")
    broadcast = symbols.find("ncclBroadcast")
    allGather = symbols.find("ncclAllGather")
    send = symbols.find("ncclSend")
    receive = symbols.find("ncclRecv")
    path = library.file(ofFunction: "ncclGetVersion") ?? library.name
    isEmulation = library.address(of: "treeline_emulation") != nil
    var version: CInt = 0
    // An old one lacks functions because it is old.
    if !symbols.missing.contains("ncclGetVersion") {
      guard tellVersion(&version) == 0 else {
        throw .libraryUnfit(.nccl, path: path, problem: "it does not tell its version")
      }
      guard version >= Self.oldest else {
        throw .libraryUnfit(
          .nccl, path: path, problem: "its version is \(Self.text(ofVersion: Int(version))); expected 2.12 or later")
      }
    }
    self.version = Int(version)
    try CUDALibrary.nccl.finish(symbols)
  }

  /// Such as `NCCL 2.21.5`.
  public var title: String { "NCCL \(Self.text(ofVersion: version))" }

  /// NCCL_VERSION of nccl.h: 21205 for 2.12.5, and four digits before 2.9, such as 2804.
  static func text(ofVersion version: Int) -> String {
    let unit = version < 10_000 ? 1000 : 10_000
    return "\(version / unit).\(version % unit / 100).\(version % 100)"
  }

  /// The bytes of what names a set of ranks.
  public static let idByteCount = Int(TREELINE_NCCL_ID_BYTES)

  /// What names a new set of ranks: one of them makes it, and all need it.
  ///
  /// - Throws: ``CUDAError/collective(function:result:purpose:)``.
  public func newID() throws(CUDAError) -> [UInt8] {
    var id = [UInt8](repeating: 0, count: Self.idByteCount)
    try check(treeline_nccl_unique_id(uniqueID, &id), "ncclGetUniqueId", "naming a set of ranks")
    return id
  }

  /// Joins a set of ranks with the device whose context is current.
  func join(_ communicator: inout Communicator?, ranks: Int, id: [UInt8], rank: Int) -> CInt {
    treeline_nccl_join(joinRank, &communicator, CInt(ranks), id, CInt(rank))
  }

  /// Throws where a function failed.
  func check(_ code: CInt, _ function: String, _ purpose: @autoclosure () -> String) throws(CUDAError) {
    guard code != 0 else { return }
    throw .collective(
      function: function,
      result: CUDAResult(code: code, name: "NCCL's error", text: errorText(code).map { String(cString: $0) } ?? ""),
      purpose: purpose())
  }
}
