import ArgumentParser
import Configuration
import Experiments
import Reporting

/// `treeline topology list`: every topology that can be named.
struct TopologyList: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the topologies by name.")

  @OptionGroup var format: OutputOptions

  func run() throws {
    try CommandFailure.handling {
      let choice = try format.choice()
      let library = Environment.library
      let entries = library.topologies.names().map { name in
        NamedList.Entry(name) {
          let topology = try ResolvedTopology(name, from: library).topology
          return (topology.deviceCount, topology.summary)
        }
      }
      try NamedList(counted: "devices", entries: entries, folders: library.topologies.searchPaths).write(choice)
    }
  }
}
