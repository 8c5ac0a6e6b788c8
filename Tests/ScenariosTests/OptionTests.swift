import Configuration
import Quantities
import Testing

@testable import Scenarios

@Suite struct OptionTests {
  static let options: [(ScenarioOption, String, String)] = [
    (.straggler, "rank=3:2x", "stragglers: [{ranks: 3, slowdown: 2x}]"),
    (.straggler, "ranks=0-7:uniform(1x, 1.5x)", "stragglers: [{ranks: 0-7, slowdown: {uniform: [1x, 1.5x]}}]"),
    (.straggler, "link=ndr:1.5x", "stragglers: [{links: ndr, slowdown: 1.5x}]"),
    (.straggler, "link=ndr[0-3]:1.5x", "stragglers: [{links: 'ndr[0-3]', slowdown: 1.5x}]"),
    (.delay, "rank=all:uniform(0,1ms)", "delays: [{ranks: all, delay: {uniform: [0, 1ms]}}]"),
    (.delay, "rank=1,2:5us", "delays: [{ranks: [1, 2], delay: 5us}]"),
    (.jitter, "kernels:exponential(5%)", "jitter: {kernels: {exponential: 5%}}"),
    (
      .jitter, "links.ndr:log-normal(1us,0.5)",
      "jitter: {messages: [{links: ndr, latency: {log-normal: {median: 1us, sigma: 0.5}}}]}"
    ),
    (.degrade, "links.ndr:0.5@10ms", "changes: [{links: ndr, bandwidth: 50%, at: 10ms}]"),
    (.degrade, "links.ndr:50%@1e-3s-20ms", "changes: [{links: ndr, bandwidth: 50%, at: 1ms, until: 20ms}]"),
    (.degrade, "ndr:50%", "changes: [{links: ndr, bandwidth: 50%}]"),
    (.fail, "box0/gpu1->leaf1@1ms", "changes: [{links: box0/gpu1 -> leaf1, fails: true, at: 1ms}]"),
    (.fail, "box0/gpu1 - leaf1@1ms-2ms", "changes: [{links: box0/gpu1 - leaf1, fails: true, at: 1ms, until: 2ms}]"),
    (.fail, "links.ndr[3]@1ms", "changes: [{links: 'ndr[3]', fails: true, at: 1ms}]"),
    (.background, "0->5:4MB/1ms", "background: [{from: 0, to: 5, message: 4MB, every: 1ms}]"),
    (.background, "0 -> 5: 4MB @ 1ms - 2ms", "background: [{from: 0, to: 5, message: 4MB, at: 1ms, until: 2ms}]"),
    (.load, "links.ndr:30%", "background: [{links: ndr, load: 30%}]"),
    (.duplex, "links.ndr:half", "links: {ndr: {duplex: half}}"),
    (.efficiency, "links.ndr:1KB=30%,1MB=95%", "links: {ndr: {efficiency: [[1KB, 30%], [1MB, 95%]]}}"),
    (.copyEngines, "2", "device: {copy-engines: 2}"),
    (.communicationShare, "15%", "device: {communication-share: 15%}"),
    (.receiveBuffer, "4MiB", "device: {receive-buffer: 4MiB}"),
  ]

  @Test("An option says what a file can say", arguments: options)
  func says(option: ScenarioOption, text: String, yaml: String) throws {
    #expect(try Scenario(option: option, text).text == Samples.read("name: options\n" + yaml).text)
    #expect(try !Scenario(option: option, text).entries.isEmpty)
  }

  @Test("Every option is among those, and its form has an example that is read")
  func allOptions() {
    #expect(Set(Self.options.map(\.0)) == Set(ScenarioOption.allCases))
  }

  static let malformed: [(ScenarioOption, String, String)] = [
    (.straggler, "3", "expected TARGET:FACTOR, such as rank=3:2x"), (.straggler, "gpu=3:2x", "expected TARGET:FACTOR"),
    (.straggler, "", "expected TARGET:FACTOR"), (.straggler, "rank=3:fast", "found 'fast', expected a factor"),
    (.straggler, "rank=:2x", "found nothing, expected a text"), (.straggler, "rank=3:", "found nothing"),
    (.straggler, "rank=3:0.5x", "found '0.5x', expected a factor from 1x"),
    (.delay, "link=ndr:1ms", "expected rank=RANKS:TIME"),
    (.delay, "rank=0:-1ms", "found '-1ms', expected a time from 0 s to 1000000 s"),
    (.delay, "rank=0:uniform(1ms)", "found 1 parameter of uniform, expected low, high"),
    (.jitter, "rank=3:1ms", "expected kernels:SHARE"), (.jitter, "kernels:5us", "found '5us', expected a share"),
    (.degrade, "links.ndr", "expected links.LINKS:SHARE"), (.degrade, "links.ndr:0", "found '0', expected a share"),
    (.degrade, "links.ndr:50%@2ms-1ms", "found '1ms', expected a time after 2 ms"),
    (.degrade, "links.ndr:50%@", "found nothing, expected a time"), (.fail, "", "expected LINKS"),
    (.fail, "@1ms", "expected LINKS"), (.fail, "links.ndr[a]@1ms", "found 'ndr[a]', expected links"),
    (.background, "0:4MB", "expected FROM->TO:SIZE"), (.background, "0->0:4MB", "expected another rank"),
    (.background, "0->1:4MB/", "found nothing"), (.load, "links.ndr:130%", "found '130%'"),
    (.duplex, "links.ndr:both", "no duplex mode 'both'"), (.efficiency, "links.ndr:1KB", "expected a point"),
    (.efficiency, "links.ndr:", "expected a point"), (.copyEngines, "two", "found 'two', expected a whole number"),
    (.communicationShare, "150%", "found '150%'"), (.receiveBuffer, "4", "found '4', expected a size"),
    (.receiveBuffer, "\u{0}'\"", "found"),
  ]

  @Test("A malformed value is refused in the name of its option", arguments: malformed)
  func refuses(option: ScenarioOption, text: String, message: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try Scenario(option: option, text) }
    #expect(error?.file == "--\(option.rawValue) \(text)")
    #expect(error?.line == nil && error?.path.isEmpty == true)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test("Options add to a file, and the last counts of what can be only once")
  func adding() throws {
    var scenario = try Samples.read(Samples.everything)
    scenario.add(try Scenario(option: .straggler, "rank=4:3x"))
    scenario.add(try Scenario(option: .jitter, "kernels:1%"))
    scenario.add(try Scenario(option: .duplex, "links.ndr:full"))
    scenario.add(try Scenario(option: .copyEngines, "3"))
    #expect(scenario.name == "everything" && scenario.seed == .max && scenario.replicationCount == 12)
    #expect(scenario.stragglers.count == 6 && scenario.kernelJitter?.distribution == .constant(0.01))
    let conditions = try scenario.conditions(for: try Samples.topology(), ranks: 8, replication: 0)
    #expect(conditions.halfDuplex == [false, false, false] && conditions.efficiencies[1] != nil)
    #expect(conditions.copyEngines == 3 && conditions.communicationShare == 0.15)
    #expect(try Samples.read(scenario.text).text == scenario.text)
    #expect(scenario.text.contains("  ndr: {duplex: full, efficiency: [[1 kB, 30%], [1 MB, 95%]]}"))
  }
}
