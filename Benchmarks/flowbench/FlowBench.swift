import FlowJobs
import Foundation
import Simulation

/// Runs a flow job in Treeline and prints when each message arrives.
///
///     flowbench JOB
///
/// The output is that of `treeline_simgrid`: arrival times in seconds to standard output, one line a message; the
/// wall-clock seconds that building the topology and program and that ``Simulator/run(_:)`` took to standard error.
@main
struct FlowBench {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      throw Failure(description: "usage: flowbench JOB")
    }
    let text = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
    let job = try FlowJob(text: text)
    let clock = ContinuousClock()
    var start = clock.now
    let simulator = Simulator(topology: job.topology())
    let program = job.program()
    let building = start.duration(to: clock.now)
    start = clock.now
    let run = try simulator.run(program)
    let running = start.duration(to: clock.now)
    var lines = ""
    for message in program.messages { lines += "\(run.timeline.finishes[Int(message.receive)])\n" }
    FileHandle.standardOutput.write(Data(lines.utf8))
    let figures = "build \(building / .seconds(1))\nrun \(running / .seconds(1))\nmessages \(program.messages.count)\n"
    FileHandle.standardError.write(Data(figures.utf8))
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }
}
