import ArgumentParser

/// `treeline results`: what has been stored.
struct ResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "List, show, compare, repeat and query stored results.",
    discussion: """
      EXAMPLES
        treeline results list
        treeline results show 3
        treeline results compare 1 3
        treeline results repeat 3
        treeline results sql "SELECT algorithm, microseconds FROM v_step_time"
        treeline results sql --schema
        treeline results imports
      """,
    subcommands: [
      ResultsList.self, ResultsShow.self, ResultsCompare.self, ResultsRepeat.self, ResultsSQL.self, ResultsImports.self,
    ])
}
