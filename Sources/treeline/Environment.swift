import Configuration
import Experiments
import Foundation

/// Where the program runs.
enum Environment {
  /// The library of topologies, device profiles and models around the working directory and the executable.
  static var library: InputLibrary {
    InputLibrary(workingDirectory: ".", executable: executable)
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

  /// Whether standard error is a terminal, where progress may be shown.
  static var isTerminal: Bool { isatty(2) == 1 }
}
