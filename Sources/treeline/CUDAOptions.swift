import ArgumentParser
import CUDABackend
import Foundation

/// Where the libraries and the kernels of a GPU are.
struct CUDAOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder in which to look first for libcuda.so.1, libnvrtc.so.13 or .12 and libnvidia-ml.so.1.",
      valueName: "folder"))
  var libraries: String?

  @Option(
    help: ArgumentHelp(
      "The folder of kernels.json and the kernels' sources (default: that of the checkout or the installation).",
      valueName: "folder"))
  var kernels: String?

  @Option(
    help: ArgumentHelp(
      "The folder that keeps compiled kernels (default: treeline/kernels in the user's caches).", valueName: "folder"))
  var cache: String?

  /// Where libraries are looked for first.
  func folders() throws -> [String] {
    guard let libraries else { return [] }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: libraries, isDirectory: &isFolder), isFolder.boolValue else {
      throw UsageError("--libraries: found '\(libraries)', expected a folder")
    }
    return [libraries]
  }

  /// The kernels.
  func sources() throws -> KernelSources {
    try kernels.map { try KernelSources(folder: $0) } ?? Environment.kernels()
  }

  /// The compiler with its cache.
  func compiler() throws -> KernelCompiler {
    guard cache != "" else { throw UsageError("--cache: found '', expected a folder") }
    let folder =
      cache
      ?? FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask).first?
      .appendingPathComponent("treeline/kernels").path
    return KernelCompiler(
      sources: try sources(), compiler: try NVRTCLibrary(folders: try folders()), cache: KernelCache(folder: folder))
  }
}
