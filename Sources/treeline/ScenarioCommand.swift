import ArgumentParser
import Experiments
import Quantities
import Reporting

/// `treeline scenario`: what scenarios there are.
struct ScenarioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenario",
    abstract: "List and show scenarios: stragglers, jitter, failures and the like that a step can meet.",
    discussion: """
      EXAMPLES
        treeline scenario list
        treeline scenario show noisy-cluster
        treeline simulate --topology dgx-h100-2 --tokens 1M \\
          --scenario noisy-cluster
      """,
    subcommands: [ScenarioList.self, ScenarioShow.self])
}

/// `treeline scenario list`: every scenario that can be named.
struct ScenarioList: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the scenarios by name.")

  @OptionGroup var format: OutputOptions

  func run() throws {
    try CommandFailure.handling {
      let choice = try format.choice()
      let library = Environment.library
      let entries = library.scenarios.names().map { name in
        NamedList.Entry(name) {
          let scenario = try ResolvedScenario(name, from: library).scenario
          return (scenario.replicationCount, scenario.summary)
        }
      }
      try NamedList(counted: "replications", entries: entries, folders: library.scenarios.searchPaths).write(choice)
    }
  }
}

/// `treeline scenario show`: one scenario as resolved.
struct ScenarioShow: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a scenario as YAML.")

  @Argument(help: "A scenario by name or the path of a scenario file.")
  var scenario: String

  func run() throws {
    try CommandFailure.handling {
      try Output.write(ResolvedScenario(scenario, from: Environment.library).text)
    }
  }
}
