import ArgumentParser
import Experiments

/// `treeline topology`: what clusters there are, and what they look like.
struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topology",
    abstract: "List, show, check and import topologies, and trace the path between two ranks.",
    discussion: """
      EXAMPLES
        treeline topology list
        treeline topology show dgx-h100-16
        treeline topology check my-cluster.yaml
        treeline topology path dgx-h100-16 0 9
        treeline topology import nccl-dump.xml --output my-box.yaml
      """,
    subcommands: [TopologyList.self, TopologyShow.self, TopologyCheck.self, TopologyPath.self, TopologyImport.self])
}

/// The topology that a command is about.
struct TopologyArgument: ParsableArguments {
  @Argument(help: "A topology by name or the path of a topology file.")
  var topology: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a field: links.ndr.bandwidth=800Gb/s.", valueName: "path=value"))
  var overrides: [String] = []

  /// The topology with its overrides.
  func resolve() throws -> ResolvedTopology {
    try ResolvedTopology(
      topology, from: Environment.library, overrides: try overrides.map { try Override(parsing: $0) })
  }
}
