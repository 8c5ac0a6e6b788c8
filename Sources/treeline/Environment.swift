import CUDABackend
import Configuration
import Experiments
import Foundation
import Quantities

/// Where the program runs.
enum Environment {
  /// The library of topologies, device profiles and models around the working directory and the executable.
  static var library: InputLibrary {
    InputLibrary(workingDirectory: ".", executable: executable)
  }

  /// The CUDA kernels around the working directory and the executable.
  static func kernels() throws -> KernelSources {
    try KernelSources.find(workingDirectory: ".", executable: executable)
  }

  /// The path of the running executable, links resolved.
  private static var executable: String {
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return link ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
  }

  /// The present time in UTC, as stored with a run.
  static var timestamp: String {
    Date().formatted(.iso8601)
  }

  /// How many threads have wanted to run of late, over a minute; nil where the system doesn't tell.
  static var loadAverage: Double? {
    var load = 0.0
    return getloadavg(&load, 1) == 1 ? load : nil
  }

  /// What the processor calls itself; the kind of machine where it has no name for itself.
  static var processorName: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    for line in lines where line.hasPrefix("model name") {
      if let name = line.split(separator: ":", maxSplits: 1).dropFirst().first { return NumberText.trim(String(name)) }
    }
    #if arch(arm64)
      return "arm64 processor"
    #elseif arch(x86_64)
      return "x86-64 processor"
    #else
      return "unknown processor"
    #endif
  }

  /// Whether standard error is a terminal, where progress may be shown.
  static var isTerminal: Bool { isatty(2) == 1 }
}
