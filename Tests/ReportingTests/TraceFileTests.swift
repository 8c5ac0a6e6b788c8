import Foundation
import Programs
import Quantities
import Simulation
import TestSupport
import Testing
import Topologies

@testable import Reporting

@Suite struct TraceFileTests {
  @Test(.enabled(if: TraceCheck.isPossible), arguments: 0..<4)
  func tracesOfRandomRunsAddUp(seed: Int) throws {
    let folder = try TraceFolder()
    var generator = SeededGenerator(seed: UInt64(seed))
    let file = try TraceFile(path: folder.file("trace.json.gz"))
    for index in 0..<8 { try file.add(try TraceRuns.random(using: &generator), named: "run \(index)") }
    _ = try file.finish()
    let check = try TraceCheck.run(folder.file("trace.json.gz"))
    #expect(check.status == 0, "\(check.output)")
    #expect(check.output.contains("run 7"))
  }

  @Test(.enabled(if: TraceCheck.isPossible), arguments: [0...0, 1...2, 3...6])
  func tracesOfSomeRanksAddUp(ranks: ClosedRange<Int>) throws {
    let folder = try TraceFolder()
    var generator = SeededGenerator(seed: 9)
    let file = try TraceFile(path: folder.file("trace.json"))
    for index in 0..<8 {
      try file.add(try TraceRuns.random(using: &generator), named: "run \(index)", ranks: TraceRanks([ranks]))
    }
    _ = try file.finish()
    let check = try TraceCheck.run(folder.file("trace.json"))
    #expect(check.status == 0, "\(check.output)")
  }

  @Test func onlyTheRanksAskedForAreShown() throws {
    let folder = try TraceFolder()
    let names = try TraceRuns.lines([TraceRuns.ring()], ranks: TraceRanks([1...1, 3...3]), in: folder)
      .filter { $0.contains("process_name") }
    #expect(names.count == 4)
    for name in ["run 0: step", "run 0: rank 1, gpu1", "run 0: rank 3, gpu3", "run 0: links"] {
      #expect(names.contains { $0.contains("\"\(name)\"") }, "\(name)")
    }
  }

  @Test func equalRunsGiveEqualBytesPackedOrNot() throws {
    let folder = try TraceFolder()
    var texts: [[UInt8]] = []
    for name in ["a.json", "b.json", "a.json.gz", "b.json.gz"] {
      var generator = SeededGenerator(seed: 5)
      let file = try TraceFile(path: folder.file(name))
      for index in 0..<6 { try file.add(try TraceRuns.random(using: &generator), named: "run \(index)") }
      let summary = try file.finish()
      texts.append(try folder.bytes(name))
      #expect(summary.fileBytes == Int64(texts[texts.count - 1].count))
      #expect(summary.jsonBytes == Int64(texts[0].count))
    }
    #expect(texts[0] == texts[1])
    #expect(texts[2] == texts[3])
    #expect(texts[2].count < texts[0].count / 4)
    #expect(texts[2].prefix(2) == [0x1f, 0x8b])
    // Bytes 4 to 7 of a gzip header are its time.
    #expect(texts[2][4..<8].allSatisfy { $0 == 0 })
  }

  @Test func aMessageIsAnArrowAndALoadOfItsMeanRate() throws {
    var builder = ProgramBuilder(worldSize: 2)
    let source = builder.buffer(rank: 0, label: "out", elements: 500_000, type: .bf16, persistent: true)
    let target = builder.buffer(rank: 1, label: "in", elements: 500_000, type: .bf16)
    let live = builder.allocate(target)
    let (_, received) = builder.transfer(
      builder.whole(source), to: builder.whole(target), receiveAfter: .one(live))
    builder.free(target, after: .one(received))
    let run = try Simulator(topology: SmallClusters.star(2)).run(builder.build())
    let lines = try TraceRuns.lines([run], in: TraceFolder())
    func found(_ part: String) -> Int { lines.filter { $0.contains(part) }.count }
    // 1 us overhead, two hops of 500 ns, 1 MB at 100 GB/s: the arrow leads from the posting to the first byte.
    #expect(found(#""ph":"s","id":1,"name":"message","cat":"message","pid":100,"tid":101,"ts":1}"#) == 1)
    #expect(found(#""ph":"f","bp":"e","id":1,"name":"message","cat":"message","pid":101,"tid":102,"ts":2}"#) == 1)
    #expect(found(#""posting_us":1,"latency_us":1,"transfer_us":10,"links":[0,3],"route":"gpu0 → switch → gpu1""#) == 1)
    for link in ["gpu0 → switch", "switch → gpu1"] {
      for (time, rate) in [(0, 0), (2, 100_000_000_000), (12, 0)] {
        let counter = #""name":"\#(link) (wire, 100 GB/s)","pid":102,"ts":\#(time),"args":{"bytes/s":\#(rate)}"#
        #expect(found(counter) == 1, "\(counter)")
      }
    }
    for (time, bytes) in [(0, 0), (0, 1_000_000), (12, 0)] {
      let counter = #""name":"live memory","pid":101,"ts":\#(time),"args":{"bytes":\#(bytes)}"#
      #expect(found(counter) == 1, "\(counter)")
    }
  }

  @Test func parallelLinksAreToldApartAndNamesAreEscaped() throws {
    var graph = Graph()
    let wire = graph.add(SmallClusters.linkClass)
    let a = graph.add(Vertex(name: #"a "quoted" \ name"#, kind: .device, forwards: false))
    let b = graph.add(Vertex(name: "tab\there", kind: .device, forwards: false))
    let hub = graph.add(Vertex(name: "µ", kind: .switch, forwards: true))
    graph.connect(a, hub, linkClass: wire, tier: .scaleUp)
    graph.connect(hub, b, linkClass: wire, tier: .scaleUp)
    graph.connect(hub, b, linkClass: wire, tier: .scaleUp)
    // Takes either of the parallel links in turn: links 2 and 4.
    struct Alternating: Router {
      func appendRoute(from source: Int, to destination: Int, salt: UInt64, into links: inout [Int32]) -> Bool {
        links += source == 0 ? [0, destination == 1 ? 2 : 4] : [3, 1]
        return true
      }
    }
    let topology = Topology(
      name: "twins", graph: graph,
      devices: [a, b, b].enumerated().map { DeviceSlot(vertex: $1, node: 0, local: $0, profile: 0) },
      profiles: [SmallClusters.device], router: Alternating())
    var builder = ProgramBuilder(worldSize: 3)
    for rank in 1...2 {
      let source = builder.buffer(rank: 0, label: "out", elements: 8, type: .bf16, persistent: true)
      let target = builder.buffer(rank: rank, label: "in", elements: 8, type: .bf16, persistent: true)
      builder.transfer(builder.whole(source), to: builder.whole(target))
    }
    let folder = try TraceFolder()
    let lines = try TraceRuns.lines([Simulator(topology: topology).run(builder.build())], in: folder)
    _ = try JSONSerialization.jsonObject(with: Data(try folder.bytes("trace.json")))
    #expect(lines.contains { $0.contains(#""µ → tab\u0009here (wire, 100 GB/s)""#) && $0.contains(#""ph":"C""#) })
    #expect(lines.contains { $0.contains(#""µ → tab\u0009here #2 (wire, 100 GB/s)""#) && $0.contains(#""ph":"C""#) })
    #expect(lines.contains { $0.contains(#"rank 0, a \"quoted\" \\ name"#) })
    guard TraceCheck.isPossible else { return }
    let check = try TraceCheck.run(folder.file("trace.json"))
    #expect(check.status == 0, "\(check.output)")
  }

  // MARK: Files

  @Test func aTraceThatIsNotFinishedLeavesEverythingAsItWas() throws {
    let folder = try TraceFolder()
    try folder.write("old", to: "trace.json")
    do {
      let file = try TraceFile(path: folder.file("trace.json"))
      try file.add(try TraceRuns.ring(), named: "ring")
      #expect(folder.names.count == 2)
    }
    #expect(folder.names == ["trace.json"])
    #expect(try folder.bytes("trace.json") == Array("old".utf8))
  }

  @Test(.enabled(if: TraceCheck.isPossible)) func whatIsThereOfABrokenOffTraceIsRepairedByClosingIt() throws {
    let folder = try TraceFolder()
    let file = try TraceFile(path: folder.file("trace.json"))
    var generator = SeededGenerator(seed: 3)
    for index in 0..<12 { try file.add(try TraceRuns.random(using: &generator), named: "run \(index)") }
    let partial = try #require(folder.names.first { $0.contains(".partial-") })
    let bytes = try folder.bytes(partial)
    #expect(bytes.count > 1 << 16)
    _ = try JSONSerialization.jsonObject(with: Data(bytes + Array("]}".utf8)))
    // As a crash of the machine may leave it: cut inside an event.
    for cut in [bytes.count, bytes.count - 1, bytes.count - 17, bytes.count / 2] {
      try Data(bytes.prefix(cut)).write(to: URL(fileURLWithPath: folder.file("cut.json")))
      let check = try TraceCheck.run("--interrupted", folder.file("cut.json"))
      #expect(check.status == 0, "\(check.output)")
    }
  }

  @Test func whatCannotBeWrittenSaysWhy() throws {
    let folder = try TraceFolder()
    for name in ["missing/trace.json", "missing/trace.json.gz", "."] {
      let error = #expect(throws: TraceError.self) { try TraceFile(path: folder.file(name)) }
      #expect(error?.description.contains(folder.file(name)) == true)
    }
    #expect(folder.names.isEmpty)
    let full = try TraceFile(path: "/dev/full")
    #expect(throws: TraceError.unwritable(file: "/dev/full", reason: "No space left on device")) {
      try full.add(try TraceRuns.ring(), named: "ring")
      _ = try full.finish()
    }
    #expect(access("/dev/full", F_OK) == 0)
  }

  @Test func aFileIsReplacedThroughALink() throws {
    let folder = try TraceFolder()
    try folder.write("old", to: "real.json")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.json"), withDestinationPath: folder.file("real.json"))
    _ = try TraceRuns.lines([TraceRuns.ring()], name: "link.json", in: folder)
    #expect(folder.names == ["link.json", "real.json"])
    #expect(try folder.bytes("real.json").count > 3)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link.json")).hasSuffix("real.json"))
  }

  @Test func nothingAddedIsStillATrace() throws {
    let folder = try TraceFolder()
    let file = try TraceFile(path: folder.file("trace.json"))
    #expect(try file.finish().events == 0)
    _ = try JSONSerialization.jsonObject(with: Data(try folder.bytes("trace.json")))
  }

  // MARK: The checker

  /// Changes to a good trace, each of which the checker must find.
  static let damages: [(name: String, change: @Sendable (inout [String]) -> Void)] = [
    ("an end is missing", { lines in remove(#""ph":"E""#, &lines) }),
    ("a beginning is missing", { lines in remove(#""cat":"kernel""#, &lines) }),
    ("an arrow lacks its start", { lines in remove(#""ph":"s""#, &lines) }),
    ("an arrow lacks its end", { lines in remove(#""ph":"f""#, &lines) }),
    (
      "a message lacks its arrow",
      { lines in
        remove(#""ph":"s","id":1,"#, &lines)
        remove(#""ph":"f","bp":"e","id":1,"#, &lines)
      }
    ),
    ("a track has no name", { lines in remove(#""name":"thread_name""#, &lines) }),
    ("a process has no name", { lines in remove(#""name":"process_name""#, &lines) }),
    ("a counter is negative", { lines in replace(#""args":{"bytes":"#, #""args":{"bytes":-"#, &lines) }),
    ("a peak is another", { lines in replace(#""peak_bytes":"#, #""peak_bytes":1"#, &lines) }),
    ("a rank sends more", { lines in replace(#","sent_bytes":"#, #","sent_bytes":1"#, &lines) }),
    ("a message is larger", { lines in replace(#""peer":1,"bytes":"#, #""peer":1,"bytes":1"#, &lines) }),
    ("a load is higher", { lines in replace(#""args":{"bytes/s":1"#, #""args":{"bytes/s":11"#, &lines) }),
    ("a load is missing", { lines in remove(#""bytes/s":1"#, &lines) }),
    ("the makespan is longer", { lines in replace(#""makespan_us":"#, #""makespan_us":1"#, &lines) }),
    ("a message crosses another link", { lines in replace(#""links":[0,"#, #""links":[2,"#, &lines) }),
    (
      "times fall", { lines in replace(#""pid":100,"tid":101,"ts":"#, #""pid":100,"tid":101,"ts":9e9,"was":"#, &lines) }
    ),
    ("a line is cut", { lines in lines[9].removeLast(3) }),
    ("the brackets are missing", { lines in lines.removeLast() }),
    ("a comma is missing", { lines in lines[9].removeLast() }),
    ("a buffer is never allocated", { lines in remove(#""name":"live memory""#, &lines, all: true) }),
  ]

  private static func remove(_ part: String, _ lines: inout [String], all: Bool = false) {
    if all { lines.removeAll { $0.contains(part) } }
    if let index = lines.firstIndex(where: { $0.contains(part) }) { lines.remove(at: index) }
  }

  private static func replace(_ part: String, _ text: String, _ lines: inout [String]) {
    if let index = lines.firstIndex(where: { $0.contains(part) }) { lines[index].replace(part, with: text) }
  }

  @Test(.enabled(if: TraceCheck.isPossible), arguments: damages.indices)
  func theCheckerFindsDamage(index: Int) throws {
    let folder = try TraceFolder()
    let good = try TraceRuns.lines([TraceRuns.ring()], in: folder)
    if index == 0 { #expect(try TraceCheck.run(folder.file("trace.json")).status == 0) }
    var lines = good
    Self.damages[index].change(&lines)
    #expect(lines != good, "\(Self.damages[index].name): the trace has nothing to damage")
    try folder.write(lines.joined(separator: "\n") + "\n", to: "damaged.json")
    let check = try TraceCheck.run(folder.file("damaged.json"))
    #expect(check.status == 1, "\(Self.damages[index].name): \(check.output)")
  }
}
