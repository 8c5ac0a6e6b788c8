import Quantities

/// What a step meets beside its cluster, as it was asked for: by the names of ranks and links, and by distributions.
///
/// A scenario knows no cluster; ``conditions(for:ranks:replication:)`` looks its names up in one and draws what is
/// random, each replication by its number alone.
///
///     var scenario = try Scenario(document: scenarios.load("noisy-cluster"))
///     scenario.add(try Scenario(option: .straggler, "rank=3:2x"))
///     let conditions = try scenario.conditions(for: topology, ranks: 128, replication: 0)
public struct Scenario: Sendable {
  /// Its name.
  public var name: String
  /// What it stands for, in a sentence; may be empty.
  public var summary = ""
  /// Where its figures come from.
  public var provenance = Provenance.assumed
  /// The documents that its figures come from; may be empty.
  public var source = ""
  /// Chooses every sample.
  public var seed: UInt64 = 0
  /// How often the step is drawn and simulated; nil for ``defaultReplications`` where anything is random, and once
  /// where nothing is.
  public var replications: Int?

  var stragglers: [Straggler] = []
  var delays: [StartDelay] = []
  var kernelJitter: Draw?
  var messageJitters: [MessageJitter] = []
  var events: [LinkEvent] = []
  var background: [OtherTraffic] = []
  var links: [LinkTraits] = []
  var device = DeviceTraits()

  /// How often a random step is simulated unless asked otherwise: enough that the second least and the second most are
  /// p5 and p95.
  public static let defaultReplications = 25
  /// The most replications that can be asked for.
  public static let mostReplications = 100_000

  /// A scenario in which nothing happens.
  public init(name: String) {
    self.name = name
  }

  /// Whether anything is drawn, so that replications differ.
  public var isRandom: Bool {
    let draws =
      stragglers.map(\.slowdown) + delays.map(\.delay) + messageJitters.map(\.latency)
      + [kernelJitter].compactMap { $0 }
    return draws.contains { !$0.isConstant }
  }

  /// How often the step is simulated.
  public var replicationCount: Int { replications ?? (isRandom ? Self.defaultReplications : 1) }

  /// What is said in it of which a later entry would replace an earlier one, by name: `the jitter of kernels`, `the
  /// efficiency of ndr`.
  public var onceOnly: [String] {
    (kernelJitter == nil ? [] : ["the jitter of kernels"])
      + messageJitters.map { "the jitter of \($0.links.text)" }
      + links.filter { $0.isHalfDuplex != nil }.map { "the duplex mode of \($0.links.text)" }
      + links.filter { $0.efficiency != nil }.map { "the efficiency of \($0.links.text)" }
  }

  /// Adds what another scenario says: its entries stand behind those that are there, and what can be only once (kernel
  /// jitter, traits of links and devices, replications) is the other's where it has it. Name, summary and seed stay.
  public mutating func add(_ other: Scenario) {
    stragglers += other.stragglers
    delays += other.delays
    kernelJitter = other.kernelJitter ?? kernelJitter
    messageJitters += other.messageJitters
    events += other.events
    background += other.background
    links += other.links
    device = device.overridden(by: other.device)
    replications = other.replications ?? replications
  }
}
