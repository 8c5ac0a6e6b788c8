import Foundation

/// The `treeline` executable that was built beside these tests.
enum Executable {
  /// There is no executable where one should be.
  struct Missing: Error, CustomStringConvertible {
    let folders: [String]

    var description: String {
      "no executable 'treeline' in \(folders.joined(separator: ", ")); build it first: swift build --build-tests"
    }
  }

  /// Looks in the folder of the test binary, and above it where tests are a bundle.
  static func find() throws -> URL {
    let binary = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    var folder = binary.resolvingSymlinksInPath().deletingLastPathComponent()
    var folders: [String] = []
    for _ in 0..<4 {
      let candidate = folder.appendingPathComponent("treeline")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
      folders.append(folder.path)
      folder.deleteLastPathComponent()
    }
    throw Missing(folders: folders)
  }
}
