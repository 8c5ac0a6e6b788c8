import Foundation
import Machines

/// The files that the tests read.
enum Files {
  private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  static let fixtures = here.appendingPathComponent("Fixtures")
  /// Real machines' files, beside the project where somebody has put them.
  static let real = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/data/topologies")

  static var realNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: real.path)) ?? []).sorted()
  }

  static func text(_ name: String, in folder: URL = fixtures) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  static func machine(_ name: String, in folder: URL = fixtures) throws -> Machine {
    let text = try text(name, in: folder)
    return try MachineFormat(of: text).read(text, file: name)
  }
}
