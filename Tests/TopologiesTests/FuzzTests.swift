import Configuration
import Foundation
import Testing
import Topologies

/// Broken files end in a ``ConfigurationError`` or a topology whose ranks reach each other; nothing crashes or hangs.
@Suite struct FuzzTests {
  /// Small limits, so that a changed count makes an error and not a long build.
  static let limits = TopologyLimits(devices: 2048, links: 40_000, graphTable: 20_000)

  static let bases: [String] =
    [
      ClusterRoutingTests.design, ReadingTests.base,
      """
      name: fuzz
      devices:
        own: {memory: {capacity: 80 GB, bandwidth: 3 TB/s, efficiency: 0.9}, peak: {bf16: 989 TFLOP/s}, cache: 50 MB}
      links: {l: &l {bandwidth: 1 GB/s, latency: 1 us}, m: *l, n: {bandwidth: 8 Gb/s, latency: 0, source: "x"}}
      nodes:
        a: {count: 2, devices: {type: own, count: 4}, scale-up: {kind: graph, endpoints-forward: true,
            vertices: [s, {name: t, kind: bridge}], links: [[gpu0, s, l], [gpu1, s, l], [gpu2, t, l], [gpu3, t, m],
            [s, t, l], [gpu0, gpu3, m, one-way]]}, nics: {count: 2, attach: l, affinity: shared, link: m}}
        b: {devices: {type: own, count: 6}, scale-up: {kind: pcie-tree, link: l, host-bridges: 2, inter-socket: m,
            devices-per-bridge: 2}}
        c: {count: 3, devices: {type: own, count: 8, name: tpu}, scale-up: {kind: torus, dimensions: [2, 4], link: l}}
      fabric: {kind: dragonfly, groups: 3, routers: 4, hosts: 4, link: l, global-link: m, local-link: n}
      routing: {seed: 3, cross-rail: fabric}
      """,
    ]
    + PresetTests.presets.compactMap {
      try? String(contentsOf: PresetTests.folder.appendingPathComponent($0.name + ".yaml"), encoding: .utf8)
    }

  static let pieces = [
    "[", "]", "{", "}", ":", ": ", ",", "\n", "  ", "- ", "&a ", "*a ", "*l", "'", "\"", "#", "|", ">", "?", "!!int ",
    "%", "@",
    "\t", "\u{0}", "\u{85}", "\u{2028}", "\u{FEFF}", "é", "1000000000", "999999999999999999999", "-1", "0", "1e308",
    "1e-320", "nan", "inf", "0x10", "1_0", ".", "ns", "GB/s", "true", "null", "~", "<<", "none", "graph", "torus",
    "ring", "fat-tree", "tree", "rails: 3", "levels: 8", "ports: [1, 2]", "rail-only: true", "count: 7",
    "dimensions: [2, 2]", "oversubscription: 0.5", "planes: 3",
  ]

  /// One of a few kinds of damage.
  static func mutate(_ text: String, _ dice: inout Dice) -> String {
    var scalars = Array(text.unicodeScalars)
    for _ in 0..<dice.roll(1...4) {
      let place = dice.roll(0...max(0, scalars.count - 1))
      switch dice.roll(0...5) {
      case 0: scalars.removeSubrange(place..<min(scalars.count, place + dice.roll(1...12)))
      case 1: scalars.insert(contentsOf: Array(dice.pick(pieces).unicodeScalars), at: min(place, scalars.count))
      case 2:
        let end = min(scalars.count, place + dice.roll(1...40))
        scalars.insert(contentsOf: scalars[place..<end], at: dice.roll(0...scalars.count))
      case 3:
        // A number for another.
        if let digit = scalars[place...].firstIndex(where: { ("0"..."9").contains($0) }) {
          scalars.replaceSubrange(digit...digit, with: String(dice.roll(0...40)).unicodeScalars)
        }
      case 4:
        let other = dice.roll(0...max(0, scalars.count - 1))
        if !scalars.isEmpty { scalars.swapAt(place, other) }
      default:
        let end = min(scalars.count, place + dice.roll(1...8))
        scalars.replaceSubrange(place..<end, with: Array(dice.pick(pieces).unicodeScalars))
      }
      if scalars.isEmpty { scalars = Array("a".unicodeScalars) }
    }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars)
    return String(result)
  }

  @Test(arguments: 0..<8) func brokenFilesEndInErrors(_ seed: Int) {
    var dice = Dice(UInt64(seed) &+ 77)
    var read = 0
    for _ in 0..<700 {
      let text = Self.mutate(dice.pick(Self.bases), &dice)
      guard let document = try? Document(yaml: text, file: "fuzz.yaml") else { continue }
      _ = try? document.canonicalText()
      guard let topology = try? Topology(document: document, profiles: stubLibrary, limits: Self.limits) else {
        continue
      }
      read += 1
      #expect(topology.deviceCount <= Self.limits.devices)
      #expect(topology.graph.links.count <= Self.limits.links)
      for _ in 0..<20 {
        let (source, destination) = (
          dice.roll(0...topology.deviceCount - 1), dice.roll(0...topology.deviceCount - 1)
        )
        guard let route = topology.route(from: source, to: destination) else {
          Issue.record("no way from \(source) to \(destination) in:\n\(text)")
          break
        }
        let fault = topology.fault(route.links, from: source, to: destination, relays: 1)
        #expect(fault == nil, "\(text)")
        #expect(route.time(for: .init(1)).seconds.isFinite)
      }
      #expect(TopologyDrawing(topology).lines.allSatisfy { $0.count <= 100 })
    }
    // Some damage is harmless, most is not; both must happen for the test to mean anything.
    #expect((20...600).contains(read))
  }
}
