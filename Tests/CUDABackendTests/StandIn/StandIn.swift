import Foundation

@testable import CUDABackend

/// The stand-in for a driver and for NCCL (Tests/CUDAEmulation), in a library of its own: its devices, counters and settings
/// are nobody else's, so that two of them are to one another what two processes are.
struct StandIn {
  private static let built: URL = {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root.appendingPathComponent(".build/cuda-driver/libcuda.so.1")
  }()

  static let isBuilt = FileManager.default.fileExists(atPath: built.path)
  static let reason = "no .build/cuda-driver: .ci/cuda builds it (Tests/CUDAEmulation/build_driver.sh)"

  let sessions: [DeviceSession]
  let nccl: NCCLLibrary

  /// Opens it.
  ///
  /// - Parameters:
  ///   - devices: The number of devices.
  ///   - settings: More lines of emulation.conf.
  init(devices: Int, _ settings: [String] = []) throws {
    let files = FileManager.default
    let folder = files.temporaryDirectory.appendingPathComponent("treeline-stand-in-\(UUID().uuidString)")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    // What is open stays open.
    defer { try? files.removeItem(at: folder) }
    let library = folder.appendingPathComponent("libcuda.so.1")
    try files.copyItem(at: Self.built, to: library)
    try files.createSymbolicLink(
      at: folder.appendingPathComponent("libnccl.so.2"), withDestinationURL: library)
    let lines = ["devices \(devices)", "drift 0"] + settings
    try lines.map { $0 + "\n" }.joined().write(
      to: folder.appendingPathComponent("emulation.conf"), atomically: true, encoding: .utf8)
    let driver = try CUDADriver(folders: [folder.path])
    nccl = try NCCLLibrary(folders: [folder.path])
    sessions = try driver.devices().map { try DeviceSession(driver: driver, monitor: nil, device: $0) }
  }

  /// All devices as the ranks of one process.
  func communicators() throws -> [NCCLLibrary.Communicator] {
    var made = [NCCLLibrary.Communicator?](repeating: nil, count: sessions.count)
    try nccl.check(nccl.joinAll(&made, CInt(sessions.count), nil), "ncclCommInitAll", "a test")
    return made.compactMap { $0 }
  }

  /// Some devices as ranks of several processes, from one rank on.
  func join(_ id: [UInt8], ranks: Int, from first: Int) throws -> [NCCLLibrary.Communicator] {
    var made: [NCCLLibrary.Communicator] = []
    try nccl.check(nccl.beginGroup(), "ncclGroupStart", "a test")
    for (index, session) in sessions.enumerated() {
      try session.use("a test")
      var one: NCCLLibrary.Communicator?
      try nccl.check(nccl.join(&one, ranks: ranks, id: id, rank: first + index), "ncclCommInitRank", "a test")
      if let one { made.append(one) }
    }
    try nccl.check(nccl.endGroup(), "ncclGroupEnd", "a test")
    return made
  }

  /// A group of calls.
  func group(_ body: () -> [CInt]) -> [CInt] { [nccl.beginGroup()] + body() + [nccl.endGroup()] }

  /// Records what a body puts on all devices' streams as one graph of the first one's.
  func graph(_ body: () -> [CInt]) throws -> (graph: LaunchGraph, codes: [CInt]) {
    let first = sessions[0]
    let fork = try first.event(isTimed: false)
    let joins = try sessions.map { try $0.event(isTimed: false) }
    var codes: [CInt] = []
    let graph = try first.graph { () throws(CUDAError) in
      try first.record(fork)
      for session in sessions.dropFirst() { try session.wait(for: fork) }
      codes = body()
      for (session, join) in zip(sessions, joins).dropFirst() {
        try session.record(join)
        try first.wait(for: join)
      }
    }
    return (graph, codes)
  }
}

extension DeviceBuffer {
  var source: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: UInt(address)) }
  var target: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: UInt(address)) }
}
