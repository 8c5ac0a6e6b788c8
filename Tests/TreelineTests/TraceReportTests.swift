import Foundation
import Testing

/// The numbers of a trace are those that its run printed and stored.
@Suite struct TraceReportTests {
  /// Runs `Tests/check_trace.py` on a trace and a report.
  private static func check(_ trace: String, _ report: String, in workspace: Workspace) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", Repository.root.appendingPathComponent("Tests/check_trace.py").path, trace, "--run", report,
    ]
    process.currentDirectoryURL = workspace.folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  private static let hasPython =
    ["/usr/bin/python3", "/usr/local/bin/python3"].contains { FileManager.default.isExecutableFile(atPath: $0) }

  @Test("Every kind of total is compared, and one that differs is found", .enabled(if: hasPython))
  func totals() throws {
    let workspace = try Workspace()
    let run = try workspace.run(
      "simulate --topology dgx-h100-2 --tokens 8k --gpus 12 --trace step.json.gz --json")
    #expect(run.code == 0, "\(run.errors)")
    try workspace.write(run.output, to: "run.json")
    let good = try Self.check("step.json.gz", "run.json", in: workspace)
    #expect(good.0 == 0, "\(good.1)")
    for name in ["step time", "messages", "bytes sent", "link bytes", "busiest link bytes"] {
      // The first figure of the name that is not zero, with a digit more.
      let place = try Regex(
        "\"name\" : \"\(name)\",\\s*\"provenance\" : \"simulated\",\\s*\"scope\" : \"[^\"]*\",\\s*"
          + "\"unit\" : \"[^\"]*\",\\s*\"value\" : (?=[1-9])")
      let end = try #require(run.output.firstMatch(of: place)).range.upperBound
      try workspace.write(run.output[..<end] + "1" + run.output[end...], to: "changed.json")
      let found = try Self.check("step.json.gz", "changed.json", in: workspace)
      #expect(found.0 == 1 && found.1.contains(name), "\(name): \(found.1)")
    }
  }
}
