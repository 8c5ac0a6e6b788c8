import ArgumentParser
import Experiments
import Topologies

/// `treeline topology check`: whether files are right. The exit code is that of the first that is not.
struct TopologyCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check topology files; the first thing wrong in each is named with its place.")

  @Argument(help: "Topologies by name or path.")
  var topologies: [String]

  func run() throws {
    try CommandFailure.handling {
      var first: ExitCode?
      for name in topologies {
        do {
          let topology = try ResolvedTopology(name, from: Environment.library).topology
          let counts = TopologyCounts(topology)
          try Output.write("\(name): ok, \(counts.ranks) devices in \(counts.nodes) node(s)")
        } catch {
          guard let code = CommandFailure.report(error) else { throw error }
          first = first ?? code
        }
      }
      if let first { throw first }
    }
  }
}
