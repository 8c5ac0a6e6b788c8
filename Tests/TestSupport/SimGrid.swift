import FlowJobs
import Foundation

/// The SimGrid program of `Benchmarks/simgrid`, compiled into a temporary folder.
///
///     let simGrid = try SimGrid()
///     defer { simGrid.remove() }
///     let arrivals = try simGrid.arrivals(of: job, latency: .atStart)
public struct SimGrid: Sendable {
  /// Who pays a message's latency.
  public enum Latency: String, Sendable {
    /// Its start: it waits for its route's latency, and SimGrid's links have none.
    case atStart = "start"
    /// SimGrid's links, by which SimGrid also weighs the flow.
    case native
  }

  /// What the machine lacks to compile the program; nil when it lacks nothing.
  public static func missing() -> String? {
    do {
      let check = try run("/bin/sh", [script, "--check"])
      return check.status == 0 ? nil : check.errors
    } catch {
      return "no shell: \(error)"
    }
  }

  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Benchmarks/simgrid/build.sh").standardized.path

  private let folder: URL

  /// Compiles the program.
  ///
  /// - Throws: ``Failure`` with the compiler's words.
  public init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("treeline-simgrid-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let build = try Self.run("/bin/sh", [Self.script, program])
    guard build.status == 0 else {
      remove()
      throw Failure(description: build.errors)
    }
  }

  /// Removes the temporary folder.
  public func remove() {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Runs a job in SimGrid and returns when each message arrives, in seconds.
  ///
  /// - Parameters:
  ///   - job: The job.
  ///   - latency: Who pays latency.
  ///   - options: Further options of SimGrid, such as `--cfg=network/optim:Full`.
  /// - Throws: ``Failure`` with the program's words.
  public func arrivals(of job: FlowJob, latency: Latency, options: [String] = []) throws -> [Double] {
    let file = folder.appendingPathComponent("\(UUID().uuidString).job")
    try Data(job.text.utf8).write(to: file)
    let done = try Self.run(program, ["--latency", latency.rawValue] + options + [file.path])
    try FileManager.default.removeItem(at: file)
    guard done.status == 0 else { throw Failure(description: done.errors) }
    return try done.output.split(separator: "\n").map { line in
      guard let time = Double(line) else { throw Failure(description: "found '\(line)', expected a time") }
      return time
    }
  }

  private var program: String { folder.appendingPathComponent("treeline_simgrid").path }

  private static func run(
    _ program: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    // Errors go to a file: with two pipes read one after the other, a program that fills the second would hang.
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent("treeline-\(UUID().uuidString).txt")
    try Data().write(to: errors)
    defer { try? FileManager.default.removeItem(at: errors) }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let complaint = try Data(contentsOf: errors)
    return (
      process.terminationStatus, String(decoding: printed, as: UTF8.self),
      String(decoding: complaint, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    )
  }

  /// Why SimGrid could not be built or run.
  public struct Failure: Error, CustomStringConvertible {
    /// The words of the program that failed.
    public var description: String
  }
}
