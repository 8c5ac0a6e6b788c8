import ArgumentParser
import Experiments
import Scenarios

/// What a step meets beside its cluster: a scenario by name, and what is added to it.
struct ScenarioOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A scenario by name ('treeline scenario list') or the path of a scenario file; the options below add to it.
      """, valueName: "scenario"))
  var scenario: String?

  @Option(
    name: .customLong("straggler"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      Slow ranks or links: rank=3:2x, rank=0-7:uniform(1x,1.2x), link=ndr:1.5x. RANKS are 3, 0-7 or all; LINKS are a \
      class (ndr), a tier (scale-up, host, NIC, fabric), some of them (ndr[0-3]), 'A->B', 'A - B' for both ways, or all. \
      Numbers may be drawn, once a replication: uniform(LOW,HIGH), exponential(MEAN), normal(MEAN,DEVIATION), \
      log-normal(MEDIAN,SIGMA).
      """, valueName: "target:factor"))
  var stragglers: [String] = []

  @Option(
    name: .customLong("delay"), parsing: .singleValue,
    help: ArgumentHelp("Ranks that begin late: rank=all:uniform(0,1ms).", valueName: "rank=ranks:time"))
  var delays: [String] = []

  @Option(
    name: .customLong("jitter"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      Extra time drawn anew for each kernel, kernels:exponential(5%), or message, links.ndr:log-normal(1us,0.5).
      """, valueName: "what:extra"))
  var jitters: [String] = []

  @Option(
    name: .customLong("degrade"), parsing: .singleValue,
    help: ArgumentHelp(
      "Bandwidth that links have left, from a moment and until one: links.ndr:50%@10ms-20ms.",
      valueName: "links:share@from-until"))
  var degradations: [String] = []

  @Option(
    name: .customLong("fail"), parsing: .singleValue,
    help: ArgumentHelp(
      "Links that fail at a moment, and until one: links.ndr[3]@1ms, 'dgx0/gpu1->leaf1@1ms-2ms'.",
      valueName: "links@from-until"))
  var failures: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      """
      Other traffic between two devices, a message every so often or, without /EVERY, always one: '0->9:4MB/1ms'.
      """, valueName: "from->to:size/every"))
  var background: [String] = []

  @Option(
    name: .customLong("load"), parsing: .singleValue,
    help: ArgumentHelp(
      "Share of links that other traffic takes all the time; several add up: links.ndr:30%.", valueName: "links:share")
  )
  var loads: [String] = []

  @Option(
    name: .customLong("duplex"), parsing: .singleValue,
    help: ArgumentHelp(
      "Whether both directions of a class's cables share one bandwidth: links.ndr:half.", valueName: "links:mode"))
  var duplexes: [String] = []

  @Option(
    name: .customLong("efficiency"), parsing: .singleValue,
    help: ArgumentHelp(
      "Share of the bandwidth that messages of a size reach: links.ndr:1KB=30%,1MB=95%.",
      valueName: "links:size=share,..."))
  var efficiencies: [String] = []

  @Option(help: ArgumentHelp("Messages that a device can send at a time (default: any number).", valueName: "number"))
  var copyEngines: String?

  @Option(
    help: ArgumentHelp(
      "Share of its speed that a device's kernels lose while it sends or receives: 15% (default: 0).",
      valueName: "share"))
  var communicationShare: String?

  @Option(
    help: ArgumentHelp(
      "Bytes that a rank takes in before it reaches their receives: 4MiB (default: 0, rendezvous).", valueName: "size"))
  var receiveBuffer: String?

  @Option(help: ArgumentHelp("Seed of everything drawn (default: the scenario's, or 0).", valueName: "seed"))
  var scenarioSeed: UInt64?

  @Option(
    help: ArgumentHelp(
      "How often a step is drawn and simulated (default: the scenario's, or 25 where anything is drawn).",
      valueName: "number"))
  var replications: Int?

  /// What the options add, kind by kind, each in the order given.
  private var additions: [(option: ScenarioOption, text: String)] {
    let lists: [(ScenarioOption, [String])] = [
      (.straggler, stragglers), (.delay, delays), (.jitter, jitters), (.degrade, degradations), (.fail, failures),
      (.background, background), (.load, loads), (.duplex, duplexes), (.efficiency, efficiencies),
      (.copyEngines, copyEngines.map { [$0] } ?? []), (.communicationShare, communicationShare.map { [$0] } ?? []),
      (.receiveBuffer, receiveBuffer.map { [$0] } ?? []),
    ]
    return lists.flatMap { option, texts in texts.map { (option: option, text: $0) } }
  }

  /// The scenario that the options describe; nil when they describe none.
  func resolve(_ library: InputLibrary) throws -> ResolvedScenario? {
    if let replications, !(1...Scenario.mostReplications).contains(replications) {
      throw UsageError(
        "--replications: found \(replications), expected a whole number from 1 to \(Scenario.mostReplications)")
    }
    guard scenario != nil || !additions.isEmpty else {
      if replications != nil { throw UsageError("--replications needs a scenario: without one nothing is drawn") }
      if scenarioSeed != nil { throw UsageError("--scenario-seed needs a scenario: without one nothing is drawn") }
      return nil
    }
    return try ResolvedScenario(
      scenario, from: library, adding: additions, seed: scenarioSeed, replications: replications)
  }
}
