import Foundation
import Testing

/// A working directory for runs of the executable, which goes away with the test.
final class Workspace {
  let folder: URL
  private let executable: URL

  init() throws {
    executable = try Executable.find()
    folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("treeline-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Runs a command line whose arguments hold no spaces.
  func run(_ line: String) throws -> CommandRun {
    try run(line.split(separator: " ").map(String.init))
  }

  /// Runs the executable in this directory.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - output: The file that takes its standard output; nil to read it back.
  func run(_ arguments: [String], output: String? = nil) throws -> CommandRun {
    // Files and not pipes: nothing can fill up, and the directory of the run holds only what the run left there.
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("treeline-output-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let outputFile = output.map { URL(fileURLWithPath: $0) } ?? scratch.appendingPathComponent("output")
    let errorFile = scratch.appendingPathComponent("errors")
    if output == nil { try Data().write(to: outputFile) }
    try Data().write(to: errorFile)
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // Help is broken at the width of the terminal.
    process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "COLUMNS" }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    process.waitUntilExit()
    return CommandRun(
      code: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
      output: output == nil ? String(decoding: try Data(contentsOf: outputFile), as: UTF8.self) : "",
      errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
  }

  /// The rows that a query of the workspace's database gives, without its header.
  func rows(_ query: String) throws -> [String] {
    let run = try run(["results", "sql", "--csv", query])
    #expect(run.code == 0, "\(run.errors)")
    return run.lines.dropFirst().filter { !$0.isEmpty }
  }

  /// Writes a file.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

  /// Whether there is a file or folder of a name.
  func holds(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  /// Every file below with its bytes.
  func contents() throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let file = folder.appendingPathComponent(name)
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
      contents[name] = isFolder.boolValue ? Data("a folder".utf8) : try Data(contentsOf: file)
    }
    return contents
  }
}
