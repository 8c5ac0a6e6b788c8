import ArgumentParser
import Foundation

/// The command line.
@main
struct Treeline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "treeline",
    abstract: "What Tree Attention and Ring Attention cost on a cluster, and where one overtakes the other.",
    discussion: """
      Describe a cluster and a model, or take a preset; Treeline simulates a decode step or a prefill of attention \
      message by message and prints time, bytes on every link and peak memory, with the closed form beside each.

      EXAMPLES
        treeline simulate --topology dgx-h100-16 --model paper-block --tokens 5.12M
        treeline simulate --topology dgx-h100-16 --tokens 1.28M \\
          --set links.ndr.bandwidth=800Gb/s
        treeline explain 1
        treeline topology show dgx-h100-16
        treeline results compare 1 2

      EXIT CODES
        0   done
        64  wrong command line
        65  wrong input file or database
        66  missing input file, database or run
        69  what this needs is not there: a library, a rank
        70  a bug of Treeline
        73  output can't be written
      """,
    version: Version.text,
    subcommands: [
      Simulate.self, Explain.self, TopologyCommand.self, ModelCommand.self, ScenarioCommand.self, ResultsCommand.self,
      CheckCommand.self, MeasureCommand.self, ImportCommand.self, CalibrateCommand.self, PredictCommand.self,
      Validate.self, Reproduce.self,
    ])

  /// Runs the command line.
  ///
  /// The argument parser takes the width of its help from COLUMNS and traps on widths that leave no room for text.
  static func main() {
    if let columns = ProcessInfo.processInfo.environment["COLUMNS"], (Int(columns) ?? 0) < 40 { unsetenv("COLUMNS") }
    main(nil)
  }
}
