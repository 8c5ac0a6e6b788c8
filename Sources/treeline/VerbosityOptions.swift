import ArgumentParser
import Logging

/// How much is said on standard error about the work itself.
struct VerbosityOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say on standard error what is resolved, built and simulated, and how long it took.")
  var verbose: Bool = false

  /// A logger that writes to standard error.
  var logger: Logger {
    var logger = Logger(label: "treeline") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = verbose ? .debug : .warning
    return logger
  }
}
