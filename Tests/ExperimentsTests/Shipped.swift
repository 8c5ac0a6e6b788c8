import Configuration
import Experiments
import Foundation

/// What ships with Treeline, and small clusters made for a test.
enum Shipped {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The presets of the checkout.
  static let library = InputLibrary(
    topologies: ConfigurationLibrary(searchPaths: [root + "/Topologies"]),
    devices: ConfigurationLibrary(searchPaths: [root + "/Topologies/devices"]),
    models: ConfigurationLibrary(searchPaths: [root + "/Experiments/models"]),
    scenarios: ConfigurationLibrary(searchPaths: [root + "/Experiments/scenarios"]),
    calibrations: ConfigurationLibrary(searchPaths: [root + "/Experiments/calibration"]),
    papers: ConfigurationLibrary(searchPaths: [root + "/Experiments/paper"]))

  /// Devices of a kilobyte on one switch.
  static func tiny(devices count: Int, capacity: String = "1000 B") throws -> ResolvedTopology {
    let yaml = """
      name: tiny
      devices: {unit: {memory: {capacity: \(capacity), bandwidth: 1 GB/s}, peak: {bf16: 1 TFLOP/s}}}
      links: {wire: {bandwidth: 1 GB/s, latency: 1 us}}
      nodes: {box: {devices: {type: unit, count: \(count)}, scale-up: {kind: switch, link: wire}}}
      """
    return try ResolvedTopology(document: try Document(yaml: yaml, file: "tiny.yaml"))
  }
}

/// Runs a body that must fail with an error about configuration.
func configurationError(_ body: () throws -> some Any) -> ConfigurationError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? ConfigurationError
  }
}
