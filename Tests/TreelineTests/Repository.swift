import Foundation

/// The checkout that these tests were built from.
enum Repository {
  /// Its root folder.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The names of the YAML files in a folder of it, without their suffix, sorted.
  static func presets(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// Every Swift file of every module in `Sources`, with the module's name and the lines of the file.
  static func sources() throws -> [(module: String, file: String, lines: [Substring])] {
    let sources = root.appendingPathComponent("Sources")
    return try FileManager.default.subpathsOfDirectory(atPath: sources.path).sorted()
      .filter { $0.hasSuffix(".swift") }
      .map { path in
        let text = try String(contentsOf: sources.appendingPathComponent(path), encoding: .utf8)
        let module = path.split(separator: "/").first.map(String.init) ?? ""
        return (module, "Sources/" + path, text.split(separator: "\n", omittingEmptySubsequences: false))
      }
  }
}
