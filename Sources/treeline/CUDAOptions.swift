import ArgumentParser
import CUDABackend
import Foundation

/// Where the libraries and the kernels of a GPU are.
struct CUDAOptions: ParsableArguments {
  @OptionGroup var libraries: CUDALibraryOptions

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
  func folders() throws -> [String] { try libraries.folders() }

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
