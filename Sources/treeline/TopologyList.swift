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
      let library = Environment.library
      let rows = library.topologies.names().map { name in
        do {
          let topology = try ResolvedTopology(name, from: library).topology
          return [name, "\(topology.deviceCount)", topology.summary]
        } catch {
          // One broken file must not hide the others.
          return [name, "", "unreadable: \(error)"]
        }
      }
      try NamedList(columns: ["name", "devices", "description"], rows: rows, folders: library.topologies.searchPaths)
        .write(format)
    }
  }
}
