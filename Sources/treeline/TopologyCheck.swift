import ArgumentParser
import Experiments
import Topologies

/// `treeline topology check`: whether files are right.
struct TopologyCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check topology files; the first thing wrong in each is named with its place.")

  @Argument(help: "Topologies by name or path.")
  var topologies: [String]

  func run() throws {
    try CommandFailure.handling {
      var worst: (any Error)?
      for name in topologies {
        do {
          let topology = try ResolvedTopology(name, from: Environment.library).topology
          let counts = TopologyCounts(topology)
          Output.write("\(name): ok, \(counts.ranks) devices in \(counts.nodes) node(s)")
        } catch {
          if worst != nil { CommandFailure.report("\(error)") } else { worst = error }
        }
      }
      if let worst { throw worst }
    }
  }
}
