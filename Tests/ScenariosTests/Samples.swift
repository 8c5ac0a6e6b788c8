import Configuration
import Quantities
import Scenarios
import Simulation
import Topologies

/// Clusters and scenarios made for these tests.
enum Samples {
  /// Two nodes of four devices, each a port of its own, under one leaf switch for each rail and two spines.
  static func topology() throws -> Topology {
    let yaml = """
      name: small
      devices: {unit: {memory: {capacity: 1 GB, bandwidth: 1 TB/s}, peak: {bf16: 100 TFLOP/s}}}
      links:
        wire: {bandwidth: 100 GB/s, latency: 1 us}
        ndr: {bandwidth: 50 GB/s, latency: 2 us}
        trunk: {bandwidth: 50 GB/s, latency: 1 us}
      nodes:
        box: {count: 2, devices: {type: unit, count: 4}, scale-up: {kind: switch, link: wire}, nics: {count: 4, link: ndr}}
      fabric: {kind: fat-tree, levels: 2, rails: 4, link: trunk}
      """
    return try Topology(document: try Document(yaml: yaml, file: "small.yaml"), profiles: ProfileLibrary())
  }

  /// A scenario with every field that there is.
  static let everything = """
    name: everything
    description: "a bit of: everything"
    provenance: published
    source: a paper
    seed: 18446744073709551615
    replications: 12
    stragglers:
      - {ranks: [3], slowdown: 2x}
      - {ranks: all, slowdown: {normal: {mean: 1.1x, deviation: 0.05x}}}
      - {ranks: "0-1,5", slowdown: {uniform: [1, 150%]}}
      - {links: ndr, slowdown: 1.5x}
      - {links: "ndr[0-3]", slowdown: {exponential: 1.2x}}
    delays:
      - {ranks: all, delay: {uniform: [0s, 1ms]}}
      - {ranks: 2, delay: 3us}
    jitter:
      kernels: {exponential: 5%}
      messages:
        - {links: ndr, latency: {log-normal: {median: 1us, sigma: 0.5}}}
        - {links: [wire, trunk], latency: "uniform(0, 1us)"}
    changes:
      - {links: ndr, at: 10ms, bandwidth: 50%, until: 20ms}
      - {links: "box0/gpu1 -> leaf1", at: 1ms, fails: true}
      - {links: ["box0/gpu2 - leaf2", fabric], bandwidth: 0.25}
    background:
      - {from: 0, to: 5, message: 4MB, every: 1ms}
      - {from: 1, to: 6, message: 1KiB, at: 1ms, until: 2ms}
      - {links: ndr, load: 30%}
    links:
      ndr: {duplex: half, efficiency: [[1KB, 30%], [1MB, 95%]]}
      scale-up: {efficiency: [[1KiB, 0.5]]}
    device: {copy-engines: 2, communication-share: 15%, receive-buffer: 4MiB}
    """

  /// Reads a scenario.
  static func read(_ yaml: String) throws -> Scenario {
    try Scenario(document: try Document(yaml: yaml, file: "scenario.yaml"))
  }

  /// What is wrong with a scenario; nil when nothing is.
  static func refusal(_ yaml: String) -> String? {
    do {
      _ = try read(yaml)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// The conditions of a scenario without its name.
  static func conditions(_ yaml: String, replication: Int = 0) throws -> Conditions {
    try read("name: x\n" + yaml).conditions(for: topology(), ranks: 8, replication: replication)
  }
}
