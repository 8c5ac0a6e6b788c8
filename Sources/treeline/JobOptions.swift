import ArgumentParser
import Foundation

/// How many simulations are done at a time.
struct JobOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Simulations at a time; results are the same for any number (default: the number of cores).",
      valueName: "number"))
  var jobs: Int?

  /// The number of threads unless asked otherwise: that of the cores.
  static var defaultCount: Int { max(ProcessInfo.processInfo.activeProcessorCount, 1) }

  /// The number of threads.
  func count() throws -> Int { try Self.count(jobs) }

  /// The number of threads that an option asks for, or that of the cores.
  static func count(_ jobs: Int?) throws -> Int {
    guard let jobs else { return defaultCount }
    guard (1...1024).contains(jobs) else {
      throw UsageError("--jobs: found \(jobs), expected a whole number from 1 to 1024")
    }
    return jobs
  }
}
