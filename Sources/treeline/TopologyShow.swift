import ArgumentParser
import Experiments
import Quantities
import Reporting
import Topologies

/// `treeline topology show`: counts, bisection bandwidth, diameter and a drawing.
struct TopologyShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a topology: a drawing, counts, bisection bandwidth and diameter.")

  @OptionGroup var argument: TopologyArgument

  @Flag(help: "Print the topology as resolved, with its device profiles and overrides, as YAML.")
  var yaml: Bool = false

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let resolved = try argument.resolve()
      if yaml {
        try Output.write(resolved.text)
        return
      }
      let topology = resolved.topology
      if json {
        try Output.write(JSONText.encode(TopologyDocument(resolved.topology, sha256: resolved.hash)))
        return
      }
      try Output.write(TopologyDrawing(topology).lines + [""])
      try Output.write(TopologyCounts(topology).description)
      try Output.write(BisectionBandwidth(topology).description)
      try Output.write(Diameter(topology).description)
    }
  }
}
