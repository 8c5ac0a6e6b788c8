import FlowJobs
import Foundation
import Simulation

/// Runs a flow job in Treeline and prints when each message arrives.
///
///     flowbench JOB
///
/// The output is that of `treeline_simgrid`: arrival times in seconds to standard output, one line a message; the
/// wall-clock seconds that building the topology and program and that ``Simulator/run(_:)`` took, and the processor
/// seconds of the latter, to standard error.
@main
struct FlowBench {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      throw Failure(description: "usage: flowbench JOB")
    }
    let text = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
    let job = try FlowJob(text: text)
    let wall = ContinuousClock()
    var start = wall.now
    let simulator = Simulator(topology: job.topology())
    let program = job.program()
    let building = start.duration(to: wall.now)
    start = wall.now
    let processor = clock()
    let run = try simulator.run(program)
    // POSIX fixes CLOCKS_PER_SEC at a million.
    let busy = Double(clock() - processor) / 1e6
    let running = start.duration(to: wall.now)
    var lines = ""
    for message in program.messages { lines += "\(run.timeline.finishes[Int(message.receive)])\n" }
    FileHandle.standardOutput.write(Data(lines.utf8))
    let figures = [
      "build \(building / .seconds(1))", "run \(running / .seconds(1))", "cpu \(busy)",
      "messages \(program.messages.count)",
    ]
    FileHandle.standardError.write(Data((figures.joined(separator: "\n") + "\n").utf8))
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }
}
