import CollectiveModels
import Configuration
import Foundation
import Quantities

/// The profile that ships, and the measurements that it was fitted to where somebody has put them beside the project.
enum Shipped {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  /// Beside the project, or beside the folder of its worktrees.
  static let data: URL = {
    let beside = root.deletingLastPathComponent()
    let folders = [beside, beside.deletingLastPathComponent()].map { $0.appendingPathComponent("shared/data") }
    return folders.first { FileManager.default.fileExists(atPath: $0.path) } ?? folders[0]
  }()

  static var hasData: Bool {
    FileManager.default.fileExists(atPath: data.appendingPathComponent("collectives-one-node.csv").path)
  }

  static func profile() throws -> CollectiveProfile {
    let url = root.appendingPathComponent("Experiments/calibration/nccl.yaml")
    return try CollectiveProfile(
      document: Document(yaml: String(contentsOf: url, encoding: .utf8), file: "nccl.yaml"))
  }

  static func rows(_ name: String) throws -> CollectiveDataFile {
    try CollectiveDataReader.read(
      String(contentsOf: data.appendingPathComponent(name), encoding: .utf8), name: name)
  }
}

/// A call of 2 to the power of `octave` bytes.
func call(_ kind: CollectiveKind, octave: Int, int8: Bool = false) -> CollectiveCall {
  CollectiveCall(collective: kind, bytes: Bytes(Int64(1) << octave), isByteIntegers: int8)
}
