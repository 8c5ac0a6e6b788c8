import ArgumentParser
import Experiments
import Reporting
import Topologies

/// `treeline topology path`: the links between two ranks.
struct TopologyPath: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Trace the path of messages between two ranks: links, latency and bottleneck.")

  @OptionGroup var argument: TopologyArgument

  @Argument(help: "The rank that sends.")
  var from: Int

  @Argument(help: "The rank that receives.")
  var to: Int

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let topology = try argument.resolve().topology
      for rank in [from, to] where !topology.devices.indices.contains(rank) {
        throw UsageError(
          "no rank \(rank) in '\(topology.name)'; expected 0 to \(topology.deviceCount - 1)")
      }
      guard let report = PathReport(topology, from: from, to: to) else {
        throw UsageError("no path from rank \(from) to rank \(to) in '\(topology.name)'")
      }
      try Output.write(json ? JSONText.encode(PathDocument(report)) : report.description)
    }
  }
}
