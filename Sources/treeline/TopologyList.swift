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
        do {
          let topology = try ResolvedTopology(name, from: library).topology
          return NamedList.Entry(name: name, count: topology.deviceCount, description: topology.summary)
        } catch {
          // One broken file must not hide the others.
          return NamedList.Entry(name: name, count: nil, description: "unreadable: \(error)")
        }
      }
      try NamedList(counted: "devices", entries: entries, folders: library.topologies.searchPaths).write(choice)
    }
  }
}
