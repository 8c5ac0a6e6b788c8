import Foundation
import Testing

@testable import CUDABackend

/// The stand-in for NCCL does what NCCL does: tests of whatever calls NCCL are worth no more than that.
@Suite(.enabled(if: StandIn.isBuilt, "\(StandIn.reason)")) struct StandInNCCLTests {
  // nccl.h.
  private static let (fp16, fp32, bf16, int8): (CInt, CInt, CInt, CInt) = (6, 7, 9, 0)
  private static let (invalidArgument, invalidUsage, systemError): (CInt, CInt, CInt) = (4, 5, 2)

  /// All-reduces one buffer a rank and gives what each of them gets.
  private func allReduce<Element: BitwiseCopyable>(
    _ given: [[Element]], _ type: CInt, how: CInt
  ) throws -> [[Element]] {
    let standIn = try StandIn(devices: given.count)
    let owners = try standIn.communicators()
    let buffers = try zip(standIn.sessions, given).map { try $0.buffer($1, for: "a test") }
    let codes = standIn.group {
      zip(owners, buffers).enumerated().map { index, pair in
        standIn.nccl.allReduce(
          pair.1.source, pair.1.target, given[0].count, type, how, pair.0, standIn.sessions[index].stream)
      }
    }
    #expect(codes.allSatisfy { $0 == 0 }, "\(codes)")
    return try buffers.map { try $0.read(given[0].count, as: given[0][0]) }
  }

  @Test("Maxima and minima of every kind of number; beside a NaN a number wins, as with fmaxf and __hmax")
  func maxima() throws {
    let whole: [[Int8]] = [[-5, 100, 1], [3, -128, 2], [-7, 9, 3]]
    #expect(try allReduce(whole, Self.int8, how: 2) == [[Int8]](repeating: [3, 100, 3], count: 3))
    #expect(try allReduce(whole, Self.int8, how: 3) == [[Int8]](repeating: [-7, -128, 1], count: 3))
    let floats: [[Float]] = [[-1, .nan, .infinity, .nan], [-2.5, 4, 1, .nan]]
    for one in try allReduce(floats, Self.fp32, how: 2) {
      #expect(Array(one[..<3]) == [-1, 4, .infinity] && one[3].isNaN)
    }
    for one in try allReduce(floats, Self.fp32, how: 3) {
      #expect(Array(one[..<3]) == [-2.5, 4, 1] && one[3].isNaN)
    }
    // 1, -2 and a NaN, by their bits.
    let halves: [[UInt16]] = [[0x3C00, 0x7E00], [0xC000, 0xC000]]
    #expect(try allReduce(halves, Self.fp16, how: 2) == [[UInt16]](repeating: [0x3C00, 0xC000], count: 2))
    let brains: [[UInt16]] = [[0x3F80, 0x7FC0], [0xC000, 0xC000]]
    #expect(try allReduce(brains, Self.bf16, how: 3) == [[UInt16]](repeating: [0xC000, 0xC000], count: 2))
  }

  @Test("A reduce-scatter of maxima gives each rank its part, and other operations are refused")
  func reduceScatter() throws {
    let standIn = try StandIn(devices: 2)
    let owners = try standIn.communicators()
    let given: [[Float]] = [[1, 5, -3, -4], [2, 4, -5, 0]]
    let sources = try zip(standIn.sessions, given).map { try $0.buffer($1, for: "a test") }
    let targets = try standIn.sessions.map { try $0.allocate(8, for: "a test") }
    func call(_ how: CInt) -> [CInt] {
      standIn.group {
        standIn.sessions.indices.map {
          standIn.nccl.reduceScatter(
            sources[$0].source, targets[$0].target, 2, Self.fp32, how, owners[$0], standIn.sessions[$0].stream)
        }
      }
    }
    #expect(call(2).allSatisfy { $0 == 0 })
    #expect(try targets.map { try $0.read(2, as: Float(0)) } == [[2, 5], [-3, 0]])
    for how: CInt in [1, 4, -1] { #expect(call(how)[1] == Self.invalidArgument) }
  }

  /// Two devices whose all-reduce of four numbers is recorded.
  private struct Recorded {
    let standIn: StandIn
    let owners: [NCCLLibrary.Communicator]
    let sources: [DeviceBuffer]
    var targets: [DeviceBuffer]
    let graph: LaunchGraph
    let codes: [CInt]

    init(_ settings: [String] = []) throws {
      let standIn = try StandIn(devices: 2, settings)
      let owners = try standIn.communicators()
      let sources = try standIn.sessions.map { try $0.buffer([Float](repeating: 1, count: 4), for: "a test") }
      let targets = try standIn.sessions.map { try $0.buffer([Float](repeating: -1, count: 4), for: "a test") }
      (graph, codes) = try standIn.graph {
        standIn.group {
          standIn.sessions.indices.map {
            standIn.nccl.allReduce(
              sources[$0].source, targets[$0].target, 4, StandInNCCLTests.fp32, 0, owners[$0],
              standIn.sessions[$0].stream)
          }
        }
      }
      (self.standIn, self.owners, self.sources, self.targets) = (standIn, owners, sources, targets)
    }

    /// Starts the graph and gives what was found.
    func start(_ numbers: [Float]) throws -> [[Float]] {
      for (source, number) in zip(sources, numbers) { try source.write([Float](repeating: number, count: 4)) }
      try standIn.sessions[0].launch(graph)
      return try targets.map { try $0.read(4, as: Float(0)) }
    }

    func error(_ rank: Int) -> CInt {
      var code: CInt = -1
      _ = standIn.nccl.laterError(owners[rank], &code)
      return code
    }
  }

  @Test("What is recorded is done at each start of the graph, with the data of then")
  func capture() throws {
    var recorded = try Recorded()
    #expect(recorded.codes.allSatisfy { $0 == 0 })
    #expect(try recorded.targets.map { try $0.read(4, as: Float(0)) } == [[-1, -1, -1, -1], [-1, -1, -1, -1]])
    #expect(try recorded.start([1, 2]) == [[3, 3, 3, 3], [3, 3, 3, 3]])
    #expect(try recorded.start([5, -2]) == [[3, 3, 3, 3], [3, 3, 3, 3]])
    #expect(try recorded.start([0.5, 0]) == [[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]])
    // An operation's time is counted at each start, between events on the stream that the graph was put on.
    let begin = try recorded.standIn.sessions[0].event()
    let end = try recorded.standIn.sessions[0].event()
    try recorded.standIn.sessions[0].record(begin)
    for _ in 0..<3 { try recorded.standIn.sessions[0].launch(recorded.graph) }
    try recorded.standIn.sessions[0].record(end)
    #expect(try end.isReached("a test"))
    // 8 µs and 32 bytes at 50 GB/s.
    #expect(abs(try end.time(since: begin, "a test").seconds / (3 * 8.00064e-6) - 1) < 1e-4)
    // Memory that is there no more is found when the graph starts.
    recorded.targets.removeLast()
    #expect(throws: CUDAError.self) { try recorded.standIn.sessions[0].launch(recorded.graph) }
  }

  @Test("What was told to go wrong does so at the starts that come to it")
  func failures() throws {
    let wrong = try Recorded(["wrong-collective 2", "wrong-rank 1"])
    #expect(try wrong.start([1, 2]) == [[3, 3, 3, 3], [3, 3, 3, 3]])
    let found = try wrong.start([1, 2])
    #expect(found[0] == [3, 3, 3, 3] && found[1] != [3, 3, 3, 3])
    #expect(try wrong.start([1, 2]) == [[3, 3, 3, 3], [3, 3, 3, 3]])

    let failing = try Recorded(["fail-collective 2"])
    _ = try failing.start([1, 2])
    #expect([failing.error(0), failing.error(1)] == [0, 0])
    _ = try failing.start([1, 2])
    #expect([failing.error(0), failing.error(1)] == [Self.systemError, Self.systemError])

    let hanging = try Recorded(["hang-collective 2"])
    let event = try hanging.standIn.sessions[0].event()
    for isReached in [true, false] {
      _ = try hanging.start([1, 2])
      try hanging.standIn.sessions[0].record(event)
      #expect(try event.isReached("a test") == isReached)
    }

    let lost = try Recorded(["lose-device 3"])
    _ = try lost.start([1, 2])
    #expect(throws: CUDAError.self) { try lost.start([1, 2]) }
  }

  @Test("A group of which one stream is recorded and another is not is invalid")
  func mixedCapture() throws {
    let standIn = try StandIn(devices: 2)
    let owners = try standIn.communicators()
    let buffers = try standIn.sessions.map { try $0.buffer([Float](repeating: 1, count: 4), for: "a test") }
    var codes: [CInt] = []
    _ = try standIn.sessions[0].graph { () throws(CUDAError) in
      codes = standIn.group {
        standIn.sessions.indices.map {
          standIn.nccl.allReduce(
            buffers[$0].source, buffers[$0].target, 4, Self.fp32, 0, owners[$0], standIn.sessions[$0].stream)
        }
      }
    }
    #expect(codes == [0, 0, 0, Self.invalidUsage])
  }

  @Test("Graphs of several devices that one group is recorded into are done when all are started, as one")
  func capturePerDevice() throws {
    let standIn = try StandIn(devices: 3)
    let (sessions, nccl) = (standIn.sessions, standIn.nccl)
    let owners = try standIn.communicators()
    let buffers = try sessions.enumerated().map { try $1.buffer([Float(1 << $0)], for: "a test") }
    var codes: [CInt] = []
    let graphs = try DeviceSession.graphs(of: sessions) { () throws(CUDAError) in
      for how: CInt in [2, 0] {
        codes += standIn.group {
          sessions.indices.map {
            nccl.allReduce(buffers[$0].source, buffers[$0].target, 1, Self.fp32, how, owners[$0], sessions[$0].stream)
          }
        }
      }
    }
    #expect(codes.allSatisfy { $0 == 0 })
    func numbers() throws -> [Float] { try buffers.map { try $0.read(1, as: Float(0))[0] } }
    // And one in which events are recorded at each start, around what takes 1 µs.
    let inside = try [sessions[0].event(), sessions[0].event()]
    let alone = try sessions[0].graph { () throws(CUDAError) in
      for event in inside {
        try sessions[0].recordInGraph(event)
        try sessions[0].fill(buffers[0], with: 0)
      }
    }
    let begin = try sessions.map { try $0.event() }
    let end = try sessions.map { try $0.event() }
    // The greatest, then the sum of three of them.
    for expected: Float in [12, 36] {
      for (session, event) in zip(sessions, begin) { try session.record(event) }
      let before = try numbers()
      for index in [2, 0] { try sessions[index].launch(graphs[index]) }
      #expect(try numbers() == before)
      // Two of three: neither are they done, nor may anything come after them.
      #expect(throws: CUDAError.self) { try sessions[2].record(end[2]) }
      #expect(throws: CUDAError.self) { try sessions[0].synchronize("a test") }
      try sessions[1].launch(graphs[1])
      for (session, event) in zip(sessions, end) { try session.record(event) }
      #expect(try numbers() == [expected, expected, expected])
      for (begin, end) in zip(begin, end) {
        #expect(try end.isReached("a test"))
        // Twice 8 µs and 8 bytes at 50 GB/s.
        #expect(abs(try end.time(since: begin, "a test").seconds / (2 * 8.00016e-6) - 1) < 1e-3)
      }
    }
    for number in 1...2 {
      try sessions[0].launch(alone)
      #expect(abs(try inside[1].time(since: inside[0], "a test").seconds / 1e-6 - 1) < 1e-3)
      // 16 µs twice, and a start of 2 µs each.
      let sinceBegin = try inside[0].time(since: begin[0], "a test").seconds
      #expect(abs(sinceBegin / (16e-6 + Double(number - 1) * 2e-6) - 1) < 1e-3, "\(number): \(sinceBegin)")
    }
  }

  @Test("Recording that fails leaves no stream recorded")
  func endsRecording() throws {
    let standIn = try StandIn(devices: 2)
    #expect(throws: CUDAError.noDevice("a test")) {
      _ = try DeviceSession.graphs(of: standIn.sessions) { () throws(CUDAError) in throw .noDevice("a test") }
    }
    // What is recorded does not happen.
    for session in standIn.sessions {
      let buffer = try session.buffer([UInt8(1)], for: "a test")
      try session.fill(buffer, with: 7)
      #expect(try buffer.read(1, as: UInt8(0)) == [7])
    }
  }

  /// What rank `from` sends to rank `to` as its message of a number.
  private static func message(_ from: Int, _ to: Int, _ number: Int, count: Int) -> [Float] {
    (0..<count).map { Float(from * 1000 + to * 100 + number * 10 + $0 % 7) }
  }

  /// Every rank of a process sends two messages to every other and receives as many, in one group.
  private static func exchangeAll(
    _ standIn: StandIn, _ owners: [NCCLLibrary.Communicator], from first: Int, ranks: Int, count: Int
  ) throws -> [String] {
    var wrong: [String] = []
    var received: [(buffer: DeviceBuffer, expected: [Float], place: String)] = []
    var sent: [DeviceBuffer] = []
    var calls: [() -> CInt] = []
    for (index, session) in standIn.sessions.enumerated() {
      let rank = first + index
      for number in 0..<2 {
        for peer in 0..<ranks where peer != rank {
          let source = try session.buffer(message(rank, peer, number, count: count), for: "a test")
          let target = try session.allocate(count * 4, for: "a test")
          sent.append(source)
          received.append((target, message(peer, rank, number, count: count), "\(peer) to \(rank), \(number)"))
          calls.append { standIn.nccl.receive(target.target, count, fp32, CInt(peer), owners[index], session.stream) }
          calls.append { standIn.nccl.send(source.source, count, fp32, CInt(peer), owners[index], session.stream) }
        }
      }
    }
    let codes = standIn.group { calls.map { $0() } }
    if codes.contains(where: { $0 != 0 }) { wrong.append("codes \(codes)") }
    for one in received where try one.buffer.read(count, as: Float(0)) != one.expected { wrong.append(one.place) }
    return wrong
  }

  @Test("Sends and receives of all pairs, both ways in one group, keep their order")
  func sends() throws {
    let standIn = try StandIn(devices: 4)
    let owners = try standIn.communicators()
    #expect(try Self.exchangeAll(standIn, owners, from: 0, ranks: 4, count: 100) == [])
    // A message that was sent in a group before is received in a later one; none that was never sent.
    let source = try standIn.sessions[0].buffer([Float](repeating: 7, count: 4), for: "a test")
    let target = try standIn.sessions[1].allocate(16, for: "a test")
    func receive() -> CInt {
      standIn.nccl.receive(target.target, 4, Self.fp32, 0, owners[1], standIn.sessions[1].stream)
    }
    #expect(standIn.nccl.send(source.source, 4, Self.fp32, 1, owners[0], standIn.sessions[0].stream) == 0)
    #expect(receive() == 0)
    #expect(try target.read(4, as: Float(0)) == [7, 7, 7, 7])
    #expect(receive() == Self.invalidUsage)
  }

  /// Runs a body for each of some processes at a time, and gives what each found wrong.
  private func processes(
    _ devices: [Int], _ settings: [String] = [],
    _ body: @escaping @Sendable (StandIn, [NCCLLibrary.Communicator], Int) throws -> [String]
  ) async throws -> [String] {
    let id = try StandIn(devices: 1).nccl.newID()
    let ranks = devices.reduce(0, +)
    return try await withThrowingTaskGroup(of: [String].self) { group in
      for (index, own) in devices.enumerated() {
        let first = devices[..<index].reduce(0, +)
        group.addTask {
          // A thread of its own: it waits for the others without letting anyone else run.
          try await withCheckedThrowingContinuation { done in
            Thread {
              done.resume(
                with: Result {
                  let standIn = try StandIn(devices: own, settings)
                  return try body(standIn, try standIn.join(id, ranks: ranks, from: first), first)
                })
            }.start()
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  @Test("Between processes as well, of which each has some of the ranks", arguments: [100, 300_000])
  func sendsBetweenProcesses(count: Int) async throws {
    let wrong = try await processes([2, 1]) { standIn, owners, first in
      try Self.exchangeAll(standIn, owners, from: first, ranks: 3, count: count)
    }
    #expect(wrong == [])
  }

  @Test("Processes that have no part in a message need not know of it")
  func sendsOfSome() async throws {
    let wrong = try await processes([1, 1, 1]) { standIn, owners, rank in
      guard rank < 2 else { return [] }
      let session = standIn.sessions[0]
      let buffer = try session.buffer([Float](repeating: Float(rank), count: 4), for: "a test")
      // Both ways, one after the other.
      for sender in [0, 1] {
        let peer = CInt(1 - rank)
        let code =
          rank == sender
          ? standIn.nccl.send(buffer.source, 4, Self.fp32, peer, owners[0], session.stream)
          : standIn.nccl.receive(buffer.target, 4, Self.fp32, peer, owners[0], session.stream)
        guard code == 0 else { return ["code \(code)"] }
        let found = try buffer.read(4, as: Float(-1))
        if found != [0, 0, 0, 0], rank != sender || sender != 0 { return ["rank \(rank) after \(sender): \(found)"] }
      }
      return []
    }
    #expect(wrong == [])
  }

  @Test("A message that no process sends is given up after the time that was told")
  func silence() async throws {
    let wrong = try await processes([1, 1], ["peer-milliseconds 200"]) { standIn, owners, rank in
      guard rank == 0 else { return [] }
      let buffer = try standIn.sessions[0].allocate(16, for: "a test")
      let code = standIn.nccl.receive(buffer.target, 4, Self.fp32, 1, owners[0], standIn.sessions[0].stream)
      return code == 6 ? [] : ["code \(code), expected a remote error"]
    }
    #expect(wrong == [])
  }

  @Test("Graphs of several processes meet at each start")
  func captureBetweenProcesses() async throws {
    let wrong = try await processes([2, 1]) { standIn, owners, first in
      let (sessions, nccl) = (standIn.sessions, standIn.nccl)
      let buffers = try sessions.indices.map { index in
        try sessions[index].buffer([Float(first + index), 1], for: "a test")
      }
      let (graph, codes) = try standIn.graph {
        standIn.group {
          sessions.indices.map {
            nccl.allReduce(buffers[$0].source, buffers[$0].target, 2, Self.fp32, 0, owners[$0], sessions[$0].stream)
          }
        }
      }
      guard codes.allSatisfy({ $0 == 0 }) else { return ["\(codes)"] }
      // 0 + 1 + 2, then three times as much, in place.
      for expected: [Float] in [[3, 3], [9, 9], [27, 27]] {
        try sessions[0].launch(graph)
        for buffer in buffers {
          let found = try buffer.read(2, as: Float(0))
          if found != expected { return ["rank \(first): \(found), expected \(expected)"] }
        }
      }
      return []
    }
    #expect(wrong == [])
  }
}
