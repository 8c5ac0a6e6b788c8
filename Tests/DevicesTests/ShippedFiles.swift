import Configuration
import Foundation

/// The YAML files that ship with the package, found from the place of this file.
enum ShippedFiles {
  static let devices = ConfigurationLibrary(searchPaths: [folder("Topologies/devices")])
  static let models = ConfigurationLibrary(searchPaths: [folder("Experiments/models")])

  private static func folder(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// The text of a shipped file, comments and all.
  static func text(_ library: ConfigurationLibrary, _ name: String) throws -> String {
    try String(contentsOfFile: library.locate(name), encoding: .utf8)
  }
}
