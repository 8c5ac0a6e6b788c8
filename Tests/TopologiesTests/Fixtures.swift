import Configuration
import Devices
import Foundation
import Quantities
import Testing
import Topologies

/// The device profiles that presets and tests name, with made-up figures: nothing here depends on them.
let stubLibrary = ProfileLibrary(
  [
    "h100-sxm", "a100-sxm-80gb", "a100-sxm-40gb", "h200-sxm", "b200-sxm", "gb200", "mi300x", "rtx4090", "tpu-v5p",
    "chip",
  ].map { name in
    DeviceProfile(
      name: name, title: name, memory: Bytes(80_000_000_000), memoryBandwidth: BytesPerSecond(3e12),
      peak: [.bf16: FLOPsPerSecond(1e15)])
  })

/// Reads a topology from text.
func topology(
  _ yaml: String, limits: TopologyLimits = .standard
) throws(ConfigurationError) -> Topology {
  try Topology(document: try Document(yaml: yaml, file: "test.yaml"), profiles: stubLibrary, limits: limits)
}

/// A topology of one node whose devices a shape joins.
func node(_ count: Int, _ shape: String, links: String = "l: {bandwidth: 1 GB/s, latency: 1 us}") throws -> Topology {
  try topology(
    """
    name: node
    links: {\(links)}
    nodes: {n: {devices: {type: chip, count: \(count)}, scale-up: \(shape)}}
    """)
}

/// A topology of one-device nodes whose devices a fabric joins.
func fabric(_ count: Int, _ shape: String, links: String = "l: {bandwidth: 1 GB/s, latency: 1 us}") throws -> Topology {
  try topology(
    """
    name: fabric
    links: {\(links)}
    nodes: {n: {count: \(count), devices: {type: chip, count: 1}}}
    fabric: \(shape)
    """)
}

/// The message of the error that a text ends in.
func failure(_ yaml: String, limits: TopologyLimits = .standard) -> String {
  do {
    _ = try topology(yaml, limits: limits)
    return "read without error"
  } catch {
    return error.description
  }
}

/// A small seeded generator for tests (SplitMix64 through ``SeededHash``).
struct Dice {
  private let seed: UInt64
  private var count: UInt64 = 0

  init(_ seed: UInt64) { self.seed = seed }

  mutating func roll() -> UInt64 {
    count += 1
    return SeededHash.mix(seed, count, 7)
  }

  mutating func roll(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(roll() % UInt64(range.count))
  }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[roll(0...values.count - 1)] }
}

extension Topology {
  /// What is wrong with a route; nil when it is contiguous, has the right ends and forwards only where it may.
  ///
  /// - Parameter relays: How many devices that don't forward may be passed, as NCCL's PXN does.
  func fault(_ links: [Int32], from source: Int, to destination: Int, relays: Int = 0) -> String? {
    var vertex = devices[source].vertex
    var passed = 0
    for (step, index) in links.enumerated() {
      let link = graph.links[Int(index)]
      guard Int(link.from) == vertex else { return "link \(step) starts at \(link.from), not at \(vertex)" }
      if step > 0, !graph.vertices[vertex].forwards {
        guard graph.vertices[vertex].kind == .device else { return "passes \(graph.vertices[vertex].name)" }
        passed += 1
      }
      vertex = Int(link.to)
    }
    guard vertex == devices[destination].vertex else { return "ends at \(graph.vertices[vertex].name)" }
    return passed <= relays ? nil : "passes \(passed) devices that don't forward"
  }

  /// The links from one rank to another under a salt.
  func links(from source: Int, to destination: Int, salt: UInt64) -> [Int32]? {
    var links: [Int32] = []
    return router.appendRoute(from: source, to: destination, salt: salt, into: &links) ? links : nil
  }

  /// Checks every route against breadth-first search.
  func checkRoutes(slack: Int = 0, _ comment: Comment) {
    let search = ShortestPathRouter(graph: graph, deviceVertices: devices.map(\.vertex))
    for source in 0..<deviceCount {
      for destination in 0..<deviceCount where destination != source {
        let salt = SeededHash.mix(1, UInt64(source), UInt64(destination))
        var shortest: [Int32] = []
        guard search.appendRoute(from: source, to: destination, salt: salt, into: &shortest),
          let links = links(from: source, to: destination, salt: salt)
        else {
          Issue.record("\(comment): no way from \(source) to \(destination)")
          return
        }
        let problem = fault(links, from: source, to: destination)
        guard problem == nil, links.count <= shortest.count + slack else {
          Issue.record(
            "\(comment): \(source) to \(destination): \(problem ?? "\(links.count) links, not \(shortest.count)")")
          return
        }
      }
    }
  }

  /// The vertices of a kind.
  func count(_ kind: Vertex.Kind) -> Int { graph.vertices.count { $0.kind == kind } }
}
