import Configuration
import Quantities
import Testing

@testable import Scenarios

@Suite struct ReadingTests {
  @Test("Every field is read, and the canonical text reads back as itself")
  func everything() throws {
    let scenario = try Samples.read(Samples.everything)
    #expect(scenario.name == "everything" && scenario.summary == "a bit of: everything")
    #expect(scenario.provenance == .published && scenario.source == "a paper")
    #expect(scenario.seed == .max && scenario.replicationCount == 12 && scenario.isRandom)
    #expect(scenario.stragglers.count == 5 && scenario.delays.count == 2 && scenario.messageJitters.count == 2)
    #expect(scenario.events.count == 3 && scenario.background.count == 3 && scenario.links.count == 2)
    #expect(scenario.stragglers[1].slowdown.distribution == .normal(mean: 1.1, deviation: 0.05))
    #expect(scenario.stragglers[2].slowdown.distribution == .uniform(low: 1, high: 1.5))
    #expect(scenario.kernelJitter?.distribution == .exponential(mean: 0.05))
    #expect(scenario.messageJitters[0].latency.distribution == .logNormal(median: 1e-6, sigma: 0.5))
    #expect(scenario.messageJitters[1].latency.distribution == .uniform(low: 0, high: 1e-6))
    #expect(scenario.events.map(\.share) == [0.5, 0, 0.25])
    #expect(scenario.events.map(\.start) == [Seconds(10e-3), Seconds(1e-3), .zero])
    #expect(scenario.events.map(\.end) == [Seconds(20e-3), nil, nil])
    #expect(scenario.links[0].isHalfDuplex == true && scenario.links[1].isHalfDuplex == nil)
    #expect(scenario.links[0].efficiency?.points.map(\.share) == [0.3, 0.95])
    #expect(scenario.device.copyEngines == 2 && scenario.device.communicationShare == 0.15)
    #expect(scenario.device.receiveBuffer == Bytes(4_194_304))
    let text = scenario.text
    #expect(try Samples.read(text).text == text)
    #expect(
      try Samples.read(text).conditions(for: Samples.topology(), ranks: 8, replication: 3)
        == scenario.conditions(for: Samples.topology(), ranks: 8, replication: 3))
  }

  @Test("A scenario of nothing but a name is read, and says so")
  func nothing() throws {
    let scenario = try Samples.read("name: calm")
    #expect(scenario.text == "name: calm\nprovenance: assumed\nseed: 0\nreplications: 1\n")
    #expect(!scenario.isRandom && scenario.entries.isEmpty)
    var conditions = try Samples.conditions("")
    conditions.seed = 0
    #expect(conditions == .init())
  }

  @Test(
    "Names and sentences of any characters survive the canonical text",
    arguments: ["a \"b\" \\ c", "two\nlines\tand a tab", "true", "7", "ü → µ", "- x: {y}", "#", "\u{85}\u{2028}"])
  func awkwardTexts(text: String) throws {
    var scenario = try Samples.read("name: calm")
    (scenario.name, scenario.summary, scenario.source) = (text, text, text)
    guard
      text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control || "\n\t".unicodeScalars.contains($0) }
      )
    else { return }
    let again = try Samples.read(scenario.text)
    #expect(again.name == text && again.summary == text && again.source == text)
  }

  static let refusals: [(String, String)] = [
    ("stragler: []", "scenario.yaml:2:1: unknown key 'stragler'; did you mean 'stragglers'?"),
    ("seed: -1", "scenario.yaml:2:7: seed: found '-1', expected a whole number from 0"),
    ("replications: 0", "replications: found 0, expected a whole number from 1 to 100000"),
    ("stragglers: 3", "stragglers: found '3', expected a list"),
    ("stragglers: [{ranks: 3}]", "stragglers[0]: no key 'slowdown'"),
    ("stragglers: [{slowdown: 2x}]", "stragglers[0]: expected either 'ranks' or 'links'"),
    ("stragglers: [{ranks: 1, links: ndr, slowdown: 2x}]", "stragglers[0]: expected either 'ranks' or 'links'"),
    ("stragglers: [{ranks: [], slowdown: 2x}]", "stragglers[0].ranks: found an empty list"),
    ("stragglers: [{ranks: 3-1, slowdown: 2x}]", "stragglers[0].ranks: found '3-1', expected ranks"),
    ("stragglers: [{ranks: -1, slowdown: 2x}]", "stragglers[0].ranks: found '-1'"),
    ("stragglers: [{ranks: x, slowdown: 2x}]", "stragglers[0].ranks: found 'x'"),
    ("stragglers: [{ranks: 99999999999, slowdown: 2x}]", "stragglers[0].ranks: found '99999999999'"),
    ("stragglers: [{ranks: 3, slowdown: 0.5x}]", "slowdown: found '0.5x', expected a factor from 1x to 1000000x"),
    ("stragglers: [{ranks: 3, slowdown: nan}]", "slowdown: found 'nan'"),
    ("stragglers: [{ranks: 3, slowdown: inf}]", "slowdown: found 'inf'"),
    ("stragglers: [{ranks: 3, slowdown: 2y}]", "slowdown: found '2y'"),
    ("stragglers: [{ranks: 3, slowdown: [2]}]", "slowdown: found a list"),
    ("stragglers: [{ranks: 3, slowdown: {}}]", "slowdown: expected one distribution"),
    ("stragglers: [{ranks: 3, slowdown: {norml: 3}}]", "unknown key 'norml'; did you mean 'normal'?"),
    ("stragglers: [{ranks: 3, slowdown: 'norml(1,2)'}]", "slowdown: found 'norml(1,2)', expected a number or a"),
    ("stragglers: [{ranks: 3, slowdown: 'norml(1,2)'}]", "did you mean 'normal'?"),
    (
      "stragglers: [{ranks: 3, slowdown: {uniform: [2x, 1x]}}]",
      "slowdown.uniform[1]: found '1x', expected no less than 2x"
    ),
    (
      "stragglers: [{ranks: 3, slowdown: {uniform: 2x}}]",
      "slowdown.uniform: found 1 parameter of uniform, expected low, high"
    ),
    ("stragglers: [{ranks: 3, slowdown: {normal: {mean: 2x}}}]", "slowdown.normal: no key 'deviation'"),
    ("stragglers: [{ranks: 3, slowdown: {normal: {mean: 2x, deviation: -1x}}}]", "deviation: found '-1x'"),
    ("stragglers: [{links: [], slowdown: 2x}]", "stragglers[0].links: found an empty list"),
    ("stragglers: [{links: 'ndr[x]', slowdown: 2x}]", "stragglers[0].links: found 'ndr[x]', expected links such as"),
    ("stragglers: [{links: '->b', slowdown: 2x}]", "stragglers[0].links: found '->b'"),
    ("delays: [{ranks: 0, delay: -1s}]", "scenario.yaml:2:28: delays[0].delay: found '-1s', expected a time from 0 s"),
    ("delays: [{ranks: 0, delay: 3}]", "delays[0].delay: found '3'"),
    ("delays: [{ranks: 0, delay: {log-normal: [1us, 4]}}]", "expected sigma"),
    ("jitter: {kernel: 3%}", "unknown key 'kernel'; did you mean 'kernels'?"),
    ("jitter: {kernels: 3us}", "jitter.kernels: found '3us', expected a share"),
    ("jitter: {messages: [{links: ndr, latency: 5%}]}", "jitter.messages[0].latency: found '5%', expected a time"),
    ("changes: [{links: ndr}]", "changes[0]: expected either 'bandwidth'"),
    ("changes: [{links: ndr, bandwidth: 0}]", "changes[0].bandwidth: found '0', expected a share"),
    ("changes: [{links: ndr, bandwidth: 1.5}]", "changes[0].bandwidth: found '1.5', expected a share"),
    ("changes: [{links: ndr, fails: false}]", "changes[0].fails: found 'false'"),
    ("changes: [{links: ndr, fails: true, bandwidth: 50%}]", "changes[0]: expected either"),
    ("changes: [{links: ndr, fails: true, at: -1s}]", "changes[0].at: found '-1s'"),
    (
      "changes: [{links: ndr, fails: true, at: 2s, until: 1s}]",
      "changes[0].until: found '1s', expected a time after 2 s"
    ),
    ("background: [{from: 0, to: 1}]", "background[0]: no key 'message'"),
    ("background: [{from: 0, to: 0, message: 1MB}]", "background[0].to: found '0', expected another rank"),
    ("background: [{from: 0-2, to: 3, message: 1MB}]", "background[0].from: found '0-2', expected one rank"),
    ("background: [{from: 0, to: 1, message: 0 B}]", "background[0].message: found '0 B'"),
    ("background: [{from: 0, to: 1, message: 1MB, every: 0s}]", "background[0].every: found '0s'"),
    ("background: [{links: ndr}]", "background[0].links: links need 'load'"),
    ("background: [{links: ndr, load: 100%}]", "background[0].load: found '100%'"),
    ("background: [{links: ndr, load: 10%, from: 1}]", "background[0].from: a load has no 'from'"),
    ("links: {ndr: {}}", "links.ndr: expected 'duplex' or 'efficiency'"),
    ("links: {ndr: {duplex: hlaf}}", "links.ndr.duplex: no duplex mode 'hlaf'; did you mean 'half'?"),
    ("links: {ndr: {efficiency: []}}", "links.ndr.efficiency: found an empty list"),
    ("links: {ndr: {efficiency: [[1KB]]}}", "links.ndr.efficiency[0]: expected a point"),
    ("links: {ndr: {efficiency: [[1KB, 0]]}}", "links.ndr.efficiency[0][1]: found '0'"),
    ("links: {ndr: {efficiency: [[1KB, 1], [1KB, 1]]}}", "efficiency[1][0]: found '1KB', expected a size above 1 kB"),
    ("device: {copy-engines: 0}", "device.copy-engines: found 0"),
    ("device: {communication-share: 15}", "device.communication-share: found '15'"),
    ("device: {receive-buffer: -1 B}", "device.receive-buffer: found '-1 B'"),
    ("device: {reciev-buffer: 1 B}", "did you mean 'receive-buffer'?"),
  ]

  @Test("What is wrong is named with its place, and what would be right", arguments: refusals)
  func refuses(yaml: String, message: String) throws {
    let refusal = try #require(Samples.refusal("name: x\n" + yaml))
    #expect(refusal.hasPrefix("scenario.yaml:2:") && refusal.contains(message), "\(refusal)")
  }
}
