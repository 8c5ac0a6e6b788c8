import ArgumentParser
import CPUNumerics
import CUDABackend
import CollectiveModels
import Configuration
import Experiments
import Foundation
import KernelModels
import MPIRanks
import Machines
import Measurements
import Quantities
import Reporting
import ResultStore
import Scenarios
import Simulation

/// Turns what a command throws into one message on standard error and the exit code that scripts can rely on.
enum CommandFailure {
  /// Runs a command's body.
  static func handling(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      guard let code = report(error) else { throw error }
      throw code
    }
  }

  /// Prints an error of ours on standard error.
  ///
  /// - Returns: Its exit code; nil, with nothing printed, for one that the argument parser itself should print.
  static func report(_ error: any Error) -> ExitCode? {
    guard let code = exitCode(of: error) else { return nil }
    var hint = ""
    if case .missing = error as? ResultStoreError { hint = "; --database names another file" }
    write("treeline: error: \(PrintableText.lines("\(error)"))\(hint)\n")
    return code
  }

  /// Prints a warning on standard error.
  static func warn(_ message: String) {
    write("treeline: warning: \(PrintableText.lines(message))\n")
  }

  private static func write(_ text: String) {
    // Where standard error can't be written there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  private static func exitCode(of error: any Error) -> ExitCode? {
    switch error {
    case is QuantityError, is UsageError, is ExperimentError, is MachineTopologyError: .usage
    case let error as ConfigurationError: isOnCommandLine(error) ? .usage : .badInput
    // Names that the topology lacks, in a file or in an option: neither of the two is wrong on its own.
    case is ScenarioError: .badInput
    case is StepRecipeError: .badInput
    case is MissingConfiguration, is MissingData: .missingInput
    case is KernelDataError, is CollectiveDataError, is HopFitError, is BadRows, is ValidationRecordError: .badInput
    case is CollectiveMachineError: .usage
    case let error as CollectiveModelError: code(of: error)
    case let error as MeasurementError: error.file.hasPrefix("--") ? .usage : .badInput
    case let error as KernelModelError: code(of: error)
    case is OutputError, is OutputFileError, is KernelCacheError: .cannotWrite
    case let error as CUDAError: code(of: error)
    case let error as FastAttentionError: error.isUnavailable ? .unavailable : .internalError
    case let error as SimulationError: code(of: error)
    case let error as ResultStoreError: code(of: error)
    case let error as TraceError: code(of: error)
    case let error as MPIFailure: code(of: error)
    case is ExitCode, is CleanExit, is ValidationError: nil
    default: .internalError
    }
  }

  /// Whether the value that is wrong stands in an option, such as `--set`, and not in a file.
  private static func isOnCommandLine(_ error: ConfigurationError) -> Bool {
    error.file.hasPrefix("--")
  }

  private static func code(of error: CUDAError) -> ExitCode {
    switch error.kind {
    case .unavailable: .unavailable
    case .bug: .internalError
    case .badInput: .badInput
    }
  }

  private static func code(of error: SimulationError) -> ExitCode {
    switch error {
    case .tooFewDevices, .noRoute, .cutOff, .tooMuchBackground, .tooManyEvents: .badInput
    case .deadlock, .badBufferLife, .boundBroken, .noProgress: .internalError
    }
  }

  private static func code(of error: KernelModelError) -> ExitCode {
    switch error {
    case .shape, .device: .usage
    case .tooFewRows, .noConvergence, .noParameters: .badInput
    }
  }

  private static func code(of error: CollectiveModelError) -> ExitCode {
    switch error {
    case .choice: .usage
    case .tooFewRows, .noConvergence: .badInput
    }
  }

  private static func code(of error: MPIFailure) -> ExitCode {
    switch error {
    case .notBuilt, .noAnswer, .told, .failedCall: .unavailable
    case .tooManyMessages: .usage
    case .wrongSize: .internalError
    }
  }

  private static func code(of error: TraceError) -> ExitCode {
    switch error {
    case .unwritable: .cannotWrite
    case .badRanks, .noSuchRank: .usage
    }
  }

  private static func code(of error: ResultStoreError) -> ExitCode {
    switch error {
    case .missing, .noSuchRun: .missingInput
    case .corrupt, .newer, .foreign, .refusedQuery, .failedQuery, .queryTooLarge: .badInput
    case .unwritable, .busy: .cannotWrite
    case .invalidRecord, .failed: .internalError
    }
  }
}

/// A value on the command line that can't be used.
struct UsageError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}

extension ExitCode {
  /// 64: the command line is wrong.
  static let usage = ExitCode(64)
  /// 65: an input file or database is wrong.
  static let badInput = ExitCode(65)
  /// 66: an input does not exist.
  static let missingInput = ExitCode(66)
  /// 69: something that the command needs and this machine lacks, or a rank that does not answer.
  static let unavailable = ExitCode(69)
  /// 70: a bug of ours.
  static let internalError = ExitCode(70)
  /// 73: the output can't be written.
  static let cannotWrite = ExitCode(73)
}
