import Foundation

/// The stand-in for a driver that `.ci/cuda` builds (Tests/CUDAEmulation/driver.cpp), set up in a workspace.
enum EmulatedDevice {
  private static let folder = Repository.root.appendingPathComponent(".build/cuda-driver")

  /// Whether it was built.
  static let isBuilt = FileManager.default.fileExists(atPath: folder.appendingPathComponent("libcuda.so.1").path)

  /// What a test that needs it says where it was not built.
  static let reason = "no .build/cuda-driver: .ci/cuda builds it (Tests/CUDAEmulation/build_driver.sh)"

  /// Puts the libraries into the folder `driver` of a workspace.
  ///
  /// - Parameters:
  ///   - workspace: The workspace.
  ///   - settings: The lines of emulation.conf.
  ///   - without: Libraries to leave out.
  static func install(in workspace: Workspace, _ settings: [String] = [], without: [String] = []) throws {
    let target = workspace.folder.appendingPathComponent("driver")
    try? FileManager.default.removeItem(at: target)
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    for name in ["libcuda.so.1", "libnvrtc.so.12", "libnvidia-ml.so.1", "libnccl.so.2"] where !without.contains(name) {
      try FileManager.default.createSymbolicLink(
        at: target.appendingPathComponent(name), withDestinationURL: folder.appendingPathComponent("libcuda.so.1"))
    }
    try workspace.write(settings.map { $0 + "\n" }.joined(), to: "driver/emulation.conf")
  }

  /// Puts a driver, or another library, that lacks nearly everything into the folder `driver`.
  static func installIncomplete(in workspace: Workspace, _ name: String = "libcuda.so.1") throws {
    try install(in: workspace, without: [name])
    try FileManager.default.createSymbolicLink(
      at: workspace.folder.appendingPathComponent("driver/\(name)"),
      withDestinationURL: folder.appendingPathComponent("incomplete/\(name)"))
  }

  /// The options that lead there.
  static var options: [String] {
    [
      "--libraries", "driver", "--kernels", Repository.root.appendingPathComponent("Sources/CUDABackend/Kernels").path,
      "--cache", "cache",
    ]
  }
}
