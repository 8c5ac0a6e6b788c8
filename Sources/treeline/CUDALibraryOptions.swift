import ArgumentParser
import Foundation

/// Where the libraries of a GPU are.
struct CUDALibraryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder in which to look first for libcuda.so.1, libnvidia-ml.so.1, NVRTC's libnvrtc.so.13 or .12, and libnccl.so.2.",
      valueName: "folder"))
  var libraries: String?

  /// Where libraries are looked for first.
  func folders() throws -> [String] {
    guard let libraries else { return [] }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: libraries, isDirectory: &isFolder), isFolder.boolValue else {
      throw UsageError("--libraries: found '\(libraries)', expected a folder")
    }
    return [libraries]
  }
}
