import Quantities
import Simulation
import TestSupport
import Testing
import Topologies

@testable import Scenarios

@Suite struct ConditionsTests {
  /// The links of a class.
  private func links(_ name: String, of topology: Topology) -> [Int] {
    topology.graph.links.indices.filter { topology.graph.linkClass(ofLink: $0).name == name }
  }

  /// The link between two vertices.
  private func link(_ from: String, _ to: String, of topology: Topology) throws -> Int {
    let graph = topology.graph
    return try #require(
      graph.links.firstIndex {
        graph.vertices[Int($0.from)].name == from && graph.vertices[Int($0.to)].name == to
      })
  }

  @Test("Slow ranks multiply, and late starts add up")
  func ranks() throws {
    let conditions = try Samples.conditions(
      """
      stragglers: [{ranks: [3], slowdown: 2x}, {ranks: 2-3, slowdown: 150%}]
      delays: [{ranks: all, delay: 1us}, {ranks: [0, 7], delay: 2us}]
      """)
    #expect(conditions.slowdowns == [1, 1, 1.5, 3, 1, 1, 1, 1])
    #expect(conditions.startDelays.map { ($0 / Seconds(1e-6)).rounded() } == [3, 1, 1, 1, 1, 1, 1, 3])
  }

  @Test("Slow and loaded links keep a share of their bandwidth, and only they")
  func linkFactors() throws {
    let topology = try Samples.topology()
    let conditions = try Samples.conditions(
      "stragglers: [{links: ndr, slowdown: 2x}]\nbackground: [{links: 'ndr[0-1]', load: 50%}]")
    let ndr = links("ndr", of: topology)
    for (link, factor) in conditions.linkFactors.enumerated() {
      #expect(factor == (ndr.prefix(2).contains(link) ? 0.25 : ndr.contains(link) ? 0.5 : 1))
    }
    #expect(try Samples.conditions("stragglers: [{links: ndr, slowdown: 1x}]").linkFactors.isEmpty)
  }

  @Test("Changes that overlap multiply, and end at their moments")
  func changes() throws {
    let topology = try Samples.topology()
    let link = try link("box0/gpu1", "leaf1", of: topology)
    let conditions = try Samples.conditions(
      """
      stragglers: [{links: "box0/gpu1 -> leaf1", slowdown: 2x}]
      changes:
        - {links: "box0/gpu1 -> leaf1", bandwidth: 50%, at: 1ms, until: 4ms}
        - {links: "box0/gpu1->leaf1", bandwidth: 20%, at: 2ms, until: 3ms}
        - {links: "box0/gpu1 → leaf1", fails: true, at: 5ms, until: 6ms}
      """)
    #expect(conditions.linkChanges.map(\.time) == [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3].map { Seconds($0) })
    #expect(conditions.linkChanges.map(\.factor) == [0.5, 0.1, 0.5, 1, 0, 1])
    #expect(conditions.linkChanges.allSatisfy { $0.link == Int32(link) })
    // A change is a share of what the link has from the start.
    #expect(conditions.linkFactors[link] == 0.5)
    let back = try self.link("leaf1", "box0/gpu1", of: topology)
    let both = try Samples.conditions("changes: [{links: 'box0/gpu1 - leaf1', fails: true}]")
    #expect(both.linkChanges.map { Int($0.link) } == [link, back].sorted())
  }

  @Test("Loads of a link add up")
  func loads() throws {
    let conditions = try Samples.conditions("background: [{links: ndr, load: 25%}, {links: 'ndr[0]', load: 50%}]")
    #expect(Set(conditions.linkFactors) == [1, 0.75, 0.25])
  }

  static let together: [(String, String)] = [
    (
      "stragglers: [{ranks: all, slowdown: 1000000x}, {ranks: 3, slowdown: 2000x}]",
      "stragglers[1].ranks: the slow-downs of rank 3 multiply to 2000000000x; expected 1000000000x at most"
    ),
    (
      "stragglers: [{links: ndr, slowdown: 1000000x}, {links: ndr, slowdown: 2x}]",
      "(ndr) multiplies to 0.00005%; expected 0.0001% or more"
    ),
    (
      "stragglers: [{links: ndr, slowdown: 1000000x}]\nbackground: [{links: ndr, load: 50%}]",
      "background[0].links: what is left of link"
    ),
    (
      "background: [{links: ndr, load: 60%}, {links: ndr, load: 60%}]",
      "(ndr) add up to 120%; expected 99.9999% at most"
    ),
    (
      "changes: [{links: ndr, bandwidth: 0.01%, at: 1ms}, {links: 'box0/gpu1 -> leaf1', bandwidth: 0.1%, at: 2ms}]",
      "changes[1].links: what is left of link box0/gpu1 -> leaf1 (ndr) multiplies to 0.00001%; expected 0.0001% or more "
        + "(from 2 ms on)"
    ),
  ]

  @Test("What entries make of a rank or link together is refused where it is out of range", arguments: together)
  func outOfRange(yaml: String, message: String) throws {
    let error = #expect(throws: ScenarioError.self) { try Samples.conditions(yaml) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test("Products at their very ends are allowed")
  func ends() throws {
    let conditions = try Samples.conditions(
      """
      stragglers: [{ranks: 0, slowdown: 1000000x}, {ranks: 0, slowdown: 1000x}, {links: ndr, slowdown: 1000000x}]
      changes: [{links: ndr, bandwidth: 0.1%}, {links: ndr, bandwidth: 0.1%, until: 1ms}]
      """)
    #expect(conditions.slowdowns[0] == 1e9)
    #expect(conditions.linkChanges.contains { abs($0.factor / 1e-6 - 1) < 1e-9 })
  }

  @Test("Random windows come to what each moment's events multiply to", arguments: 0..<6)
  func windows(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let topology = try Samples.topology()
    var lines: [String] = []
    for _ in 0..<60 {
      let start = Int.random(in: 0..<40, using: &generator)
      let until =
        Bool.random(using: &generator) ? ", until: \(start + Int.random(in: 1...9, using: &generator)) us" : ""
      let links = ["ndr", "ndr[0-3]", "ndr[2]", "all"].randomElement(using: &generator) ?? "all"
      let share = Int.random(in: 0..<8, using: &generator) == 0 ? "fails: true" : "bandwidth: 90%"
      lines.append("{links: '\(links)', \(share), at: \(start) us\(until)}")
    }
    let scenario = try Samples.read("name: x\nchanges: [\(lines.joined(separator: ", "))]")
    let changes = try scenario.conditions(for: topology, ranks: 8, replication: 0).linkChanges
    #expect(changes.map(\.time) == changes.map(\.time).sorted())
    for link in topology.graph.links.indices {
      let events = try scenario.events.filter { try $0.links.links(in: topology).contains(link) }
      let own = changes.filter { Int($0.link) == link }
      for moment in Set(scenario.events.flatMap { [$0.start, $0.end].compactMap { $0 } }) {
        let active = events.filter { $0.start <= moment && moment < ($0.end ?? Seconds(.infinity)) }
        let expected = active.reduce(1.0) { $0 * $1.share }
        let found = own.last { $0.time <= moment }?.factor ?? 1
        #expect(abs(found - expected) <= 1e-12)
      }
    }
  }

  @Test("More changes than a run can bear are refused, and thousands are not")
  func changeCounts() throws {
    let many = (0..<4000).map { "{links: ndr, bandwidth: 50%, at: \(2 * $0) us, until: \(2 * $0 + 1) us}" }
    let scenario = try Samples.read("name: x\nchanges: [\(many.joined(separator: ", "))]")
    let topology = try Samples.topology()
    let ndr = links("ndr", of: topology).count
    let changes = try scenario.conditions(for: topology, ranks: 8, replication: 0).linkChanges
    #expect(changes.count == 8000 * ndr)
    var more = scenario
    more.events = (0..<1_000_000 / (4000 * ndr) + 1).flatMap { _ in scenario.events }
    let error = #expect(throws: ScenarioError.self) {
      try more.conditions(for: topology, ranks: 8, replication: 0)
    }
    #expect(error?.description.contains("changes of single links in 'small'; expected 1000000 at most") == true)
  }

  @Test("Conditions of classes, traffic and devices are taken over")
  func classes() throws {
    let conditions = try Samples.read(Samples.everything).conditions(
      for: try Samples.topology(), ranks: 8, replication: 0)
    #expect(conditions.messageJitters[1] == .logNormal(median: 1e-6, sigma: 0.5))
    #expect(conditions.messageJitters[0] == conditions.messageJitters[2] && conditions.messageJitters[0] != nil)
    #expect(conditions.halfDuplex == [false, true, false])
    #expect(conditions.efficiencies[0]?.points.count == 1 && conditions.efficiencies[2] == nil)
    #expect(
      conditions.background == [
        BackgroundFlow(from: 0, to: 5, bytes: Bytes(4_000_000), interval: Seconds(1e-3)),
        BackgroundFlow(from: 1, to: 6, bytes: Bytes(1024), start: Seconds(1e-3), end: Seconds(2e-3)),
      ])
    #expect(conditions.copyEngines == 2 && conditions.communicationShare == 0.15)
    #expect(conditions.receiveBuffer == Bytes(4_194_304))
    #expect(conditions.kernelJitter == .exponential(mean: 0.05))
  }

  @Test("A replication is the same alone as after others, and differs from them")
  func replications() throws {
    let scenario = try Samples.read(Samples.everything)
    let topology = try Samples.topology()
    let alone = try scenario.conditions(for: topology, ranks: 8, replication: 7)
    let all = try (0..<12).map { try scenario.conditions(for: topology, ranks: 8, replication: $0) }
    #expect(all[7] == alone)
    #expect(Set(all.map(\.slowdowns)).count == 12 && Set(all.map(\.startDelays)).count == 12)
    #expect(Set(all.map(\.seed)).count == 12)
    var other = scenario
    other.seed = 1
    #expect(try other.conditions(for: topology, ranks: 8, replication: 7) != alone)
  }

  @Test("What is added changes nothing of what is drawn before it")
  func additions() throws {
    let yaml = "name: x\ndelays: [{ranks: all, delay: {exponential: 1ms}}]"
    var scenario = try Samples.read(yaml)
    let topology = try Samples.topology()
    let before = try scenario.conditions(for: topology, ranks: 8, replication: 4).startDelays
    scenario.add(try Scenario(option: .straggler, "rank=all:uniform(1x,2x)"))
    scenario.add(try Scenario(option: .delay, "rank=3:1s"))
    let after = try scenario.conditions(for: topology, ranks: 8, replication: 4).startDelays
    #expect(after.indices.filter { after[$0] != before[$0] } == [3])
  }

  @Test("Drawn slow-downs are no speed-ups, and have the mean that was asked for")
  func slowdowns() throws {
    for text in ["normal(1.1x,0.5x)", "log-normal(1x,1)", "exponential(1.5x)", "uniform(1x,1.2x)"] {
      let scenario = try Scenario(option: .straggler, "rank=all:\(text)")
      let draw = scenario.stragglers[0].slowdown
      let samples = (0..<4000).map { draw.sample(seed: 5, $0) }
      #expect(samples.allSatisfy { $0 >= 1 && $0.isFinite }, "\(text)")
      guard text.hasPrefix("exp") || text.hasPrefix("uni") else { continue }
      let mean = samples.reduce(0, +) / 4000
      // Four standard errors: a deviation of 0.5 or less over the root of 4000.
      #expect(abs(mean - (text.hasPrefix("exp") ? 1.5 : 1.1)) < 4 * 0.5 / 4000.0.squareRoot(), "\(text) \(mean)")
    }
  }

  static let unknown: [(String, String)] = [
    ("stragglers: [{ranks: 8, slowdown: 2x}]", "stragglers[0].ranks: no rank 8 in the run's 8 ranks; expected 0 to 7"),
    ("delays: [{ranks: 6-9, delay: 1us}]", "delays[0].ranks: no rank 9"),
    ("background: [{from: 0, to: 8, message: 1MB}]", "background[0].to: no rank 8 in 'small'; expected 0 to 7"),
    (
      "stragglers: [{links: nrd, slowdown: 2x}]",
      "stragglers[0].links: no link class 'nrd' in 'small'; did you mean 'ndr'?"
    ),
    ("stragglers: [{links: host, slowdown: 2x}]", "stragglers[0].links: 'small' has no link of 'host'"),
    (
      "changes: [{links: 'ndr[16]', fails: true}]",
      "changes[0].links: no link ndr[16] in 'small'; expected ndr[0] to ndr[15]"
    ),
    (
      "changes: [{links: box0/gpu9 -> leaf1, fails: true}]",
      "no vertex 'box0/gpu9' in 'small'; did you mean 'box0/gpu0'?"
    ),
    (
      "changes: [{links: box0/gpu1 -> leaf2, fails: true}]",
      "no link from 'box0/gpu1' to 'leaf2' in 'small'; 'box0/gpu1' has links to:"
    ),
    (
      "jitter: {messages: [{links: 'ndr[0]', latency: 1us}]}",
      "jitter.messages[0].links: found 'ndr[0]', expected a whole link class"
    ),
    ("links: {nrd: {duplex: half}}", "scenario.yaml:2:9: links: no link class 'nrd' in 'small'; did you mean 'ndr'?"),
  ]

  @Test("Names that a cluster lacks are named with their place and the nearest", arguments: unknown)
  func unknownNames(yaml: String, message: String) throws {
    let scenario = try Samples.read("name: x\n" + yaml)
    let topology = try Samples.topology()
    let error = #expect(throws: ScenarioError.self) {
      try scenario.conditions(for: topology, ranks: 8, replication: 0)
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("scenario.yaml:2:") && text.contains(message), "\(text)")
  }
}
